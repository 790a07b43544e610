//! The records of the log streams, borrowed from the line they came from. Field by field as in
//! `schemas/tap-heroku/*.json`; a property without value is left out.

use std::borrow::Cow;

use heroku_logs::{DynoMetrics, LogTime, RouterRequest, Sample, SampleKind};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::logs::identity::LineId;

/// What every record of a line says: which line, of which app, when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineHead<'a> {
    pub(crate) id: LineId,
    pub(crate) app_id: Option<&'a str>,
    pub(crate) app_name: Option<&'a str>,
    pub(crate) time: Option<LogTime>,
    pub(crate) sequence: u64,
}

/// A record of `log_lines`.
#[derive(Debug, Serialize)]
pub(crate) struct LineRecord<'a> {
    pub(crate) id: LineId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "time")]
    pub(crate) timestamp: Option<LogTime>,
    pub(crate) sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) process: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) process_type: Option<&'a str>,
    pub(crate) message: &'a str,
    pub(crate) is_parsed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parse_problem: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) piece: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) raw_base64: Option<String>,
    pub(crate) origin: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file_path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file_offset: Option<u64>,
}

/// A record of `router_requests`.
#[derive(Debug, Serialize)]
pub(crate) struct RouterRecord<'a> {
    id: LineId,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "time")]
    timestamp: Option<LogTime>,
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sock: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fwd: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dyno: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connect_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<Map<String, Value>>,
}

impl<'a> RouterRecord<'a> {
    pub(crate) fn new(head: LineHead<'a>, request: &'a RouterRequest<'_>) -> RouterRecord<'a> {
        RouterRecord {
            id: head.id,
            app_id: head.app_id,
            app_name: head.app_name,
            timestamp: head.time,
            sequence: head.sequence,
            at: request.at.as_deref(),
            code: request.code.as_deref(),
            description: request.description.as_deref(),
            cause: request.cause.as_deref(),
            sock: request.sock.as_deref(),
            method: request.method.as_deref(),
            path: request.path.as_deref(),
            host: request.host.as_deref(),
            request_id: request.request_id.as_deref(),
            fwd: request.fwd.is_some().then(|| request.forwarded_for().collect()),
            dyno: request.dyno.as_deref(),
            connect_ms: request.connect_ms,
            service_ms: request.service_ms,
            status: request.status,
            bytes: request.bytes,
            protocol: request.protocol.as_deref(),
            tls: request.tls,
            tls_version: request.tls_version.as_deref(),
            extra: (!request.extra.is_empty()).then(|| pairs_as_object(&request.extra)),
        }
    }
}

/// A record of `dyno_metrics`.
#[derive(Debug, Serialize)]
pub(crate) struct DynoRecord<'a> {
    id: LineId,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "time")]
    timestamp: Option<LogTime>,
    sequence: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dyno: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    process_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load_avg_1m: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load_avg_5m: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    load_avg_15m: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_total_mb: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_rss_mb: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_cache_mb: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_swap_mb: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_quota_mb: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_pgpgin_pages: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_pgpgout_pages: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra: Option<Map<String, Value>>,
}

impl<'a> DynoRecord<'a> {
    pub(crate) fn new(head: LineHead<'a>, metrics: &DynoMetrics<'a>) -> DynoRecord<'a> {
        DynoRecord {
            id: head.id,
            app_id: head.app_id,
            app_name: head.app_name,
            timestamp: head.time,
            sequence: head.sequence,
            dyno: metrics.dyno,
            process_type: metrics.dyno.map(process_type),
            instance: metrics.instance,
            instance_id: metrics.instance_id(),
            load_avg_1m: metrics.load_avg_1m,
            load_avg_5m: metrics.load_avg_5m,
            load_avg_15m: metrics.load_avg_15m,
            memory_total_mb: metrics.memory_total_mb,
            memory_rss_mb: metrics.memory_rss_mb,
            memory_cache_mb: metrics.memory_cache_mb,
            memory_swap_mb: metrics.memory_swap_mb,
            memory_quota_mb: metrics.memory_quota_mb,
            memory_pgpgin_pages: metrics.memory_pgpgin_pages,
            memory_pgpgout_pages: metrics.memory_pgpgout_pages,
            extra: (!metrics.extra.is_empty()).then(|| samples_as_object(&metrics.extra)),
        }
    }
}

/// A record of `log_gaps`.
#[derive(Debug, Serialize)]
pub(crate) struct GapRecord<'a> {
    pub(crate) id: LineId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app_name: Option<&'a str>,
    pub(crate) detected_at: &'a str,
    pub(crate) reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from_timestamp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) to_timestamp: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lost_lines: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line_id: Option<LineId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file_path: Option<&'a str>,
    pub(crate) detail: &'a str,
}

/// `web` of `web.1`; the whole name when it has no number.
pub(crate) fn process_type(process: &str) -> &str {
    match process.rsplit_once('.') {
        Some((kind, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => kind,
        _ => process,
    }
}

fn time<S: Serializer>(time: &Option<LogTime>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.collect_str(time),
        None => serializer.serialize_none(),
    }
}

/// Pairs as a JSON object; the values of a repeated key become a list.
fn pairs_as_object(pairs: &[(Cow<'_, str>, Option<Cow<'_, str>>)]) -> Map<String, Value> {
    let mut object = Map::new();
    for (key, value) in pairs {
        add_to(&mut object, key, value.as_deref().map_or(Value::Null, Value::from));
    }
    object
}

fn samples_as_object(samples: &[Sample<'_>]) -> Map<String, Value> {
    let mut object = Map::new();
    for sample in samples {
        let name = match sample.kind {
            SampleKind::Sample => sample.name.to_owned(),
            SampleKind::Count => format!("count#{}", sample.name),
            SampleKind::Measure => format!("measure#{}", sample.name),
        };
        add_to(&mut object, &name, json!({"value": sample.value, "unit": sample.unit}));
    }
    object
}

fn add_to(object: &mut Map<String, Value>, key: &str, value: Value) {
    match object.get_mut(key) {
        None => {
            object.insert(key.to_owned(), value);
        }
        Some(Value::Array(values)) => values.push(value),
        Some(before) => *before = Value::Array(vec![before.take(), value]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_process_types() {
        for (process, expected) in [
            ("web.1", "web"),
            ("router", "router"),
            ("postgres.110", "postgres"),
            ("web-a1-b2", "web-a1-b2"),
            ("a.", "a."),
            ("v1.2b", "v1.2b"),
        ] {
            assert_eq!(process_type(process), expected);
        }
    }

    #[test]
    fn repeated_keys_become_lists() {
        let pair = |key: &'static str, value: Option<&'static str>| (Cow::Borrowed(key), value.map(Cow::Borrowed));
        let object = pairs_as_object(&[
            pair("a", Some("1")),
            pair("b", None),
            pair("a", Some("2")),
            pair("a", None),
        ]);
        assert_eq!(Value::Object(object), json!({"a": ["1", "2", null], "b": null}));
    }
}
