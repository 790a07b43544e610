//! One request to a storage as data, made by the cloud's module, and its way into the HTTP client.

use reqwest::header::{CONTENT_LENGTH, HeaderValue};
use reqwest::{Body, Client, Method, RequestBuilder};
use url::Url;

use crate::upload::UploadFile;
use crate::upload::cipher::FileCipher;
use crate::upload::file_body::file_body;
use crate::upload::parts::Part;

/// What is sent. The URL may hold a signature and every header may hold a secret: nothing of it is for a log.
pub(crate) struct StorageRequest<'a> {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content: Content<'a>,
}

/// The body.
pub(crate) enum Content<'a> {
    Text(String),
    File {
        file: &'a UploadFile,
        part: Part,
        cipher: Option<FileCipher>,
    },
}

impl StorageRequest<'_> {
    /// A request for the HTTP client; its body is opened when it is sent.
    pub(crate) fn into_builder(self, client: &Client) -> RequestBuilder {
        let mut request = client.request(self.method, self.url);
        for (name, value) in self.headers {
            request = match HeaderValue::from_str(&value) {
                Ok(mut value) => {
                    // Kept out of the HTTP library's own traces.
                    value.set_sensitive(true);
                    request.header(name, value)
                }
                Err(_) => request.header(name, value),
            };
        }
        match self.content {
            Content::Text(text) => request.header(CONTENT_LENGTH, text.len()).body(text),
            Content::File { file, part, cipher } => {
                let (body, length) = file_body(file, part, cipher);
                request.header(CONTENT_LENGTH, length).body(Body::wrap_stream(body))
            }
        }
    }
}
