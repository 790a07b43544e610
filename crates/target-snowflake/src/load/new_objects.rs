//! Schemas and tables that were not there when this run looked, until their grants are given. A session may break between
//! CREATE and GRANT; on the next one the object is there, and without this would be taken for somebody else's.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use snowflake_client::{Identifier, QualifiedName};

use super::attempt::{Attempt, run};
use super::table_preparation::Preparation;

/// The objects, by their complete names.
#[derive(Debug, Default)]
pub(crate) struct NewObjects(Mutex<HashSet<String>>);

impl NewObjects {
    /// The object is about to be made.
    pub(crate) fn note(&self, object: &QualifiedName) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(object.to_string());
    }

    fn contains(&self, object: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(object)
    }

    fn forget(&self, object: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(object);
    }
}

impl Preparation<'_> {
    /// Lets the roles of a schema do something with an object, if it is new in this run.
    pub(crate) async fn grant_new(
        &self,
        stream: &str,
        object: &QualifiedName,
        (schema, right): (&str, &str),
        grant: impl Fn(&QualifiedName, &Identifier) -> String,
    ) -> Result<(), Attempt> {
        let name = object.to_string();
        if !self.new_objects.contains(&name) {
            return Ok(());
        }
        for role in self.roles(stream, schema)? {
            let doing = format!("cannot let role {role} {right} {name}");
            run(self.session, stream, &doing, &grant(object, &role)).await?;
        }
        self.new_objects.forget(&name);
        Ok(())
    }
}
