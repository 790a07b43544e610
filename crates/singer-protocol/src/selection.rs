//! Which streams and properties of a catalog are read. The rules, first that applies: the parent is not selected: no;
//! `unsupported`: no; `automatic`: yes; the user's `selected`; `selected-by-default`; what the parent is.
//! A stream without any metadata follows the old keys (`selected` in the entry or in its schema), and without those: yes.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::catalog::CatalogEntry;
use crate::metadata::Inclusion;

impl CatalogEntry {
    /// Whether the stream is read at all.
    #[must_use]
    pub fn is_selected(&self) -> bool {
        let legacy = self.schema.get("selected").and_then(Value::as_bool).or(self.selected);
        if self.metadata.is_empty() {
            return legacy.unwrap_or(true);
        }
        let Some(root) = self.metadata_at(&[]) else {
            return legacy.unwrap_or(false);
        };
        match root.inclusion() {
            Some(Inclusion::Unsupported) => false,
            Some(Inclusion::Automatic) => true,
            Some(Inclusion::Available) | None => root
                .selected()
                .or(legacy)
                .or(root.selected_by_default())
                .unwrap_or(false),
        }
    }

    /// Whether a property is read. `path` holds property names from the top: `["address", "city"]`.
    #[must_use]
    pub fn is_property_selected(&self, path: &[&str]) -> bool {
        let mut selected = self.is_selected();
        let mut breadcrumb: Vec<&str> = Vec::with_capacity(path.len() * 2);
        let mut schema = Some(&self.schema);
        for name in path {
            breadcrumb.extend(["properties", name]);
            schema = schema.and_then(|parent| parent.get("properties")?.get(name));
            selected = selected && self.decide(&breadcrumb, schema);
        }
        selected
    }

    /// One level, given that the parent is selected.
    fn decide(&self, breadcrumb: &[&str], schema: Option<&Value>) -> bool {
        let legacy = schema
            .and_then(|schema| schema.get("selected"))
            .and_then(Value::as_bool);
        let Some(entry) = self.metadata_at(breadcrumb) else {
            return legacy.unwrap_or(true);
        };
        match entry.inclusion() {
            Some(Inclusion::Unsupported) => false,
            Some(Inclusion::Automatic) => true,
            Some(Inclusion::Available) | None => entry
                .selected()
                .or(legacy)
                .or(entry.selected_by_default())
                .unwrap_or(true),
        }
    }

    /// The top-level properties that are read, by name.
    #[must_use]
    pub fn selected_properties(&self) -> BTreeSet<String> {
        let names = self
            .schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::keys);
        names
            .filter(|name| self.is_property_selected(&[name]))
            .cloned()
            .collect()
    }

    /// The schema without the properties, at any level of nested objects, that are not read.
    #[must_use]
    pub fn selected_schema(&self) -> Value {
        let mut schema = self.schema.clone();
        self.prune(&mut schema, &mut Vec::new());
        schema
    }

    fn prune(&self, schema: &mut Value, path: &mut Vec<String>) {
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            return;
        };
        let names: Vec<String> = properties.keys().cloned().collect();
        for name in names {
            path.push(name);
            let borrowed: Vec<&str> = path.iter().map(String::as_str).collect();
            let keep = self.is_property_selected(&borrowed);
            let Some(name) = path.last() else { continue };
            if !keep {
                properties.shift_remove(name);
            } else if let Some(property) = properties.get_mut(name.as_str()) {
                self.prune(property, path);
            }
            path.pop();
        }
    }

    /// Top-level properties that the user deselected in vain because they are `automatic`; worth a warning.
    #[must_use]
    pub fn deselected_automatic_properties(&self) -> Vec<&str> {
        let in_vain = self
            .metadata
            .iter()
            .filter(|entry| entry.inclusion() == Some(Inclusion::Automatic) && entry.selected() == Some(false));
        in_vain
            .filter_map(|entry| match entry.breadcrumb.as_slice() {
                [properties, name] if properties == "properties" => Some(name.as_str()),
                _ => None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
