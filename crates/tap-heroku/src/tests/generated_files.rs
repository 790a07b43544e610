//! Files that are made from code, and files that code takes for granted.

use connector_process::settings_json_schema;
use serde_json::Value;

use crate::program::PROGRAM;
use crate::record::OTHER_FIELDS;
use crate::streams::{STREAMS, Source};

#[test]
fn the_schema_of_the_settings_is_what_the_table_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/config/tap-heroku.json");
    let made = format!("{:#}\n", settings_json_schema(&PROGRAM));
    if std::env::var_os("UPDATE_GENERATED_FILES").is_some() {
        std::fs::write(path, &made).unwrap();
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        stored, made,
        "run UPDATE_GENERATED_FILES=1 cargo test -p tap-heroku generated_files"
    );
}

#[test]
fn every_schema_file_has_its_keys_and_describes_every_property() {
    for stream in STREAMS {
        let schema: Value = serde_json::from_str(stream.schema_text).unwrap();
        jsonschema::draft7::new(&schema).unwrap();
        jsonschema::draft4::new(&schema).unwrap();
        let properties = schema["properties"].as_object().unwrap();
        for key in stream.key_properties.iter().chain(stream.replication_key.as_ref()) {
            assert!(properties.contains_key(*key), "{}.{key}", stream.name);
        }
        for (name, property) in properties {
            assert!(
                property["description"].as_str().is_some_and(|text| text.len() > 10),
                "{}.{name}",
                stream.name
            );
        }
        assert_eq!(
            properties.contains_key(OTHER_FIELDS),
            stream.source != Source::Logs,
            "{}",
            stream.name
        );
    }
}
