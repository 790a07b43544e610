//! Reading catalogs of several origins, and what discovery writes.

use serde_json::json;

use super::{Catalog, CatalogEntry, CatalogProblem};

#[test]
fn a_discovered_entry_describes_every_property_and_survives_reading() {
    let schema = json!({"type": "object", "properties": {
        "id": {"type": "string"}, "updated_at": {"type": "string"},
        "app": {"type": "object", "properties": {"name": {"type": "string"}}},
    }});
    let entry = CatalogEntry::discovered("releases", schema, &["id"], Some("updated_at"), "INCREMENTAL");
    let catalog = Catalog { streams: vec![entry] };
    let read = Catalog::from_json(&catalog.to_json().unwrap()).unwrap();
    assert_eq!(read, catalog);
    let entry = read.entry("releases").unwrap();
    let inclusion = |breadcrumb: &[&str]| {
        entry
            .metadata_at(breadcrumb)
            .unwrap()
            .text("inclusion")
            .unwrap()
            .to_owned()
    };
    assert_eq!(inclusion(&["properties", "id"]), "automatic");
    assert_eq!(inclusion(&["properties", "updated_at"]), "automatic");
    assert_eq!(inclusion(&["properties", "app", "properties", "name"]), "available");
    assert_eq!(entry.chosen_replication_key(), Some("updated_at"));
    assert_eq!(entry.chosen_replication_method(), Some("INCREMENTAL"));
    assert_eq!(entry.chosen_key_properties(), ["id"]);
    assert!(entry.is_selected());
}

#[test]
fn old_and_partial_entries_are_read() {
    let text = r#"{"streams":[
        {"stream":"a","metadata":null,"key_properties":null,"replication_method":"FULL_TABLE","is_view":false},
        {"tap_stream_id":"b","metadata":[{"breadcrumb":[],"metadata":{"table-key-properties":["k"],"replication-method":"INCREMENTAL","x":1}}]}]}"#;
    let catalog = Catalog::from_json(text).unwrap();
    assert_eq!(catalog.streams[0].tap_stream_id, "a");
    assert_eq!(catalog.streams[0].chosen_replication_method(), Some("FULL_TABLE"));
    assert_eq!(catalog.streams[1].stream, "b");
    assert_eq!(catalog.streams[1].chosen_key_properties(), ["k"]);
    assert_eq!(catalog.streams[1].chosen_replication_method(), Some("INCREMENTAL"));
}

#[test]
fn what_is_no_catalog_is_said_so() {
    assert!(matches!(Catalog::from_json("[]"), Err(CatalogProblem::Shape(_))));
    assert!(matches!(
        Catalog::from_json(r#"{"streams":[{"stream":"a"},{}]}"#),
        Err(CatalogProblem::Nameless(2))
    ));
}

#[test]
fn the_interrupted_stream_goes_first() {
    let catalog = Catalog::from_json(r#"{"streams":[{"stream":"a"},{"stream":"b"},{"stream":"c"}]}"#).unwrap();
    let names = |from| {
        catalog
            .selected_streams(from)
            .iter()
            .map(|entry| entry.stream.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(Some("b")), ["b", "c", "a"]);
    assert_eq!(names(Some("gone")), ["a", "b", "c"]);
    assert_eq!(names(None), ["a", "b", "c"]);
}
