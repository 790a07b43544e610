//! For the tests of this folder: an output whose bytes can be read back, and a run around it.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use connector_process::Environment;
use jiff::Timestamp;
use serde_json::Value;
use singer_protocol::State;

use crate::config::Configuration;
use crate::discover;
use crate::output::{Extent, Output};
use crate::run::Run;
use crate::skipped::Skipped;

/// Bytes that a test can look at while an output owns a handle to them.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedBuffer(Rc<RefCell<Vec<u8>>>);

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SharedBuffer {
    /// The messages written since the last call.
    pub(crate) fn take(&self) -> Vec<Value> {
        let bytes = std::mem::take(&mut *self.0.borrow_mut());
        let text = String::from_utf8(bytes).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The records of a stream among messages.
pub(crate) fn records<'a>(messages: &'a [Value], stream: &str) -> Vec<&'a Value> {
    let of_stream = messages
        .iter()
        .filter(|message| message["type"] == "RECORD" && message["stream"] == stream);
    of_stream.map(|message| &message["record"]).collect()
}

/// One property of the records of a stream, as text.
pub(crate) fn column(messages: &[Value], stream: &str, property: &str) -> Vec<String> {
    let text = |record: &&Value| {
        record[property]
            .as_str()
            .map_or_else(|| record[property].to_string(), str::to_owned)
    };
    records(messages, stream).iter().map(text).collect()
}

/// An output with every stream selected.
pub(crate) fn output() -> (Output<SharedBuffer>, SharedBuffer) {
    let buffer = SharedBuffer::default();
    let selected = discover::select(None).unwrap();
    (Output::new(buffer.clone(), &selected, Extent::Everything), buffer)
}

/// Settings as the program reads them.
pub(crate) fn configuration(settings: &Value) -> Configuration {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.json");
    std::fs::write(&path, settings.to_string()).unwrap();
    Configuration::load(&[path.to_str().unwrap().to_owned()], &Environment::from_pairs([])).unwrap()
}

/// A run without API.
pub(crate) fn run(configuration: &Configuration, state: State) -> (Run<'_, SharedBuffer>, SharedBuffer) {
    let (output, buffer) = output();
    let run = Run {
        configuration,
        client: None,
        listed_at: Timestamp::now(),
        apps: Vec::new(),
        output,
        state,
        skipped: Skipped::default(),
    };
    (run, buffer)
}
