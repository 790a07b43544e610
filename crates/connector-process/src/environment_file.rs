//! The file `.env` in the form that Meltano's SDK reads (python-dotenv's): found in the working directory or above it, its
//! lines read as variables. They never take the place of a variable that the process has.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The name that is looked for.
const NAME: &str = ".env";

/// The nearest `.env` in `directory` or one above it.
pub(crate) fn find(directory: &Path) -> Option<PathBuf> {
    directory
        .ancestors()
        .map(|above| above.join(NAME))
        .find(|path| path.is_file())
}

/// The file's variables, later lines before earlier ones, and the numbers of lines that are none. `known` says what
/// `${NAME}` stands for where the file itself does not.
pub(crate) fn read<'a>(text: &str, known: impl Fn(&str) -> Option<&'a str>) -> (BTreeMap<String, String>, Vec<usize>) {
    let mut variables = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    let mut line = 1;
    while !rest.is_empty() {
        let (parsed, after) = binding(rest);
        match parsed {
            Binding::Nothing => {}
            Binding::Wrong => wrong.push(line),
            Binding::Variable(name, value) => {
                let of_process = known(&name).map(str::to_owned);
                let value = expanded(&value, |other| {
                    known(other)
                        .map(str::to_owned)
                        .or_else(|| variables.get(other).cloned())
                });
                variables.insert(name, of_process.unwrap_or(value));
            }
        }
        let read = rest.len() - after.len();
        line += rest.bytes().take(read).filter(|byte| *byte == b'\n').count();
        rest = after;
    }
    (variables, wrong)
}

#[derive(Debug, PartialEq)]
enum Binding {
    /// A blank line, a comment, or a name without a value.
    Nothing,
    Wrong,
    Variable(String, String),
}

/// The first binding of the text, and what follows it from the next line on.
fn binding(text: &str) -> (Binding, &str) {
    let (_, next_line) = text.split_once('\n').unwrap_or((text, ""));
    let start = text.trim_start_matches([' ', '\t', '\r']);
    if start.is_empty() || start.starts_with(['\n', '#']) {
        return (Binding::Nothing, next_line);
    }
    let start = start
        .strip_prefix("export")
        .filter(|rest| rest.starts_with([' ', '\t']))
        .unwrap_or(start)
        .trim_start_matches([' ', '\t']);
    let end = start.find(['=', '#', '\n', '\r', ' ', '\t']).unwrap_or(start.len());
    let (name, rest) = start.split_at(end);
    let name = name.trim_matches('\'').to_owned();
    if name.is_empty() {
        return (Binding::Wrong, next_line);
    }
    let rest = rest.trim_start_matches([' ', '\t']);
    let Some(value) = rest.strip_prefix('=') else {
        let is_bare = rest.is_empty() || rest.starts_with(['\n', '\r', '#']);
        return (if is_bare { Binding::Nothing } else { Binding::Wrong }, next_line);
    };
    let value = value.trim_start_matches([' ', '\t']);
    let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
    let Some(quote) = quote else {
        let (line, after) = value.split_once('\n').unwrap_or((value, ""));
        return (Binding::Variable(name, without_comment(line).to_owned()), after);
    };
    let Some((content, after)) = quoted(value.get(1..).unwrap_or_default(), quote) else {
        return (Binding::Wrong, next_line);
    };
    let (tail, after) = after.split_once('\n').unwrap_or((after, ""));
    let tail = tail.trim();
    if tail.is_empty() || tail.starts_with('#') {
        (Binding::Variable(name, content), after)
    } else {
        (Binding::Wrong, after)
    }
}

/// An unquoted value ends before a `#` that follows a blank.
fn without_comment(line: &str) -> &str {
    let is_comment = |position: &usize| {
        let before = line.get(..*position).and_then(|before| before.chars().next_back());
        before.is_some_and(char::is_whitespace)
    };
    let comment = line.match_indices('#').map(|(position, _)| position).find(is_comment);
    line.get(..comment.unwrap_or(line.len())).unwrap_or_default().trim_end()
}

/// The content up to the closing quote, which may be lines below, and what follows it.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut content = String::new();
    let mut characters = text.char_indices();
    while let Some((position, character)) = characters.next() {
        if character == quote {
            return Some((content, text.get(position + 1..)?));
        }
        if character != '\\' {
            content.push(character);
            continue;
        }
        let (_, escaped) = characters.next()?;
        let meant = match escaped {
            '\\' | '\'' => Some(escaped),
            _ if quote == '\'' => None,
            '"' => Some('"'),
            'a' => Some('\u{7}'),
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            'v' => Some('\u{b}'),
            _ => None,
        };
        match meant {
            Some(meant) => content.push(meant),
            None => content.extend(['\\', escaped]),
        }
    }
    None
}

/// The value with `${NAME}` and `${NAME:-otherwise}` filled in; a name that nobody knows is empty.
fn expanded(value: &str, known: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, reference)) = rest.split_once("${") {
        let Some((inside, after)) = reference.split_once('}') else {
            break;
        };
        filled.push_str(before);
        match inside.split_once(":-") {
            Some((name, otherwise)) => filled.push_str(&known(name).unwrap_or_else(|| otherwise.to_owned())),
            None if inside.contains(':') => filled.extend(["${", inside, "}"]),
            None => filled.push_str(&known(inside).unwrap_or_default()),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(text: &str) -> Vec<(String, String)> {
        let of_process = |name: &str| (name == "HOME").then_some("/home/me");
        read(text, of_process).0.into_iter().collect()
    }

    /// Each of these was given to python-dotenv 1.2.2, and this is what it made of it.
    #[test]
    fn lines_mean_what_they_mean_to_python_dotenv() {
        for (text, expected) in [
            ("A=b", Some("b")),
            ("  export  A = b c  # comment\r\n", Some("b c")),
            ("A=b#c", Some("b#c")),
            ("A= #c", Some("#c")),
            ("A=", Some("")),
            ("A=\"\"", Some("")),
            ("'A'='x y' # why", Some("x y")),
            ("A='it\\'s \\n'", Some("it's \\n")),
            ("A=\"a\\nb\\\"\\q\"", Some("a\nb\"\\q")),
            (
                "A=\"-----BEGIN\nMII=\n-----END\"\nB=c",
                Some("-----BEGIN\nMII=\n-----END"),
            ),
            ("A=${HOME}/x ", Some("/home/me/x")),
            ("Z=1\nA=$Z${Z}${NONE}${NONE:-d}", Some("$Z1d")),
            ("A=1\nA=2", Some("2")),
            ("A={\"k\": \"v\"}", Some("{\"k\": \"v\"}")),
            ("A=${a:b}", Some("${a:b}")),
            ("A = b", Some("b")),
            ("# A=b", None),
            ("A", None),
            ("export A", None),
            ("A 'b'", None),
            ("A='b", None),
            ("A='b' c", None),
        ] {
            let found = variables(text).into_iter().find(|(name, _)| name == "A");
            assert_eq!(found.as_ref().map(|(_, value)| value.as_str()), expected, "{text:?}");
        }
    }

    #[test]
    fn lines_that_are_none_are_told_by_number_and_do_not_spoil_the_others() {
        let (found, wrong) = read("A=\"x\ny\"\n\nnot a line\nB='open\nC=3\n", |_| None);
        assert_eq!(wrong, [4, 5]);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["A", "C"]);
    }

    #[test]
    fn what_the_process_has_stays() {
        assert_eq!(
            variables("HOME=/other\nB=${HOME}"),
            [
                ("B".to_owned(), "/home/me".to_owned()),
                ("HOME".to_owned(), "/home/me".to_owned()),
            ]
        );
    }

    #[test]
    fn the_nearest_file_counts() {
        let root = tempfile::tempdir().unwrap();
        let below = root.path().join("a/b");
        std::fs::create_dir_all(&below).unwrap();
        std::fs::write(root.path().join(NAME), "X=1").unwrap();
        assert_eq!(find(&below), Some(root.path().join(NAME)));
        std::fs::create_dir(below.join(NAME)).unwrap();
        assert_eq!(
            find(&below),
            Some(root.path().join(NAME)),
            "a folder of that name is none"
        );
        std::fs::write(root.path().join("a").join(NAME), "X=2").unwrap();
        assert_eq!(find(&below), Some(root.path().join("a").join(NAME)));
    }
}
