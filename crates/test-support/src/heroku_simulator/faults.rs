//! Faults as data: which request, how often, and what goes wrong with it.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One rule. It fires on the `nth` matching request and on the ones after it, `times` times in all.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// HTTP method; any when missing.
    #[serde(default)]
    pub method: Option<String>,
    /// Path pattern: `*` stands for one path segment or a part of it, `**` for anything.
    pub path: String,
    /// The first matching request it fires on, counted from 1.
    #[serde(default = "one")]
    pub nth: u64,
    /// How many requests it spoils; `null` means every one from the nth on.
    #[serde(default = "once")]
    pub times: Option<u64>,
    /// What happens.
    pub action: FaultAction,
    #[serde(skip)]
    seen: u64,
    #[serde(skip)]
    fired: u64,
}

/// What a fault does to a request.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultAction {
    /// Answer at once with this, without looking at the request.
    Respond {
        /// HTTP status.
        status: u16,
        /// JSON body; Heroku's usual `{"id", "message"}` for the status when missing.
        #[serde(default)]
        body: Option<Value>,
        /// Extra response headers.
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// Answer as usual and add these response headers.
    AddHeaders(BTreeMap<String, String>),
    /// Promise the whole body, send this many bytes of it, then close the connection.
    CutBody {
        /// Bytes that are still sent.
        after_bytes: usize,
    },
    /// Wait this long before anything else.
    Delay {
        /// Milliseconds of wall clock.
        milliseconds: u64,
    },
    /// Close the connection without an answer.
    Reset,
    /// The log URL that this request creates has already expired.
    ExpireLogUrl,
}

const fn one() -> u64 {
    1
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the default of an optional field has the field's type"
)]
const fn once() -> Option<u64> {
    Some(1)
}

impl FaultRule {
    /// A rule for one request: the first with this method and path.
    #[must_use]
    pub fn once(method: &str, path: &str, action: FaultAction) -> Self {
        Self {
            method: Some(method.to_owned()),
            path: path.to_owned(),
            nth: 1,
            times: Some(1),
            action,
            seen: 0,
            fired: 0,
        }
    }

    /// The same rule, firing first on the nth matching request (from 1).
    #[must_use]
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = nth;
        self
    }

    /// The same rule, firing this many times, or for ever.
    #[must_use]
    pub fn times(mut self, times: Option<u64>) -> Self {
        self.times = times;
        self
    }

    /// Counts the request if it matches; the action when the rule fires on it.
    fn take(&mut self, method: &str, path: &str) -> Option<FaultAction> {
        if self
            .method
            .as_deref()
            .is_some_and(|wanted| !wanted.eq_ignore_ascii_case(method))
            || !matches_pattern(&self.path, path)
        {
            return None;
        }
        self.seen += 1;
        let spent = self.times.is_some_and(|times| self.fired >= times);
        if self.seen < self.nth || spent {
            return None;
        }
        self.fired += 1;
        Some(self.action.clone())
    }
}

/// The actions of all rules that fire on this request, in the order of the rules.
pub(crate) fn take_actions(rules: &mut [FaultRule], method: &str, path: &str) -> Vec<FaultAction> {
    rules.iter_mut().filter_map(|rule| rule.take(method, path)).collect()
}

fn matches_pattern(pattern: &str, path: &str) -> bool {
    let Some((literal, rest)) = pattern.split_once('*') else {
        return pattern == path;
    };
    let Some(remainder) = path.strip_prefix(literal) else {
        return false;
    };
    let (crosses_segments, rest) = rest.strip_prefix('*').map_or((false, rest), |rest| (true, rest));
    let ends = remainder
        .char_indices()
        .map(|(index, _)| index)
        .chain([remainder.len()]);
    ends.take_while(|end| crosses_segments || !remainder.get(..*end).unwrap_or_default().contains('/'))
        .any(|end| matches_pattern(rest, remainder.get(end..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_segment_and_two_cross_it() {
        assert!(matches_pattern("/apps/*/releases", "/apps/a/releases"));
        assert!(!matches_pattern("/apps/*", "/apps/a/releases"));
        assert!(matches_pattern("/apps/**", "/apps/a/releases"));
        assert!(matches_pattern("**", "/anything"));
        assert!(!matches_pattern("/apps", "/apps/a"));
    }

    #[test]
    fn a_rule_fires_from_the_nth_match_and_only_as_often_as_it_says() {
        let text = r#"{"method":"get","path":"/apps","nth":2,"times":2,"action":"reset"}"#;
        let mut rules = vec![serde_json::from_str::<FaultRule>(text).unwrap()];
        let fired: Vec<bool> = (0..5)
            .map(|_| !take_actions(&mut rules, "GET", "/apps").is_empty())
            .collect();
        assert_eq!(fired, [false, true, true, false, false]);
        assert!(take_actions(&mut rules, "POST", "/apps").is_empty());
    }

    #[test]
    fn every_action_is_writable_as_data() {
        for action in [
            r#""reset""#,
            r#""expire_log_url""#,
            r#"{"respond":{"status":503}}"#,
            r#"{"cut_body":{"after_bytes":10}}"#,
            r#"{"delay":{"milliseconds":5}}"#,
            r#"{"add_headers":{"Retry-After":"1"}}"#,
        ] {
            serde_json::from_str::<FaultAction>(action).unwrap();
        }
        assert!(serde_json::from_str::<FaultAction>(r#"{"respond":{"status":503,"typo":1}}"#).is_err());
    }
}
