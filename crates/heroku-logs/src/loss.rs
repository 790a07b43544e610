//! The lines by which Heroku's log system says that it dropped lines: L10 to L13. Only reads them; what follows from a
//! loss is the caller's business.

/// Which part of the log system dropped lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LossCode {
    /// L10: a drain was too slow. The lines are missing from that drain, not from log sessions.
    DrainBufferOverflow,
    /// L11: a `heroku logs --tail` session was too slow. The lines are missing from that session.
    TailBufferOverflow,
    /// L12: the dyno's own log buffer was full. The lines are lost everywhere.
    LocalBufferOverflow,
    /// L13: the dyno could not deliver its lines. They are lost everywhere.
    LocalDelivery,
}

impl LossCode {
    /// Heroku's code.
    pub fn name(self) -> &'static str {
        match self {
            LossCode::DrainBufferOverflow => "L10",
            LossCode::TailBufferOverflow => "L11",
            LossCode::LocalBufferOverflow => "L12",
            LossCode::LocalDelivery => "L13",
        }
    }
}

/// A report of lost lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LossReport<'a> {
    /// What dropped them.
    pub code: LossCode,
    /// How many, when the line says it.
    pub lost_lines: Option<u64>,
    /// Since when, as written.
    pub since: Option<&'a str>,
}

impl<'a> LossReport<'a> {
    /// Reads a message of `heroku[logplex]` or `app[log-shuttle]`, whose wording changed over the years: the code comes
    /// first (after `Error`), then somewhere a number before `messages`, and `since TIME` at the end.
    pub fn parse(message: &'a str) -> Option<LossReport<'a>> {
        let text = message.strip_prefix("Error ").unwrap_or(message);
        let (code, rest) = text.split_at_checked(3)?;
        let code = match code {
            "L10" => LossCode::DrainBufferOverflow,
            "L11" => LossCode::TailBufferOverflow,
            "L12" => LossCode::LocalBufferOverflow,
            "L13" => LossCode::LocalDelivery,
            _ => return None,
        };
        if !rest.starts_with([' ', ':']) {
            return None;
        }
        let mut words = rest.split_ascii_whitespace().peekable();
        let mut report = LossReport {
            code,
            lost_lines: None,
            since: None,
        };
        while let Some(word) = words.next() {
            let next = words.peek().copied();
            match (word, next) {
                ("since", Some(time)) => report.since = Some(time.trim_end_matches('.')),
                (number, Some("messages" | "message")) => report.lost_lines = number.parse().ok().or(report.lost_lines),
                _ => {}
            }
        }
        Some(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wording_is_read() {
        let since = Some("2021-07-05T08:00:00+00:00");
        for (message, code, lost_lines, since) in [
            (
                "Error L10 (output buffer overflow): 7 messages dropped since 2021-07-05T08:00:00+00:00.",
                "L10",
                Some(7),
                since,
            ),
            (
                "Error L10 (output buffer overflow): drain 'd.1f2e' dropped 12 messages since 2021-07-05T08:00:00+00:00.",
                "L10",
                Some(12),
                since,
            ),
            (
                "L11 (Tail buffer overflow) -> This tail session dropped 90 messages since 2021-07-05T08:00:00+00:00",
                "L11",
                Some(90),
                since,
            ),
            (
                "Error L12: 222 messages dropped since 2021-07-05T08:00:00+00:00.",
                "L12",
                Some(222),
                since,
            ),
            ("Error L13: messages lost", "L13", None, None),
        ] {
            let report = LossReport::parse(message).unwrap();
            assert_eq!(
                (report.code.name(), report.lost_lines, report.since),
                (code, lost_lines, since),
                "{message}"
            );
        }
        for message in [
            "",
            "L1",
            "Error L14 (certificate validation): x",
            "L100 messages",
            "all fine",
            "Error ééé",
        ] {
            assert_eq!(LossReport::parse(message), None, "{message}");
        }
    }
}
