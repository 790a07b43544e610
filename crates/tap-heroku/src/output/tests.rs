//! What leaves the program: order of messages, selection, STATE only when it changed.

use serde_json::json;

use super::*;
use crate::discover::select;

fn apps_output(metadata: Value, extent: Extent) -> Output<Vec<u8>> {
    let catalog = json!({"streams": [{"stream": "apps", "metadata": metadata}]}).to_string();
    Output::new(Vec::new(), &select(Some(&catalog)).unwrap(), extent)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn messages(mut output: Output<Vec<u8>>) -> Vec<Value> {
    output.flush().unwrap();
    let lines = String::from_utf8(output.writer.into_inner()).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn deselected_properties_go_and_unknown_nested_ones_stay() {
    let metadata = json!([
        {"breadcrumb": [], "metadata": {"selected": true}},
        {"breadcrumb": ["properties", "git_url"], "metadata": {"selected": false}},
        {"breadcrumb": ["properties", "owner", "properties", "email"], "metadata": {"selected": false}},
    ]);
    let app = json!({"id": "a", "git_url": "g", "owner": {"id": "o", "email": "e", "new": 1}, "stack": {"new": 2}});
    let kept = json!({"id": "a", "owner": {"id": "o", "new": 1}, "stack": {"new": 2}});
    let mut output = apps_output(metadata.clone(), Extent::Everything);
    output.record("apps", object(app.clone())).unwrap();
    output.typed_record("apps", &app, "2026-01-01T00:00:00Z").unwrap();
    output.record("releases", object(app.clone())).unwrap();
    let messages = messages(output);
    assert_eq!(messages.len(), 3, "a stream that is not selected writes nothing");
    assert_eq!(messages[0]["type"], "SCHEMA");
    assert!(messages[0]["schema"]["properties"].get("git_url").is_none());
    assert_eq!(messages[0]["key_properties"], json!(["id"]));
    assert_eq!(messages[1]["record"], kept);
    assert_eq!(messages[2]["record"], kept);
    assert_eq!(messages[2]["time_extracted"], "2026-01-01T00:00:00Z");

    let whole = json!([{"breadcrumb": [], "metadata": {"selected": true}}]);
    let mut output = apps_output(whole, Extent::Everything);
    output.typed_record("apps", &app, "2026-01-01T00:00:00Z").unwrap();
    assert_eq!(self::messages(output)[1]["record"], app);
}

#[test]
fn state_is_written_when_it_changed_and_never_when_there_is_none() {
    let mut output = apps_output(json!([]), Extent::Everything);
    let mut state = State::default();
    output.state(&state).unwrap();
    state.set_bookmark("apps", "updated_at", json!("2026"));
    output.state(&state).unwrap();
    output.state(&state).unwrap();
    state.set_bookmark("apps", "updated_at", json!("2027"));
    output.state(&state).unwrap();
    assert_eq!(messages(output).len(), 2);
}

#[test]
fn a_try_out_is_short() {
    for (extent, expected) in [(Extent::OneRecordEach, 2), (Extent::SchemasOnly, 1)] {
        let mut output = apps_output(json!([]), extent);
        output.schema("apps").unwrap();
        for id in ["a", "b"] {
            output.record("apps", object(json!({"id": id}))).unwrap();
        }
        let mut state = State::default();
        state.set_bookmark("apps", "updated_at", json!("2026"));
        output.state(&state).unwrap();
        assert_eq!(messages(output).len(), expected);
    }
}
