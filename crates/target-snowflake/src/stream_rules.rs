//! Settings that differ from stream to stream: patterns of stream names with a value each. Not for what the values mean.

/// Values by pattern. `*` stands for any characters, `?` for one; an exact name goes before a pattern, and an earlier
/// pattern before a later one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamRules<T>(Vec<(String, T)>);

impl<T> Default for StreamRules<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> StreamRules<T> {
    /// Rules in the order of the setting.
    pub(crate) fn new(rules: Vec<(String, T)>) -> Self {
        Self(rules)
    }

    /// The value for a stream, if a rule says one.
    pub(crate) fn find(&self, stream: &str) -> Option<&T> {
        let exact = self.0.iter().find(|(pattern, _)| pattern == stream);
        let found = exact.or_else(|| self.0.iter().find(|(pattern, _)| matches(pattern, stream)));
        found.map(|(_, value)| value)
    }
}

/// Whether a name is of the pattern. Takes time in proportion to the product of the lengths at most.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut from) = (0, 0);
    // Where the last `*` stands, and where in the name its match ends so far.
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = name.get(at) {
        match pattern.get(from) {
            Some('*') => {
                star = Some((from, at));
                from += 1;
            }
            Some(expected) if *expected == '?' || expected == character => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((place, end)) = star else { return false };
                star = Some((place, end + 1));
                at = end + 1;
                from = place + 1;
            }
        }
    }
    pattern.iter().skip(from).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_names() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("sales-*", "sales-orders", true),
            ("sales-*", "presales-orders", false),
            ("*-orders", "a-b-orders", true),
            ("*a*b", "xaab", true),
            ("*a*b", "xaba", false),
            ("order?", "orders", true),
            ("order?", "order", false),
            ("größe*", "größen", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn an_exact_name_goes_before_patterns_and_earlier_before_later() {
        let rules = [("*", 1), ("orders", 2), ("o*", 3)];
        let rules = StreamRules::new(rules.map(|(pattern, value)| (pattern.to_owned(), value)).to_vec());
        assert_eq!((rules.find("orders"), rules.find("other")), (Some(&2), Some(&1)));
        assert_eq!(StreamRules::<u8>::default().find("orders"), None);
    }
}
