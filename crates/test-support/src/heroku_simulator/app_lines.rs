//! What apps and add-ons print: JSON, logfmt, text, traces, metrics. One call gives the lines of one happening.

use super::router_lines::Request;
use super::seeded::Seeded;
use serde_json::json;

/// What a web dyno prints about one request: one or several messages, in one of the usual styles.
pub(crate) fn about_request(random: &mut Seeded, request: &Request, style: u64) -> Vec<String> {
    let Request {
        method,
        path,
        status,
        service_milliseconds,
        request_id,
        ..
    } = request;
    if *status >= 500 {
        return stack_trace(request_id);
    }
    match style % 3 {
        0 => vec![
            json!({"level": if *status >= 400 { "warn" } else { "info" }, "msg": "request done", "method": method, "path": path,
                "status": status, "ms": service_milliseconds, "request_id": request_id, "user": {"plan": "plus", "tags": ["é", "灯"]}})
            .to_string(),
        ],
        1 => vec![format!(
            "level=info method={method} path=\"{path}\" status={status} duration={service_milliseconds}.25 request_id={request_id} msg=\"served \\\"ok\\\"\""
        )],
        _ => {
            let mut lines = vec![format!("[{request_id}] Started {method} \"{path}\" for 203.0.113.41")];
            if random.chance(1, 8) {
                lines.push("\u{1b}[1;34mINFO \u{1b}[0m rendered catalog/show.html.erb within layouts".to_owned());
            }
            lines.push(format!("[{request_id}] Completed {status} in {service_milliseconds}ms (db: 4.2ms | views: 11.7ms)"));
            lines
        }
    }
}

fn stack_trace(request_id: &str) -> Vec<String> {
    vec![
        format!("[{request_id}] ConnectionRefused (could not reach \"stock-db\" on port 5432):"),
        String::new(),
        "\tapp/models/stock_level.rb:41:in `reserve'".to_owned(),
        "\tapp/controllers/orders_controller.rb:18:in `create'".to_owned(),
        "\tlib/middleware/locale.rb:9:in `call'".to_owned(),
    ]
}

/// What happens now and then without a request.
pub(crate) fn background(random: &mut Seeded) -> Vec<String> {
    match random.between(0, 9) {
        // Twice the same, in the same second: a log may really hold equal lines.
        0 => vec!["heartbeat ok".to_owned(), "heartbeat ok".to_owned()],
        1 => vec![format!("job=SendParcelNotice id={} queue=mail wait=0.41 run={}.07 state=done", random.uuid(), random.between(0, 5))],
        2 => vec![json!({"event": "stock.synced", "sku": "LN-40", "count": random.between(0, 500), "note": "tab\there, quote \" and \\ back"}).to_string()],
        3 => vec![format!("Lieferung für „Märchenwald“ 🏮 unterwegs, {} Stück", random.between(1, 90))],
        4 => vec![format!("query plan:\n  Seq Scan on parcels  (rows={})\n    Filter: (sent_at IS NULL)", random.between(10, 9999))],
        5 => vec![format!("payload {}", "0123456789abcdef".repeat(40))],
        6 => vec!["  leading spaces, trailing spaces  ".to_owned()],
        _ => vec![format!("level=debug component=poller cursor={} lag_ms={}", random.between(1, 1_000_000), random.between(0, 900))],
    }
}

/// The two lines a dyno's runtime metrics come in.
pub(crate) fn runtime_metrics(random: &mut Seeded, dyno: &str, dyno_identifier: &str) -> [String; 2] {
    let head = format!("source={dyno} dyno={dyno_identifier}");
    let load = random.between(0, 240);
    let hundredths = |value: u64| format!("{}.{:02}", value / 100, value % 100);
    let resident = random.between(18_000, 47_000);
    let cache = random.between(10, 900);
    [
        format!(
            "{head} sample#load_avg_1m={} sample#load_avg_5m={} sample#load_avg_15m={}",
            hundredths(load),
            hundredths(load / 2 + 5),
            hundredths(load / 3 + 4)
        ),
        format!(
            "{head} sample#memory_total={}MB sample#memory_rss={}MB sample#memory_cache={}MB sample#memory_swap=0.00MB sample#memory_pgpgin={}pages sample#memory_pgpgout={}pages sample#memory_quota=512.00MB",
            hundredths(resident + cache),
            hundredths(resident),
            hundredths(cache),
            random.between(80_000, 99_000),
            random.between(30_000, 60_000)
        ),
    ]
}

pub(crate) fn postgres_metrics(random: &mut Seeded) -> String {
    format!(
        "source=DATABASE addon=postgresql-shallow-40218 sample#current_transaction={} sample#db_size={}bytes sample#tables=38 sample#active-connections={} sample#waiting-connections=0 sample#max-connections=120 sample#connections-percentage-used=0.1{} sample#index-cache-hit-rate=0.9983 sample#table-cache-hit-rate=0.9977 sample#load-avg-1m=0.{:02} sample#load-avg-5m=0.08 sample#load-avg-15m=0.07 sample#read-iops=0.4 sample#write-iops=2.75 sample#max-iops=3000 sample#iops-percentage-used=0.00105 sample#tmp-disk-used=543633408 sample#tmp-disk-available=72435159040 sample#memory-total=3911988kB sample#memory-free=201344kB sample#memory-percentage-used=0.94853 sample#memory-cached=3102480kB sample#memory-postgres=58912kB sample#wal-percentage-used=0.06625",
        random.between(900_000, 1_900_000),
        random.between(400_000_000, 500_000_000),
        random.between(6, 40),
        random.between(0, 10),
        random.between(0, 99)
    )
}

pub(crate) fn redis_metrics(random: &mut Seeded) -> String {
    format!(
        "source=REDIS addon=redis-tidy-71930 sample#active-connections={} sample#max-connections=40 sample#connection-percentage-used=0.175 sample#load-avg-1m=0.21 sample#load-avg-5m=0.2 sample#load-avg-15m=0.19 sample#read-iops=0 sample#write-iops=0.1 sample#max-iops=3000 sample#iops-percentage-used=3.0e-05 sample#memory-total=16070672kB sample#memory-free=9012416kB sample#memory-percentage-used=0.4392 sample#memory-cached=4310020kB sample#memory-redis={}bytes sample#hit-rate=0.9{} sample#evicted-keys=0",
        random.between(2, 20),
        random.between(3_000_000, 6_000_000),
        random.between(10, 99)
    )
}
