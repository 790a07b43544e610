//! What stands behind FROM in COPY. May hold secrets, so there is a form for the log beside the one that is sent. Pure.

use std::fmt::{self, Display, Write};

use cloud_storage::{AwsKeys, Location};
use snowflake_client::{Identifier, Literal, StageLocation};

/// The place that COPY reads, with what lets it read there.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CopySource {
    text: String,
    shown: String,
}

impl fmt::Debug for CopySource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl CopySource {
    /// A stage: it knows everything else itself.
    pub(crate) fn of_stage(stage: &StageLocation) -> Self {
        let text = stage.to_string();
        Self {
            shown: text.clone(),
            text,
        }
    }

    /// A place in the user's storage.
    pub(crate) fn of_location(location: &Location) -> Self {
        let text = Literal::new(&location.to_string()).to_string();
        Self {
            shown: text.clone(),
            text,
        }
    }

    /// By this storage integration.
    pub(crate) fn with_integration(self, name: &Identifier) -> Self {
        self.with(|text, _| write!(text, " STORAGE_INTEGRATION = {name}"))
    }

    /// By this access key.
    pub(crate) fn with_keys(self, keys: &AwsKeys) -> Self {
        self.with(|text, secret| {
            let (id, key) = (secret(&keys.key_id), secret(&keys.secret_key));
            write!(text, " CREDENTIALS = (AWS_KEY_ID = {id} AWS_SECRET_KEY = {key}")?;
            if let Some(token) = &keys.session_token {
                write!(text, " AWS_TOKEN = {}", secret(token))?;
            }
            text.write_str(")")
        })
    }

    /// Decrypted with this key.
    pub(crate) fn with_master_key(self, key: &str) -> Self {
        self.with(|text, secret| write!(text, " ENCRYPTION = (TYPE = 'AWS_CSE' MASTER_KEY = {})", secret(key)))
    }

    /// For Snowflake.
    pub(crate) fn text(&self) -> &impl Display {
        &self.text
    }

    /// For the log.
    pub(crate) fn shown(&self) -> &impl Display {
        &self.shown
    }

    /// Adds to both forms; what goes through the second argument is hidden in one of them.
    fn with(mut self, add: impl Fn(&mut String, &dyn Fn(&str) -> String) -> fmt::Result) -> Self {
        // Writing to a text does not fail.
        let _written = add(&mut self.text, &|secret| Literal::new(secret).to_string());
        let _written = add(&mut self.shown, &|_| "'***'".to_owned());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_sent_and_not_shown() {
        let keys = AwsKeys {
            key_id: "AKIA".to_owned(),
            secret_key: "it's secret".to_owned(),
            session_token: Some("token".to_owned()),
        };
        let location = Location::parse("s3://bucket/a b").unwrap();
        let source = CopySource::of_location(&location)
            .with_keys(&keys)
            .with_master_key("bWFzdGVy");
        assert_eq!(
            source.text().to_string(),
            "'s3://bucket/a b/' CREDENTIALS = (AWS_KEY_ID = 'AKIA' AWS_SECRET_KEY = 'it''s secret' AWS_TOKEN = 'token') \
             ENCRYPTION = (TYPE = 'AWS_CSE' MASTER_KEY = 'bWFzdGVy')"
        );
        let shown = "'s3://bucket/a b/' CREDENTIALS = (AWS_KEY_ID = '***' AWS_SECRET_KEY = '***' AWS_TOKEN = '***') \
                     ENCRYPTION = (TYPE = 'AWS_CSE' MASTER_KEY = '***')";
        assert_eq!(source.shown().to_string(), shown);
        assert_eq!(format!("{source:?}"), shown);
    }

    #[test]
    fn an_integration_is_a_name() {
        let location = Location::parse("gcs://bucket").unwrap();
        let name = Identifier::new("LOADER").unwrap();
        let source = CopySource::of_location(&location).with_integration(&name);
        assert_eq!(
            source.text().to_string(),
            r#"'gcs://bucket/' STORAGE_INTEGRATION = "LOADER""#
        );
    }
}
