//! From a stream's name to the schema and name of its table. How names are spelled is `columns/names.rs`, how they are
//! quoted is the SQL identifiers' business.

use std::collections::BTreeMap;

use crate::columns::{IdentifierCase, TablePlace, column_name, conformed_name};

/// Which part of a stream's name is the table (setting `stream_name_format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum StreamNameFormat {
    /// What follows the last `-`; the schema is the part before it when there are two or three (MeltanoLabs).
    #[default]
    LastPart,
    /// `schema-table`, or `catalog-schema-table` where the table may have more `-` (PipelineWise).
    PipelineWise,
    /// The whole name is the table; the schema is found as for `LastPart`.
    Whole,
}

impl StreamNameFormat {
    /// Reads the setting's value.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "last_part" => Some(Self::LastPart),
            "pipelinewise" => Some(Self::PipelineWise),
            "whole" => Some(Self::Whole),
            _ => None,
        }
    }

    /// The schema's part, if there is one, and the table's.
    pub(crate) fn split(self, stream: &str) -> (Option<&str>, String) {
        let parts: Vec<&str> = stream.split('-').collect();
        if self == Self::PipelineWise {
            return match parts.as_slice() {
                [schema, table] => (Some(*schema), (*table).to_owned()),
                [_, schema, table @ ..] if !table.is_empty() => (Some(*schema), table.join("_")),
                _ => (None, stream.to_owned()),
            };
        }
        let schema = match parts.as_slice() {
            [schema, _] | [_, schema, _] => Some(*schema),
            _ => None,
        };
        let last = parts.last().copied().unwrap_or(stream);
        let table = if self == Self::Whole || last.trim().is_empty() {
            stream
        } else {
            last
        };
        (schema, table.to_owned())
    }
}

/// The user's choices about where streams go.
#[derive(Debug, Clone, Default)]
pub(crate) struct Routing {
    /// Every table's schema, when set.
    pub(crate) default_target_schema: Option<String>,
    /// The schema for a schema that streams' names carry (setting `schema_mapping`).
    pub(crate) schema_mapping: BTreeMap<String, String>,
    /// The schema when nothing else says one.
    pub(crate) fallback_schema: String,
    /// Which part of a name is what.
    pub(crate) format: StreamNameFormat,
    /// In front of every table's name.
    pub(crate) table_prefix: String,
    /// Behind every table's name.
    pub(crate) table_suffix: String,
    /// How table names are spelled.
    pub(crate) case: IdentifierCase,
}

impl Routing {
    /// The stream's table. The schema is `default_target_schema`, else what `schema_mapping` says for the schema in the
    /// stream's name, else that schema itself, else `schema`.
    pub(crate) fn place(&self, stream: &str) -> TablePlace {
        let (carried, table) = self.format.split(stream);
        let carried = carried.filter(|schema| !schema.trim().is_empty());
        let schema = self
            .default_target_schema
            .clone()
            .or_else(|| self.mapped(carried?))
            .or_else(|| Some(conformed_name(carried?, schema_case(self.case))))
            .unwrap_or_else(|| self.fallback_schema.clone());
        TablePlace {
            schema,
            table: self.table(&table),
        }
    }

    fn mapped(&self, carried: &str) -> Option<String> {
        let exact = self.schema_mapping.get(carried);
        let mapped = exact.or_else(|| {
            let same = |(schema, _): &(&String, &String)| schema.eq_ignore_ascii_case(carried);
            self.schema_mapping.iter().find(same).map(|(_, target)| target)
        });
        mapped.cloned()
    }

    fn table(&self, part: &str) -> String {
        if self.table_prefix.is_empty() && self.table_suffix.is_empty() {
            return conformed_name(part, self.case);
        }
        conformed_name(&format!("{}{part}{}", self.table_prefix, self.table_suffix), self.case)
    }
}

/// A schema's name from a setting. Upper case unless names are to be preserved: schemas mostly exist already.
pub(crate) fn schema_from_setting(name: &str, case: IdentifierCase) -> String {
    column_name(name, schema_case(case))
}

fn schema_case(case: IdentifierCase) -> IdentifierCase {
    match case {
        IdentifierCase::Preserve => IdentifierCase::Preserve,
        IdentifierCase::Upper | IdentifierCase::Lower | IdentifierCase::Snake => IdentifierCase::Upper,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routing() -> Routing {
        Routing {
            fallback_schema: "PUBLIC".to_owned(),
            ..Routing::default()
        }
    }

    fn place(routing: &Routing, stream: &str) -> (String, String) {
        let place = routing.place(stream);
        (place.schema, place.table)
    }

    fn pair(schema: &str, table: &str) -> (String, String) {
        (schema.to_owned(), table.to_owned())
    }

    #[test]
    fn names_carry_a_schema_in_two_or_three_parts() {
        let routing = routing();
        assert_eq!(place(&routing, "orders"), pair("PUBLIC", "ORDERS"));
        assert_eq!(place(&routing, "sales-orders"), pair("SALES", "ORDERS"));
        assert_eq!(place(&routing, "shop-sales-my.orders"), pair("SALES", "MY_ORDERS"));
        assert_eq!(place(&routing, "a-b-c-d"), pair("PUBLIC", "D"));
        assert_eq!(place(&routing, "a-"), pair("A", "A_"));
        assert_eq!(place(&routing, "-orders"), pair("PUBLIC", "ORDERS"));
    }

    #[test]
    fn default_beats_mapping_beats_name() {
        let mut routing = routing();
        let _none = routing
            .schema_mapping
            .insert("sales".to_owned(), "RAW_SALES".to_owned());
        assert_eq!(place(&routing, "sales-orders"), pair("RAW_SALES", "ORDERS"));
        assert_eq!(place(&routing, "SALES-orders"), pair("RAW_SALES", "ORDERS"));
        assert_eq!(place(&routing, "other-orders"), pair("OTHER", "ORDERS"));
        routing.default_target_schema = Some("ALL".to_owned());
        assert_eq!(place(&routing, "sales-orders"), pair("ALL", "ORDERS"));
    }

    #[test]
    fn formats_differ_in_what_the_table_is() {
        let mut routing = routing();
        routing.format = StreamNameFormat::PipelineWise;
        assert_eq!(place(&routing, "orders"), pair("PUBLIC", "ORDERS"));
        assert_eq!(place(&routing, "sales-orders"), pair("SALES", "ORDERS"));
        assert_eq!(
            place(&routing, "db-sales-orders-2024-old"),
            pair("SALES", "ORDERS_2024_OLD")
        );
        routing.format = StreamNameFormat::Whole;
        assert_eq!(place(&routing, "sales-orders"), pair("SALES", "SALES_ORDERS"));
    }

    #[test]
    fn prefix_and_suffix_are_part_of_the_name() {
        let mut routing = routing();
        routing.table_prefix = "raw_".to_owned();
        routing.table_suffix = "_v2".to_owned();
        assert_eq!(place(&routing, "orders"), pair("PUBLIC", "RAW_ORDERS_V2"));
        routing.case = IdentifierCase::Lower;
        assert_eq!(place(&routing, "s-Orders"), pair("S", "raw_orders_v2"));
    }
}
