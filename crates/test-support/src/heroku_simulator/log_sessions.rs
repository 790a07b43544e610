//! `POST /apps/{app}/log-sessions` and the signed, short-lived URL it hands out.

use super::checks::hexadecimal;
use super::guard::ExpiredLogUrl;
use super::log_buffer::{KEPT_LINES, LogFilter};
use super::replies::{invalid, json_reply, missing};
use super::seeded::Seeded;
use super::world::Shared;
use aws_lc_rs::hmac;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// What a stream URL asks for. It is all in the URL, so that the signature covers it.
#[derive(Debug, Clone, Default)]
pub(crate) struct StreamRequest {
    pub(crate) app_id: String,
    pub(crate) lines: usize,
    pub(crate) filter: LogFilter,
    pub(crate) follow: bool,
    /// Seconds since the epoch.
    pub(crate) signed_at: i64,
}

impl StreamRequest {
    fn signed_text(&self) -> String {
        let Self {
            app_id,
            lines,
            filter,
            follow,
            signed_at,
        } = self;
        format!(
            "{app_id}\n{lines}\n{:?}\n{:?}\n{follow}\n{signed_at}",
            filter.source, filter.process
        )
    }

    fn token(&self, key: &hmac::Key) -> String {
        hexadecimal(hmac::sign(key, self.signed_text().as_bytes()).as_ref())
    }

    /// Whether this token was made by this server for exactly this request.
    pub(crate) fn has_token(&self, key: &hmac::Key, token: &str) -> bool {
        self.token(key) == token
    }

    fn query(&self, key: &hmac::Key, region: &str) -> String {
        format!(
            "channel_id=app-{}&num={}&ps={}&region={region}&source={}&tail={}&timestamp={}&token={}",
            self.app_id,
            self.lines,
            percent_encoded(self.filter.process.as_deref().unwrap_or_default()),
            percent_encoded(self.filter.source.as_deref().unwrap_or_default()),
            self.follow,
            self.signed_at,
            self.token(key)
        )
    }
}

pub(crate) async fn create_log_session(
    State(shared): State<Shared>,
    Path(app): Path<String>,
    expired: Option<Extension<ExpiredLogUrl>>,
    body: Bytes,
) -> Response {
    let world = shared.world();
    let Some(app) = world.app(&app) else {
        return missing("app");
    };
    let options = match parse_options(&body) {
        Ok(options) => options,
        Err(reason) => return invalid(&reason),
    };
    let now = Timestamp::now();
    let lifetime = i64::try_from(world.scenario.log_url_seconds).unwrap_or(i64::MAX / 2);
    let signed_at = if expired.is_some() {
        now.as_second() - lifetime - 60
    } else {
        now.as_second()
    };
    let request = StreamRequest {
        app_id: app.id.clone(),
        signed_at,
        follow: options.follow || app.is_fir(),
        ..options
    };
    let path = if app.is_fir() {
        format!("streams/{}", app.facts.name)
    } else {
        "stream".to_owned()
    };
    let query = request.query(&shared.signing_key, &app.facts.region);
    let time = super::releases::seconds_text(now);
    json_reply(
        201,
        &json!({
            "created_at": time,
            "id": Seeded::new(u64::try_from(signed_at).unwrap_or(0), &query).uuid(),
            "logplex_url": format!("{}/{path}?{query}", shared.log_base_url),
            "updated_at": time,
        }),
    )
}

/// Reads the options strictly; `dyno` is the name of `dyno_name` in older and newer variants of the API.
fn parse_options(body: &Bytes) -> Result<StreamRequest, String> {
    let options: Map<String, Value> = if body.is_empty() {
        Map::new()
    } else {
        serde_json::from_slice(body).map_err(|_| "the body is not a JSON object".to_owned())?
    };
    let mut request = StreamRequest {
        lines: 100,
        ..StreamRequest::default()
    };
    for (name, value) in options {
        let text = || {
            value
                .as_str()
                .map(|text| Some(text.to_owned()))
                .ok_or_else(|| format!("{name} is not a string"))
        };
        match name.as_str() {
            _ if value.is_null() => {}
            "dyno" | "dyno_name" | "type" => request.filter.process = text()?,
            "source" => request.filter.source = text()?,
            "lines" => {
                let lines = value
                    .as_u64()
                    .filter(|lines| *lines > 0)
                    .ok_or("lines is not a positive integer")?;
                request.lines = usize::try_from(lines).unwrap_or(KEPT_LINES).min(KEPT_LINES);
            }
            "tail" => request.follow = value.as_bool().ok_or("tail is not a boolean")?,
            _ => return Err(format!("{name} is not a known parameter")),
        }
    }
    Ok(request)
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    })
}
