//! Patterns for stream names, as Python's fnmatch has them: `*`, `?`, `[abc]`, `[!a-z]`. Not for paths.

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Exactly(char),
    Any,
    Several,
    OneOf {
        ranges: Vec<(char, char)>,
        is_negated: bool,
    },
}

impl Glob {
    /// Any text is a pattern; an unclosed `[` stands for itself.
    pub(crate) fn new(pattern: &str) -> Self {
        let characters: Vec<char> = pattern.chars().collect();
        let mut parts = Vec::new();
        let mut rest = characters.as_slice();
        while let [first, after @ ..] = rest {
            rest = after;
            parts.push(match first {
                '*' => Part::Several,
                '?' => Part::Any,
                '[' => match one_of(after) {
                    Some((part, behind)) => {
                        rest = behind;
                        part
                    }
                    None => Part::Exactly('['),
                },
                other => Part::Exactly(*other),
            });
        }
        Self(parts)
    }

    /// True when the whole name fits.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let name: Vec<char> = name.chars().collect();
        // Positions in the pattern that the name so far can lead to.
        let mut reached = vec![false; self.0.len() + 1];
        if let Some(first) = reached.first_mut() {
            *first = true;
        }
        self.skip_several(&mut reached);
        for character in name {
            let mut next = vec![false; reached.len()];
            for (position, part) in self.0.iter().enumerate() {
                if reached.get(position) != Some(&true) {
                    continue;
                }
                let after = match part {
                    Part::Several => position,
                    _ if part.takes(character) => position + 1,
                    _ => continue,
                };
                if let Some(slot) = next.get_mut(after) {
                    *slot = true;
                }
            }
            self.skip_several(&mut next);
            reached = next;
        }
        reached.last() == Some(&true)
    }

    /// `*` may stand for nothing.
    fn skip_several(&self, reached: &mut [bool]) {
        for (position, part) in self.0.iter().enumerate() {
            if *part == Part::Several
                && reached.get(position) == Some(&true)
                && let Some(slot) = reached.get_mut(position + 1)
            {
                *slot = true;
            }
        }
    }
}

impl Part {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Exactly(expected) => *expected == character,
            Self::Any => true,
            Self::Several => false,
            Self::OneOf { ranges, is_negated } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&character)) != *is_negated
            }
        }
    }
}

/// What stands behind a `[`: the set, and the text behind its `]`.
fn one_of(text: &[char]) -> Option<(Part, &[char])> {
    let (is_negated, text) = match text {
        ['!', after @ ..] => (true, after),
        _ => (false, text),
    };
    // A `]` right at the beginning belongs to the set.
    let end = text.iter().skip(1).position(|character| *character == ']')? + 1;
    let mut set = text.get(..end)?;
    let mut ranges = Vec::new();
    while let [first, after @ ..] = set {
        set = after;
        match after {
            ['-', last, behind @ ..] => {
                ranges.push((*first, *last));
                set = behind;
            }
            _ => ranges.push((*first, *first)),
        }
    }
    Some((Part::OneOf { ranges, is_negated }, text.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_fnmatch_does() {
        let matches = |pattern: &str, name: &str| Glob::new(pattern).matches(name);
        for (pattern, name) in [
            ("*", ""),
            ("public-*", "public-orders"),
            ("*orders", "orders"),
            ("a*b*c", "aXXbYYbc"),
            ("order?", "orders"),
            ("[a-c]x", "bx"),
            ("[!a-c]x", "dx"),
            ("[]]", "]"),
            ("[x", "[x"),
            ("a.b", "a.b"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("orders", "orders2"),
            ("a*b", "ac"),
            ("?", ""),
            ("a.b", "axb"),
            ("[!a]", "a"),
            ("Orders", "orders"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }
}
