//! Snowflake's message, made fit for a log: one line, no record value, no endless tail.
//! Messages about data (codes 100xxx) quote the value that did not fit; those about objects and syntax quote names.

/// Longest message passed on, in characters.
const LENGTH_LIMIT: usize = 500;

/// The message in one line, with values of records replaced by `…`.
pub(crate) fn presentable(code: Option<&str>, message: &str) -> String {
    let about_data = code.is_some_and(|code| code.starts_with("100"));
    let text = if about_data {
        without_values(message)
    } else {
        message.to_owned()
    };
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(LENGTH_LIMIT) {
        line.truncate(end);
        line.push('…');
    }
    line
}

/// Keeps the sentence and the place in the file, drops what is quoted in between.
fn without_values(message: &str) -> String {
    // The place comes after the value, so the last one is the real one even when the value contains such a text.
    let (sentence, place) = match message.rfind("File '").map(|start| message.split_at(start)) {
        Some((sentence, rest)) => match place(rest) {
            Some(place) => (sentence, place),
            None => (message, String::new()),
        },
        None => (message, String::new()),
    };
    // A duplicate row is printed whole after this word, malformed JSON after the colon.
    let opening = ["Row Values", "JSON:"]
        .iter()
        .filter_map(|word| sentence.find(word).map(|at| at + word.len()))
        .min();
    let quotes = sentence.find('\'').zip(sentence.rfind('\''));
    match (opening, quotes) {
        (Some(end), _) => format!("{} … {place}", sentence.get(..end).unwrap_or_default()),
        (None, Some((first, last))) => {
            let (head, tail) = (sentence.get(..first), sentence.get(last + 1..));
            format!("{}'…'{} {place}", head.unwrap_or_default(), tail.unwrap_or_default())
        }
        (None, None) => format!("{sentence} {place}"),
    }
}

/// `File 'name', line N…, Row N, column "NAME"…`, only as far as it has that form.
fn place(text: &str) -> Option<String> {
    let (file, rest) = text.strip_prefix("File '")?.split_once("', line ")?;
    let numbers: String = rest
        .chars()
        .take_while(|character| character.is_ascii_digit() || ", character".contains(*character))
        .collect();
    let mut place = format!("File '{file}', line {}", numbers.trim_end_matches([',', ' ']));
    if let Some(row) = rest
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("Row ") && line.contains(", column "))
    {
        place = format!("{place}, {row}");
    }
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_records_are_dropped_and_the_place_is_kept() {
        let cases = [
            (
                "Numeric value 'it's secret' is not recognized\n  File 'a/b.csv.gz', line 3, character 5\n  Row 3, column \"T\"[\"C1\":2]",
                "Numeric value '…' is not recognized File 'a/b.csv.gz', line 3, character 5, Row 3, column \"T\"[\"C1\":2]",
            ),
            ("Error parsing JSON: {\"a\": secret", "Error parsing JSON: …"),
            (
                "Duplicate row detected during DML action\nRow Values: [1, \"secret\"]",
                "Duplicate row detected during DML action Row Values …",
            ),
            ("String 'File 'secret' is too long", "String '…' is too long"),
        ];
        for (message, expected) in cases {
            assert_eq!(presentable(Some("100038"), message), expected);
        }
    }

    #[test]
    fn names_in_other_messages_are_kept_in_one_line_of_bounded_length() {
        let message = "SQL compilation error:\nObject 'DB.S.T' does not exist or not authorized.";
        assert_eq!(
            presentable(Some("002003"), message),
            "SQL compilation error: Object 'DB.S.T' does not exist or not authorized."
        );
        assert_eq!(presentable(None, &"é".repeat(600)).chars().count(), 501);
    }
}
