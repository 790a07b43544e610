//! Credentials that say where they come from when they cannot be got. Not for what they are: each cloud's part has that.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use object_store::CredentialProvider;
use object_store::client::{HttpError, HttpErrorKind};

/// Why there are no credentials: the place they should come from, and in words what happened there.
#[derive(Debug)]
pub(crate) struct CredentialFailure {
    place: String,
    what: String,
    hint: &'static str,
}

impl CredentialFailure {
    pub(crate) fn new(place: impl Into<String>, what: impl Into<String>, hint: &'static str) -> Self {
        CredentialFailure {
            place: place.into(),
            what: what.into(),
            hint,
        }
    }

    pub(crate) fn hint(&self) -> &'static str {
        self.hint
    }
}

impl fmt::Display for CredentialFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "no credentials from {}: {}", self.place, self.what)
    }
}

impl StdError for CredentialFailure {}

impl From<CredentialFailure> for object_store::Error {
    fn from(failure: CredentialFailure) -> Self {
        object_store::Error::Generic {
            store: "credentials",
            source: Box::new(failure),
        }
    }
}

/// A provider and the name of its place.
#[derive(Debug)]
pub(crate) struct NamedCredentials<C> {
    inner: Arc<dyn CredentialProvider<Credential = C>>,
    place: &'static str,
    hint: &'static str,
}

impl<C> NamedCredentials<C> {
    pub(crate) fn new(
        inner: Arc<dyn CredentialProvider<Credential = C>>,
        place: &'static str,
        hint: &'static str,
    ) -> Self {
        NamedCredentials { inner, place, hint }
    }
}

#[async_trait]
impl<C: fmt::Debug + Send + Sync> CredentialProvider for NamedCredentials<C> {
    type Credential = C;

    async fn get_credential(&self) -> object_store::Result<Arc<C>> {
        let found = self.inner.get_credential().await;
        found.map_err(|problem| CredentialFailure::new(self.place, words(&problem), self.hint).into())
    }
}

/// What happened, without what a service's reply says: that may hold a token.
fn words(problem: &object_store::Error) -> String {
    let mut at: Option<&(dyn StdError + 'static)> = Some(problem);
    while let Some(problem) = at {
        if let Some(http) = problem.downcast_ref::<HttpError>() {
            return match http.kind() {
                HttpErrorKind::Connect => "cannot connect",
                HttpErrorKind::Timeout => "no answer in time",
                _ => "the connection broke",
            }
            .to_owned();
        }
        at = problem.source();
    }
    let text = problem.to_string();
    let status = text.split_once("status code: ").and_then(|(_, rest)| rest.get(..3));
    match status.filter(|digits| digits.chars().all(|character| character.is_ascii_digit())) {
        Some(status) => format!("it answers with status {status}"),
        None => "its answer cannot be used".to_owned(),
    }
}
