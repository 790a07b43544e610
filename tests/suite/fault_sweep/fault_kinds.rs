//! The ways in which a request can fail, as rules of the local server, and which requests each makes sense for.
#![expect(
    clippy::expect_used,
    reason = "a test stops at the first surprise, also in its helpers"
)]

use serde_json::Value;

use super::request_shape::RequestShape;

/// One way.
pub(super) struct FaultKind {
    pub(super) name: &'static str,
    /// What happens to the request, and to the same request when it is sent again and again.
    faults: &'static [&'static str],
    /// Whether it can happen to a request of that kind ([`super::request_shape::RequestShape::kind`]).
    pub(super) suits: fn(&str) -> bool,
    /// Whether a session is lost by it, with what it held. The other ways are about requests of any sort, and the client
    /// meets them in the same few lines whatever the request is.
    pub(super) loses_session: bool,
}

impl FaultKind {
    /// The rules under which this happens to the request, once, when so many that look the same come before it that did
    /// not in the undisturbed load.
    pub(super) fn rules(&self, request: &RequestShape, more_before: usize) -> Vec<Value> {
        let rule = |(again, fault): (usize, &&str)| request.rule(more_before + again, &fault_of(fault));
        self.faults.iter().enumerate().map(rule).collect()
    }

    /// How many times more the request is sent because of it.
    pub(super) fn tries(&self) -> usize {
        self.faults.len()
    }
}

fn fault_of(text: &str) -> Value {
    serde_json::from_str(text).expect("a fault is JSON")
}

fn any(_kind: &str) -> bool {
    true
}

/// The reply to an upload has no body that could be cut.
fn has_body(kind: &str) -> bool {
    kind != "upload"
}

/// What carries a session token.
fn has_session(kind: &str) -> bool {
    !matches!(kind, "token" | "log-in" | "renewal" | "upload" | "chunk")
}

fn is_statement(kind: &str) -> bool {
    has_session(kind) && !matches!(kind, "result" | "close")
}

fn is_upload(kind: &str) -> bool {
    kind == "upload"
}

/// What is said of a session that is not there any more.
const LOST: &str =
    r#"{"reply": {"data": null, "code": "390111", "message": "Session no longer exists.", "success": false}}"#;

/// What is said of a master token whose time is over.
const EXPIRED: &str =
    r#"{"reply": {"data": null, "code": "390114", "message": "Authentication token has expired.", "success": false}}"#;

/// A delay is longer than `request_timeout_seconds` of the sweep's loads, which is 1.
pub(super) const KINDS: [FaultKind; 15] = [
    FaultKind {
        name: "connection reset",
        faults: &[r#"{"reset": true}"#],
        suits: any,
        loses_session: false,
    },
    FaultKind {
        name: "connection reset after the work",
        faults: &[r#"{"reset": true, "execute": true}"#],
        suits: any,
        loses_session: false,
    },
    FaultKind {
        name: "connection reset in the middle of the request",
        faults: &[r#"{"reset_after_body_bytes": 1}"#],
        suits: is_upload,
        loses_session: false,
    },
    FaultKind {
        name: "cut body",
        faults: &[r#"{"cut_after_bytes": 15}"#],
        suits: has_body,
        loses_session: false,
    },
    FaultKind {
        name: "503",
        faults: &[r#"{"status": 503}"#],
        suits: any,
        loses_session: false,
    },
    FaultKind {
        name: "503 after the work",
        faults: &[r#"{"status": 503, "execute": true}"#],
        suits: any,
        loses_session: false,
    },
    FaultKind {
        name: "429",
        faults: &[r#"{"status": 429, "headers": {"retry-after": "1"}}"#],
        suits: any,
        loses_session: false,
    },
    FaultKind {
        name: "work begun after the timeout",
        faults: &[r#"{"delay_seconds": 1.6}"#],
        suits: any,
        loses_session: false,
    },
    FaultKind {
        name: "answer after the timeout",
        faults: &[r#"{"hold_seconds": 1.6}"#],
        suits: any,
        loses_session: false,
    },
    FaultKind {
        name: "expired session token",
        faults: &[r#"{"expire_session": true}"#],
        suits: has_session,
        loses_session: false,
    },
    FaultKind {
        name: "expired session and master token",
        faults: &[r#"{"expire_master": true}"#],
        // Nothing can be closed then.
        suits: |kind| has_session(kind) && kind != "close",
        loses_session: true,
    },
    FaultKind {
        name: "expired master token",
        faults: &[EXPIRED],
        suits: |kind| kind == "renewal",
        loses_session: false,
    },
    FaultKind {
        name: "expired stage credentials",
        faults: &[r#"{"expire_credentials": true}"#],
        suits: is_upload,
        loses_session: false,
    },
    FaultKind {
        name: "lost session",
        faults: &[LOST],
        suits: is_statement,
        loses_session: true,
    },
    FaultKind {
        name: "session lost after the work",
        faults: &[r#"{"reset": true, "execute": true}"#, LOST],
        suits: is_statement,
        loses_session: true,
    },
];
