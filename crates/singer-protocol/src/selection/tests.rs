//! Each selection rule.

use serde_json::{Value, json};

use crate::CatalogEntry;

fn entry(metadata: Value) -> CatalogEntry {
    let schema = json!({"properties": {"a": {"type": "object", "properties": {"b": {}, "c": {}}}, "d": {}}});
    serde_json::from_value(json!({"stream": "s", "schema": schema, "metadata": metadata})).unwrap()
}

fn with(breadcrumb: Value, keywords: Value) -> CatalogEntry {
    entry(json!([
        {"breadcrumb": [], "metadata": {"selected": true}},
        {"breadcrumb": breadcrumb, "metadata": keywords},
    ]))
}

#[test]
fn streams_follow_inclusion_then_the_user_then_the_default() {
    let root = |keywords: Value| entry(json!([{"breadcrumb": [], "metadata": keywords}])).is_selected();
    assert!(!root(json!({"inclusion": "unsupported", "selected": true})));
    assert!(root(json!({"inclusion": "automatic", "selected": false})));
    assert!(!root(
        json!({"inclusion": "available", "selected": false, "selected-by-default": true})
    ));
    assert!(root(json!({"selected-by-default": true})));
    assert!(!root(json!({"inclusion": "available"})));
    assert!(entry(json!([])).is_selected(), "no metadata at all selects");
}

#[test]
fn properties_follow_the_same_and_then_their_parent() {
    let d = json!(["properties", "d"]);
    assert!(!with(d.clone(), json!({"inclusion": "unsupported", "selected": true})).is_property_selected(&["d"]));
    assert!(with(d.clone(), json!({"inclusion": "automatic", "selected": false})).is_property_selected(&["d"]));
    assert!(!with(d.clone(), json!({"selected": false})).is_property_selected(&["d"]));
    assert!(!with(d.clone(), json!({"selected-by-default": false})).is_property_selected(&["d"]));
    assert!(with(d, json!({})).is_property_selected(&["d"]));
    let a = with(json!(["properties", "a"]), json!({"selected": false}));
    assert!(!a.is_property_selected(&["a", "b"]), "an unselected parent decides");
    assert!(a.is_property_selected(&["d"]));
}

#[test]
fn the_schema_loses_what_is_not_read_at_any_level() {
    let selected = with(
        json!(["properties", "a", "properties", "b"]),
        json!({"selected": false}),
    );
    assert_eq!(
        selected.selected_schema()["properties"],
        json!({"a": {"type": "object", "properties": {"c": {}}}, "d": {}})
    );
    assert_eq!(
        selected.selected_properties().into_iter().collect::<Vec<_>>(),
        ["a", "d"]
    );
}

#[test]
fn old_catalogs_select_in_entry_or_schema() {
    let old = |value: Value| serde_json::from_value::<CatalogEntry>(value).unwrap();
    assert!(!old(json!({"stream": "s", "selected": false})).is_selected());
    assert!(old(json!({"stream": "s", "schema": {"selected": true}})).is_selected());
    let entry =
        old(json!({"stream": "s", "schema": {"selected": true, "properties": {"x": {"selected": false}, "y": {}}}}));
    assert!(!entry.is_property_selected(&["x"]) && entry.is_property_selected(&["y"]));
}

#[test]
fn deselecting_what_is_automatic_is_told() {
    let entry = with(
        json!(["properties", "d"]),
        json!({"inclusion": "automatic", "selected": false}),
    );
    assert_eq!(entry.deselected_automatic_properties(), ["d"]);
}
