//! METRIC lines, in the form Singer tools read: the words `METRIC: ` and a compact JSON object on a log line.

use serde_json::{Map, Value, json};

use crate::logging;

/// What a metric counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum MetricValue {
    /// How many.
    Counter(u64),
    /// How long, in seconds.
    Timer(f64),
}

/// One metric with its tags. Tag values are names and words, never record values.
#[derive(Debug, Clone)]
pub struct Metric {
    name: &'static str,
    value: MetricValue,
    tags: Map<String, Value>,
}

impl Metric {
    /// A metric: `record_count`, `batch_processing_time`, `http_request_duration`, `sync_duration`, …
    #[must_use]
    pub fn new(name: &'static str, value: MetricValue) -> Self {
        Self {
            name,
            value,
            tags: Map::new(),
        }
    }

    /// The same with one more tag: `stream`, `status`, `endpoint`, `http_status_code`, …
    #[must_use]
    pub fn tag(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.tags.insert(name.to_owned(), value.into());
        self
    }

    /// The payload of the line.
    #[must_use]
    pub fn payload(&self) -> Value {
        let (kind, value) = match self.value {
            MetricValue::Counter(count) => ("counter", json!(count)),
            MetricValue::Timer(seconds) => ("timer", json!(seconds)),
        };
        json!({"type": kind, "metric": self.name, "value": value, "tags": self.tags})
    }

    /// Writes the line at INFO.
    pub fn log(&self) {
        logging::print_metric(&self.payload());
    }
}
