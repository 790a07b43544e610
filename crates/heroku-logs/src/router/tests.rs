//! Tests of the router line: its variants over the years, and the round trip.

use proptest::prelude::*;

use super::*;

fn text(value: &Option<Cow<'_, str>>) -> Option<String> {
    value.as_deref().map(str::to_owned)
}

#[test]
fn a_line_of_router_2() {
    let message = r#"at=info method=GET path="/reports/May 2025?page=2" host=shop.example.org request_id=5b4e7b5e-77f0-4f2b-8b77-0a8dba3d1a11 fwd="198.51.100.7, 203.0.113.9" dyno=web.3 connect=0ms service=31ms status=200 bytes=5120 protocol=http2.0 tls=true tls_version=tls1.3"#;
    let request = RouterRequest::parse(message).unwrap();
    assert_eq!(request.path.as_deref(), Some("/reports/May 2025?page=2"));
    assert_eq!(request.host.as_deref(), Some("shop.example.org"));
    assert_eq!(
        request.forwarded_for().collect::<Vec<_>>(),
        ["198.51.100.7", "203.0.113.9"]
    );
    assert_eq!(request.dyno.as_deref(), Some("web.3"));
    assert_eq!(
        (request.connect_ms, request.service_ms, request.status, request.bytes),
        (Some(0), Some(31), Some(200), Some(5120))
    );
    assert_eq!(request.protocol.as_deref(), Some("http2.0"));
    assert_eq!(
        (request.tls, request.tls_version.as_deref()),
        (Some(true), Some("tls1.3"))
    );
    assert!(request.extra.is_empty());
    assert!(matches!(request.path, Some(Cow::Borrowed(_))));
}

#[test]
fn empty_values_are_none_and_units_may_lack() {
    let message = r#"sock=client at=error code=H10 desc="App crashed" cause="" method=GET path=/ host=a.example.org fwd=192.0.2.1 dyno= connect= service=1 status=503 bytes="#;
    let request = RouterRequest::parse(message).unwrap();
    assert_eq!(text(&request.code).as_deref(), Some("H10"));
    assert_eq!(text(&request.description).as_deref(), Some("App crashed"));
    assert_eq!(text(&request.sock).as_deref(), Some("client"));
    assert_eq!(text(&request.path).as_deref(), Some("/"));
    assert_eq!(
        (&request.cause, &request.dyno, request.connect_ms, request.bytes),
        (&None, &None, None, None)
    );
    assert_eq!(request.service_ms, Some(1));
    assert!(request.extra.is_empty());
}

#[test]
fn an_empty_forward_list_is_not_an_absent_one() {
    let request = RouterRequest::parse(r#"method=GET path="/" fwd="""#).unwrap();
    assert_eq!(request.fwd.as_deref(), Some(""));
    assert_eq!(request.forwarded_for().count(), 0);
    assert_eq!(RouterRequest::parse(r#"method=GET path="/""#).unwrap().fwd, None);
}

#[test]
fn what_has_no_field_is_kept() {
    let message = r#"at=error code=H31 method=GET path="/" host=h.example.org connect=2.5s status=4x1 tls=maybe agent="probe 1" odd status=200"#;
    let request = RouterRequest::parse(message).unwrap();
    let extra: Vec<(&str, Option<&str>)> = request
        .extra
        .iter()
        .map(|(key, value)| (&**key, value.as_deref()))
        .collect();
    assert_eq!(
        extra,
        [
            ("connect", Some("2.5s")),
            ("status", Some("4x1")),
            ("tls", Some("maybe")),
            ("agent", Some("probe 1")),
            ("odd", None)
        ]
    );
    assert_eq!(request.status, Some(200));
}

#[test]
fn a_repeated_key_is_noticed_and_the_first_counts() {
    let request = RouterRequest::parse(r#"method=GET path="/" host=a host=b status=200"#).unwrap();
    assert_eq!(request.host.as_deref(), Some("a"));
    assert!(request.has_repeated_key());
    assert!(
        !RouterRequest::parse("method=GET path=/ agent=x connect=2.5s")
            .unwrap()
            .has_repeated_key()
    );
}

#[test]
fn colours_inside_values_go() {
    let request =
        RouterRequest::parse("method=\x1b[35mGET\x1b[39m path=\"\x1b[1m/a b\x1b[0m\" status=\x1b[32m200\x1b[39m")
            .unwrap();
    assert_eq!(
        (request.method.as_deref(), request.path.as_deref(), request.status),
        (Some("GET"), Some("/a b"), Some(200))
    );
}

#[test]
fn other_text_is_no_request() {
    for message in ["", "Stopping", "at=info code=H80", "method=GET", "path method host"] {
        assert_eq!(RouterRequest::parse(message), None, "{message}");
    }
}

fn value() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[a-zA-Z0-9/?&=\"\\\\ .%é-]{1,20}")
}

prop_compose! {
    fn any_request()(
        texts in proptest::collection::vec(value(), 12),
        numbers in proptest::collection::vec(proptest::option::of(0i64..=i64::MAX), 4),
        tls in proptest::option::of(any::<bool>()),
        fwd in proptest::option::of("[0-9., ]{0,20}"),
        extra in proptest::collection::vec(("x_[a-z]{1,5}", proptest::option::of("[^\n]{0,9}")), 0..3),
    ) -> RouterRequest<'static> {
        let owned = |index: usize| texts[index].clone().map(Cow::Owned);
        RouterRequest {
            at: owned(0), code: owned(1), description: owned(2), cause: owned(3), sock: owned(4), method: Some(Cow::Borrowed("GET")),
            path: Some(Cow::Owned(texts[6].clone().unwrap_or_else(|| "/".to_owned()))), host: owned(7), request_id: owned(8),
            dyno: owned(9), protocol: owned(10), tls_version: owned(11), fwd: fwd.map(Cow::Owned),
            connect_ms: numbers[0], service_ms: numbers[1], status: numbers[2], bytes: numbers[3], tls,
            extra: extra.into_iter().map(|(key, value)| (Cow::Owned(key), value.map(Cow::Owned))).collect(),
        }
    }
}

/// Writes a request as a router would: bare where possible, quoted and escaped otherwise.
fn render(request: &RouterRequest<'_>) -> String {
    let mut pairs: Vec<(String, Option<String>)> = Vec::new();
    let mut add = |key: &str, value: Option<String>| pairs.push((key.to_owned(), Some(value.unwrap_or_default())));
    add("at", text(&request.at));
    add("code", text(&request.code));
    add("desc", text(&request.description));
    add("cause", text(&request.cause));
    add("sock", text(&request.sock));
    add("method", text(&request.method));
    add("path", text(&request.path));
    add("host", text(&request.host));
    add("request_id", text(&request.request_id));
    if let Some(fwd) = text(&request.fwd) {
        add("fwd", Some(fwd));
    }
    add("dyno", text(&request.dyno));
    add("connect", request.connect_ms.map(|number| format!("{number}ms")));
    add("service", request.service_ms.map(|number| format!("{number}ms")));
    add("status", request.status.map(|number| number.to_string()));
    add("bytes", request.bytes.map(|number| number.to_string()));
    add("protocol", text(&request.protocol));
    add("tls", request.tls.map(|tls| tls.to_string()));
    add("tls_version", text(&request.tls_version));
    pairs.extend(request.extra.iter().map(|(key, value)| (key.to_string(), text(value))));
    let pair = |(key, value): (String, Option<String>)| match value {
        None => key,
        Some(value) if value.is_empty() || value.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            format!("{key}={value}")
        }
        Some(value) => format!("{key}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")),
    };
    pairs.into_iter().map(pair).collect::<Vec<_>>().join(" ")
}

proptest! {
    #[test]
    fn what_is_written_is_read(request in any_request()) {
        let line = render(&request);
        // An ESC in a value may start a colour code, which is not part of it by definition.
        prop_assume!(!line.contains('\x1b'));
        prop_assert_eq!(RouterRequest::parse(&line), Some(request));
    }

    #[test]
    fn any_text_is_read_or_refused(message in any::<String>()) {
        let _ = RouterRequest::parse(&format!("method=GET path={message} status=200"));
    }
}
