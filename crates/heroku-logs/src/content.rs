//! Which typed form a message has, by who wrote it. The forms themselves are in their own files.

use crate::dyno_metrics::DynoMetrics;
use crate::loss::LossReport;
use crate::router::RouterRequest;

/// A message taken apart.
#[derive(Debug, Clone, PartialEq)]
pub enum Content<'a> {
    /// A request, by `heroku[router]`.
    RouterRequest(Box<RouterRequest<'a>>),
    /// Load or memory of a dyno, by `heroku[web.1]` and the like.
    DynoMetrics(Box<DynoMetrics<'a>>),
    /// Lines were dropped, by `heroku[logplex]` or `app[log-shuttle]`.
    Loss(LossReport<'a>),
    /// Anything else: the app's own text, state changes, add-ons.
    Text,
}

/// Something about a message that its typed form does not show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentProblem {
    /// A line of the router that is no request.
    RouterLineUnknown,
    /// A request with a key that came twice; the first counts.
    RouterKeyRepeated,
}

impl ContentProblem {
    /// The stable name that goes into records.
    pub fn name(self) -> &'static str {
        match self {
            ContentProblem::RouterLineUnknown => "router_line_unknown",
            ContentProblem::RouterKeyRepeated => "router_key_repeated",
        }
    }
}

impl<'a> Content<'a> {
    /// Reads a message by the source and process before it.
    pub fn parse(source: &str, process: &str, message: &'a str) -> (Content<'a>, Option<ContentProblem>) {
        match (source, process) {
            ("heroku", "router") => match RouterRequest::parse(message) {
                Some(request) => {
                    let problem = request.has_repeated_key().then_some(ContentProblem::RouterKeyRepeated);
                    (Content::RouterRequest(Box::new(request)), problem)
                }
                None => (Content::Text, Some(ContentProblem::RouterLineUnknown)),
            },
            ("heroku", "logplex") | ("app", "log-shuttle" | "logplex") => {
                (LossReport::parse(message).map_or(Content::Text, Content::Loss), None)
            }
            ("heroku", _) => (
                DynoMetrics::parse(message).map_or(Content::Text, |metrics| Content::DynoMetrics(Box::new(metrics))),
                None,
            ),
            _ => (Content::Text, None),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_message_is_read(
            process in prop_oneof![Just("router"), Just("web.1"), Just("logplex")],
            message in "(at=|path=|fwd=|sample#|source=|dyno=heroku\\.|Error L1|[0-3]|MB|ms|\\\"|\\\\| |,|since|messages|\\PC|\n){0,40}",
        ) {
            let _ = Content::parse("heroku", process, &message);
        }
    }

    #[test]
    fn the_writer_of_a_line_decides() {
        let request = "method=GET path=/ status=200";
        let metrics = "source=web.1 dyno=heroku.1.u sample#load_avg_1m=0.5";
        assert!(matches!(
            Content::parse("heroku", "router", request),
            (Content::RouterRequest(_), None)
        ));
        assert!(matches!(
            Content::parse("heroku", "web.1", metrics),
            (Content::DynoMetrics(_), None)
        ));
        assert!(matches!(
            Content::parse("heroku", "logplex", "Error L10: 3 messages"),
            (Content::Loss(_), None)
        ));
        for (source, process, message) in [
            ("app", "router", request),
            ("app", "web.1", metrics),
            ("app", "web.1", "L12: 3 messages"),
        ] {
            assert_eq!(Content::parse(source, process, message), (Content::Text, None));
        }
        assert_eq!(
            Content::parse("heroku", "router", "up").1,
            Some(ContentProblem::RouterLineUnknown)
        );
        let repeated = Content::parse("heroku", "router", "method=GET path=/ status=200 status=500");
        assert_eq!(repeated.1, Some(ContentProblem::RouterKeyRepeated));
    }
}
