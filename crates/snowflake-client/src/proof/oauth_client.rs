//! OAuth client credentials: asks the provider for an access token. Kept until shortly before its end.

use std::time::Duration;

use http_retry::{Attempt, usual_judge};
use reqwest::header::ACCEPT;
use serde::Deserialize;
use url::Url;

use crate::config::{OAuthClient, is_loopback};
use crate::error::{Error, ErrorKind};
use crate::proof::LogInContext;
use crate::proof::log_in_memory::Remembered;
use crate::secret::Secret;

const DOING: &str = "OAuth token request";
/// A token is not used in the last part of its life: it has to arrive, too.
const MARGIN: Duration = Duration::from_secs(60);
/// Of a token whose provider does not say how long it is good.
const USUAL_LIFETIME: Duration = Duration::from_secs(600);

#[derive(Deserialize)]
struct TokenReply {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

#[derive(Deserialize, Default)]
struct TokenRefusal {
    #[serde(default)]
    error: String,
}

/// A token that should be good now: kept from before, or asked for.
pub(crate) async fn access_token(context: &LogInContext<'_>, client: &OAuthClient) -> Result<Secret, Error> {
    let memory = &context.config.memory;
    if let Some(token) = memory.recall(Remembered::OAuthAccess, &client.id) {
        return Ok(token);
    }
    let reply = ask(context, client).await?;
    let lifetime = reply.expires_in.map_or(USUAL_LIFETIME, Duration::from_secs);
    let token = Secret::new(reply.access_token);
    memory.remember(
        Remembered::OAuthAccess,
        &client.id,
        token.clone(),
        Some(lifetime.saturating_sub(MARGIN)),
    );
    log::debug!("OAuth token for {} s", lifetime.as_secs());
    Ok(token)
}

async fn ask(context: &LogInContext<'_>, client: &OAuthClient) -> Result<TokenReply, Error> {
    let url = token_url(context, client)?;
    let mut form = vec![("grant_type", "client_credentials".to_owned())];
    let role = context.config.role.as_ref().map(|role| format!("session:role:{role}"));
    form.extend(client.scope.clone().or(role).map(|scope| ("scope", scope)));
    let build = |_: &Attempt| {
        context
            .endpoint
            .client
            .post(url.clone())
            .header(ACCEPT, "application/json")
            .basic_auth(&client.id, Some(client.secret.expose()))
            .form(&form)
    };
    let policy = context.endpoint.policy_within(context.endpoint.time_limits.log_in);
    let reply = http_retry::send(&policy, build, usual_judge).await;
    let reply = reply.map_err(|failure| {
        Error::network(DOING, &failure).with_hint("check oauth_token_request_url, the network and the proxy settings")
    })?;
    if reply.status.is_success() {
        let parsed = serde_json::from_slice(&reply.body);
        return parsed.map_err(|_| {
            Error::protocol(DOING, "the reply has no access token").with_hint("check oauth_token_request_url")
        });
    }
    let refusal: TokenRefusal = serde_json::from_slice(&reply.body).unwrap_or_default();
    Err(refused(reply.status.as_u16(), &refusal.error))
}

fn token_url(context: &LogInContext<'_>, client: &OAuthClient) -> Result<Url, Error> {
    let Some(text) = &client.token_url else {
        let mut url = context.endpoint.base_url.clone();
        url.set_path("/oauth/token-request");
        return Ok(url);
    };
    let problem = |what: &str| {
        Error::new(ErrorKind::Configuration, format!("the OAuth token URL {what}"))
            .with_hint("oauth_token_request_url is the https address at which the provider gives out tokens")
    };
    let url = Url::parse(text).map_err(|_| problem("is not a URL"))?;
    if url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)) {
        Ok(url)
    } else {
        Err(problem("is not https: the client's secret would be sent in the open"))
    }
}

/// The error word of the provider is a code of a few letters; its description may say anything and is left out.
fn refused(status: u16, code: &str) -> Error {
    let word: String = code
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || *character == '_')
        .take(40)
        .collect();
    let reason = if word.is_empty() {
        String::new()
    } else {
        format!(" ({word})")
    };
    let hint = match word.as_str() {
        "invalid_scope" => "check oauth_scope, and that the role is one the client may use",
        "" => "check oauth_token_request_url",
        _ => "check oauth_client_id and oauth_client_secret, and that the client may use client credentials",
    };
    Error::new(
        ErrorKind::Credentials,
        format!("{DOING} refused with status {status}{reason}"),
    )
    .with_hint(hint)
}
