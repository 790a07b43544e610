//! Router lines: successes in the forms of both routers, and the failures a real log holds.

use super::seeded::Seeded;

const PATHS: &[&str] = &[
    "/",
    "/",
    "/catalog",
    "/catalog/lamps",
    "/catalog/lamps/page/2",
    "/cart",
    "/checkout",
    "/api/v2/orders",
    "/api/v2/orders/1187",
    "/api/v2/stock?sku=LN-40&warehouse=lisbon",
    "/search?q=caf%C3%A9+lamp",
    "/assets/site-9f21c0.css",
    "/account/reset?token=hidden",
    "/guides/how to hang a lantern",
    "/prices/ação",
    "/health",
];
const CLIENTS: &[&str] = &[
    "198.51.100.7",
    "203.0.113.41",
    "203.0.113.41,198.51.100.90",
    "203.0.113.8, 192.0.2.15",
    "2001:db8::1f",
    "",
];

/// One request as the router saw it, and what the app had to say about it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) status: u16,
    pub(crate) service_milliseconds: u64,
    pub(crate) request_id: String,
    /// The router's message, without its head.
    pub(crate) router_message: String,
    /// False when the router answered by itself.
    pub(crate) reached_the_app: bool,
}

/// Where the requests of an app go.
#[derive(Debug, Clone)]
pub(crate) struct Front {
    pub(crate) host: String,
    pub(crate) web_dynos: u64,
    pub(crate) maintenance: bool,
    pub(crate) has_code: bool,
    pub(crate) newer_router: bool,
}

pub(crate) fn next_request(random: &mut Seeded, front: &Front) -> Request {
    let request_id = random.uuid();
    let method = if random.chance(1, 6) { "POST" } else { "GET" };
    let mut path = *PATHS
        .get(usize::try_from(random.between(0, 16)).unwrap_or(0))
        .unwrap_or(&"/");
    if !front.newer_router && path.contains(' ') {
        path = "/guides/how%20to%20hang%20a%20lantern";
    }
    let client = random.pick(CLIENTS);
    let middle = format!(
        "method={method} path=\"{path}\" host={} request_id={request_id} fwd=\"{client}\"",
        front.host
    );
    let protocol = protocol(random, front.newer_router);
    let unanswered = |code: &str, description: &str, level: &str, status: u16| {
        let head = format!("at={level} code={code} desc=\"{description}\"");
        (
            format!("{head} {middle} dyno= connect= service= status={status} bytes= {protocol}"),
            status,
            0,
            false,
        )
    };
    let (router_message, status, service_milliseconds, reached_the_app) = if front.maintenance {
        unanswered("H80", "Maintenance mode", "info", 503)
    } else if !front.has_code {
        unanswered("H81", "Blank app", "info", 502)
    } else if front.web_dynos == 0 {
        unanswered("H14", "No web processes running", "error", 503)
    } else {
        let dyno = format!("dyno=web.{}", random.between(1, front.web_dynos + 1));
        match random.between(0, 100) {
            0 => unanswered("H10", "App crashed", "error", 503),
            1..=8 => failure(random, &middle, &dyno, protocol),
            _ => success(random, &middle, &dyno, protocol),
        }
    };
    Request {
        method,
        path,
        status,
        service_milliseconds,
        request_id,
        router_message,
        reached_the_app,
    }
}

fn protocol(random: &mut Seeded, newer_router: bool) -> &'static str {
    if newer_router {
        random.pick(&[
            "protocol=http2.0 tls=true tls_version=tls1.3",
            "protocol=http1.1 tls=true tls_version=tls1.2",
            "protocol=http1.1 tls=true tls_version=unknown",
            "protocol=http1.1 tls=false",
        ])
    } else {
        random.pick(&["protocol=https", "protocol=https", "protocol=http"])
    }
}

fn success(random: &mut Seeded, middle: &str, dyno: &str, protocol: &str) -> (String, u16, u64, bool) {
    let status = match random.between(0, 20) {
        0 => 404,
        1 => 302,
        2 => 304,
        3 => 422,
        _ => 200,
    };
    let service = random.between(1, 60) * random.between(1, 12);
    let bytes = if status == 304 { 0 } else { random.between(180, 64_000) };
    let connect = random.between(0, 3);
    let message = format!(
        "at=info {middle} {dyno} connect={connect}ms service={service}ms status={status} bytes={bytes} {protocol}"
    );
    (message, status, service, true)
}

fn failure(random: &mut Seeded, middle: &str, dyno: &str, protocol: &str) -> (String, u16, u64, bool) {
    let part = random.between(200, 9000);
    let (head, connect, service, status, bytes) = match random.between(0, 6) {
        0 | 1 => (
            "at=error code=H12 desc=\"Request timeout\"",
            "1ms",
            30_000 + part % 9,
            503,
            0,
        ),
        2 => (
            "at=error code=H13 desc=\"Connection closed without response\"",
            "0ms",
            part,
            503,
            0,
        ),
        3 => (
            "sock=backend at=error code=H18 desc=\"Server Request Interrupted\"",
            "0ms",
            part,
            503,
            211,
        ),
        4 => (
            "sock=client at=warning code=H27 desc=\"Client Request Interrupted\"",
            "1ms",
            part,
            499,
            0,
        ),
        _ => (
            "at=error code=H25 desc=\"HTTP restriction: invalid content length\"",
            "0",
            1,
            502,
            537,
        ),
    };
    let unit = if connect == "0" { "" } else { "ms" };
    let message = format!(
        "{head} {middle} {dyno} connect={connect} service={service}{unit} status={status} bytes={bytes} {protocol}"
    );
    (message, status, service, true)
}
