//! OAuth client credentials: asks the provider for an access token. Kept until shortly before its end.

use std::time::Duration;

use url::Url;

use crate::config::OAuthClient;
use crate::error::{Error, ErrorKind};
use crate::proof::LogInContext;
use crate::proof::log_in_memory::Remembered;
use crate::proof::token_endpoint::{TokenEndpoint, TokenReply, token_address};
use crate::secret::Secret;

/// A token is not used in the last part of its life: it has to arrive, too.
const MARGIN: Duration = Duration::from_secs(60);
/// Of a token whose provider does not say how long it is good.
const USUAL_LIFETIME: Duration = Duration::from_secs(600);

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
    let provider = TokenEndpoint {
        doing: "OAuth token request",
        url: &url,
        hint: "check oauth_token_request_url",
    };
    let request = |post: reqwest::RequestBuilder| post.basic_auth(&client.id, Some(client.secret.expose())).form(&form);
    provider.ask(context.endpoint, request, hint_for).await
}

fn hint_for(code: &str) -> &'static str {
    match code {
        "invalid_scope" => "check oauth_scope, and that the role is one the client may use",
        _ => "check oauth_client_id and oauth_client_secret, and that the client may use client credentials",
    }
}

fn token_url(context: &LogInContext<'_>, client: &OAuthClient) -> Result<Url, Error> {
    let Some(text) = &client.token_url else {
        let mut url = context.endpoint.base_url.clone();
        url.set_path("/oauth/token-request");
        return Ok(url);
    };
    token_address(text, |what| {
        Error::new(ErrorKind::Configuration, format!("the OAuth token URL {what}"))
            .with_hint("oauth_token_request_url is the https address at which the provider gives out tokens")
    })
}
