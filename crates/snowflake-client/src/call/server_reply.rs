//! A reply taken out of its envelope: what it is is told by its code.

use http_retry::Reply;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::error::{Error, ErrorKind, Refusal};
use crate::wire::{Envelope, RefusalData};

/// What a call came to.
pub(crate) enum ServerReply {
    /// `data` of a success.
    Done(Option<Box<RawValue>>),
    /// The statement runs on; `data` says where to ask again.
    Running(Option<Box<RawValue>>),
    /// The session token has expired.
    TokenExpired,
    /// Anything else.
    Refused(Refusal),
}

impl ServerReply {
    pub(crate) fn read(doing: &str, reply: Reply) -> Result<Self, Error> {
        let status = reply.status.as_u16();
        let envelope: Envelope = match serde_json::from_slice(&reply.body) {
            Ok(envelope) => envelope,
            Err(_) if status == 401 => return Ok(ServerReply::TokenExpired),
            Err(_) if status == 200 => return Err(Error::protocol(doing, "the reply is not a Snowflake envelope")),
            Err(_) => return Err(unexpected_status(doing, status)),
        };
        let Envelope {
            data,
            code,
            message,
            success,
        } = envelope;
        Ok(match code.as_deref() {
            Some("390112") => ServerReply::TokenExpired,
            Some("333333" | "333334") => ServerReply::Running(data),
            _ if success && status == 200 => ServerReply::Done(data),
            None if status == 401 => ServerReply::TokenExpired,
            None if status != 200 => return Err(unexpected_status(doing, status)),
            _ => {
                let details: RefusalData = data
                    .and_then(|data| serde_json::from_str(data.get()).ok())
                    .unwrap_or_default();
                ServerReply::Refused(Refusal {
                    code: code.or(details.error_code),
                    message,
                    sql_state: details.sql_state,
                    query_id: details.query_id,
                })
            }
        })
    }

    /// The parsed `data` of a success; for calls that can only succeed or be refused.
    pub(crate) fn into_data<Data: DeserializeOwned>(self, doing: &str) -> Result<Data, Error> {
        match self {
            ServerReply::Done(data) => parsed(doing, data.as_deref()),
            ServerReply::Refused(refusal) => Err(refusal.of_statement(doing)),
            ServerReply::TokenExpired => Err(Error::new(
                ErrorKind::SessionLost,
                format!("{doing}: the token expired"),
            )),
            ServerReply::Running(_) => Err(Error::protocol(doing, "an answer for a running statement came instead")),
        }
    }
}

/// Parses `data`. The parser's message is not passed on: it may quote the data.
pub(crate) fn parsed<Data: DeserializeOwned>(doing: &str, data: Option<&RawValue>) -> Result<Data, Error> {
    let data = data.ok_or_else(|| Error::protocol(doing, "the reply has no data"))?;
    serde_json::from_str(data.get()).map_err(|failure| {
        let place = format!(
            "the data of the reply have an unknown form at column {}",
            failure.column()
        );
        Error::protocol(doing, &place)
    })
}

fn unexpected_status(doing: &str, status: u16) -> Error {
    let what = format!("{doing}: status {status} without a Snowflake reply");
    match status {
        // What Snowflake's front end says of accounts that it does not know.
        403 | 404 => Error::new(ErrorKind::Configuration, what)
            .with_hint("there may be no account of that name: check account, host and port"),
        _ => Error::new(ErrorKind::Protocol, what),
    }
}
