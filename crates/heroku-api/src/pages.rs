//! Walks a list page by page: as long as the answer is 206, its `Next-Range` is sent back verbatim.

use serde_json::Value;

use crate::call::Call;
use crate::client::HerokuClient;
use crate::error::{Error, ErrorKind};
use crate::reply::Reply;

/// The rest of a list. Each page is one request.
#[derive(Debug)]
pub struct Pages<'a> {
    client: &'a HerokuClient,
    next: Option<Call>,
}

impl<'a> Pages<'a> {
    pub(crate) fn new(client: &'a HerokuClient, first: Call) -> Self {
        Self {
            client,
            next: Some(first),
        }
    }

    /// The next page's items in the server's order, or `None` behind the last page (or when nothing changed
    /// since the tag that the call carried). A failed page can be asked for again: nothing is skipped.
    ///
    /// # Errors
    /// Whatever the request ends with, and [`ErrorKind::Protocol`] when the body is not a list or the paging runs in circles.
    pub async fn next_page(&mut self) -> Result<Option<Vec<Value>>, Error> {
        let Some(call) = &self.next else { return Ok(None) };
        let (body, next_range) = match self.client.get(call).await? {
            Reply::NotModified => {
                self.next = None;
                return Ok(None);
            }
            Reply::Content { body, next_range, .. } => (body, next_range),
        };
        let Value::Array(items) = body else {
            return Err(
                Error::new(ErrorKind::Protocol, "the answer is not a list").of_call(&format!("GET {}", call.path))
            );
        };
        self.next = match next_range {
            None => None,
            Some(range) if call.range.as_deref() == Some(&range) => {
                return Err(
                    Error::new(ErrorKind::Protocol, "Next-Range repeats the range that was asked for")
                        .of_call(&format!("GET {}", call.path)),
                );
            }
            Some(range) => Some(Call {
                range: Some(range),
                if_none_match: None,
                ..call.clone()
            }),
        };
        Ok(Some(items))
    }

    /// All remaining items. For lists that are small by nature, such as the apps of an account.
    ///
    /// # Errors
    /// As [`Pages::next_page`].
    pub async fn collect(mut self) -> Result<Vec<Value>, Error> {
        let mut all = Vec::new();
        while let Some(mut items) = self.next_page().await? {
            all.append(&mut items);
        }
        Ok(all)
    }
}
