//! Streams and records through all steps.

use serde_json::{Value, json};
use singer_protocol::SchemaMessage;

use super::*;
use crate::shaping::{FlatteningSettings, Glob, StreamMaps};

fn message(stream: &str, properties: Value, keys: &[&str]) -> SchemaMessage {
    SchemaMessage {
        stream: stream.to_owned(),
        schema: json!({"type": "object", "properties": properties, "required": ["id", "mail"]}),
        key_properties: keys.iter().map(|key| (*key).to_owned()).collect(),
        bookmark_properties: Vec::new(),
    }
}

fn people() -> SchemaMessage {
    let properties = json!({"id": {"type": "integer"}, "mail": {"type": "string"}, "n": {"type": "number"}});
    message("people", properties, &["id"])
}

fn maps(setting: Value) -> ShapingSettings {
    let (maps, problems) = StreamMaps::parse(setting.as_object().expect("an object"), &serde_json::Map::new());
    assert_eq!(problems, Vec::<String>::new());
    ShapingSettings {
        maps,
        ..ShapingSettings::default()
    }
}

/// Each stream's name, properties, and the record as it is loaded.
fn through(settings: &ShapingSettings, message: &SchemaMessage, record: &str) -> Vec<(String, Vec<String>, String)> {
    let outputs = settings.outputs(message).expect("outputs").into_iter();
    outputs
        .map(|output| {
            let properties = output.message.schema.get("properties").and_then(Value::as_object);
            let names = properties.expect("properties").keys().cloned().collect();
            let text = match output.shaper {
                Some(mut shaper) => {
                    let _warm = shaper.shape(b"{\"mail\": \"other\"}").expect("a record");
                    shaper.shape(record.as_bytes()).expect("a record").to_vec()
                }
                None => record.as_bytes().to_vec(),
            };
            (output.message.stream, names, String::from_utf8(text).expect("UTF-8"))
        })
        .collect()
}

fn one(settings: &ShapingSettings, record: &str) -> (String, String) {
    let mut all = through(settings, &people(), record);
    assert_eq!(all.len(), 1);
    let (_, names, text) = all.remove(0);
    (names.join(","), text)
}

#[test]
fn properties_are_dropped_copied_hashed_and_made() {
    let settings = maps(json!({"people": {
        "mail": "md5(self)", "n": null, "copy": "n", "sha": "sha256(mail)", "one": 1, "flag": "True", "word": "'a\"b'",
        "from": "__original_stream_name__"}}));
    let (names, text) = one(
        &settings,
        r#"{"id": 1, "mail": "\u0061@b.c", "n": 1.10, "_sdc_deleted_at": null}"#,
    );
    assert_eq!(names, "id,mail,copy,sha,one,flag,word,from");
    // By `printf 'a@b.c' | md5sum` and sha256sum.
    let expected = concat!(
        r#"{"id":1,"_sdc_deleted_at":null,"mail":"5d60d4e28066df254d5452f92c910092","copy":1.10,"#,
        r#""sha":"d648b243a3e817eaa3309e00e183483f2867baadf522099f0c2121770536b25a","#,
        r#""one":1,"flag":true,"word":"a\"b","from":"people"}"#
    );
    assert_eq!(text, expected);
}

#[test]
fn else_null_leaves_keys_and_what_is_named() {
    let settings = maps(json!({"p*": {"__else__": null, "n": "n"}}));
    let (names, text) = one(&settings, r#"{"mail": "x", "new": 1, "_sdc_deleted_at": "t", "id": 1}"#);
    assert_eq!(names, "id,n");
    assert_eq!(text, r#"{"_sdc_deleted_at":"t","id":1}"#);
}

#[test]
fn streams_are_renamed_doubled_and_dropped() {
    let names = |setting: Value| -> Vec<String> {
        let all = through(&maps(setting), &people(), "{}").into_iter();
        all.map(|(stream, _, _)| stream).collect()
    };
    assert_eq!(names(json!({"people": {"__alias__": "persons"}})), ["persons"]);
    assert_eq!(names(json!({"again": {"__source__": "people"}})), ["people", "again"]);
    assert_eq!(
        names(json!({"again": {"__source__": "people"}, "__else__": null})),
        ["again"]
    );
    assert_eq!(names(json!({"people": null})), Vec::<String>::new());
    assert_eq!(names(json!({"__else__": null})), Vec::<String>::new());
    assert_eq!(names(json!({"other": null})), ["people"]);
}

#[test]
fn keys_can_be_changed_but_not_lost() {
    let settings = maps(json!({"people": {"__key_properties__": ["mail"], "id": null}}));
    let outputs = settings.outputs(&people()).expect("outputs");
    let keys: Vec<_> = outputs
        .iter()
        .map(|output| output.message.key_properties.clone())
        .collect();
    assert_eq!(keys, [["mail".to_owned()]]);
    for (setting, expected) in [
        (json!({"people": {"id": null}}), r#"drops key property "id""#),
        (
            json!({"people": {"__key_properties__": ["no"]}}),
            r#"no property for key "no""#,
        ),
        (
            json!({"people": {"x": "y"}}),
            r#"makes "x" from "y", which the schema does not have"#,
        ),
    ] {
        let problem = maps(setting).outputs(&people()).expect_err("a problem");
        assert!(problem.contains(expected), "{problem}");
    }
}

#[test]
fn whole_records_need_no_schema() {
    let settings = ShapingSettings {
        as_variant: vec![Glob::new("*")],
        ..ShapingSettings::default()
    };
    let (names, text) = one(&settings, r#"{"id": 1, "x": {"y": 1.10}}"#);
    assert_eq!(
        (names.as_str(), text.as_str()),
        ("id,RECORD", r#"{"id":1,"RECORD":{"id": 1, "x": {"y": 1.10}}}"#)
    );
    let bare = SchemaMessage {
        schema: json!({}),
        ..message("s", json!({}), &["k"])
    };
    let found = through(&settings, &bare, r#"{"k": 1}"#);
    assert_eq!(
        found,
        [(
            "s".to_owned(),
            vec!["k".to_owned(), "RECORD".to_owned()],
            r#"{"k":1,"RECORD":{"k": 1}}"#.to_owned()
        )]
    );
}

#[test]
fn maps_come_before_flattening_and_uuids_after() {
    let mut settings = maps(json!({"s": {"drop": null}}));
    settings.flattening = Some(FlatteningSettings {
        maximum_depth: 1,
        separator: "_".to_owned(),
        maximum_key_characters: 255,
    });
    settings.strips_uuids = true;
    let properties =
        json!({"drop": {}, "a": {"type": "object", "properties": {"u": {"type": "string", "format": "uuid"}}}});
    let found = through(
        &settings,
        &message("s", properties, &[]),
        r#"{"drop": 1, "a": {"u": "12-34"}}"#,
    );
    assert_eq!(
        found,
        [("s".to_owned(), vec!["a_u".to_owned()], r#"{"a_u":"1234"}"#.to_owned())]
    );
}
