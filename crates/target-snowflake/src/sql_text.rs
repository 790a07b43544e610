//! SQL that users write into settings: several statements in one text, cut at their semicolons. Not for SQL of our own.

/// The statements of a text, without those that are empty. Semicolons in quotes, `$$` bodies and comments cut nothing.
pub(crate) fn split_statements(text: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let mut rest = text;
    let mut statement = String::new();
    while let Some(character) = rest.chars().next() {
        if character == ';' {
            statements.push(std::mem::take(&mut statement));
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let length = whole_length(rest).unwrap_or(character.len_utf8());
        let (taken, left) = rest.split_at_checked(length).unwrap_or((rest, ""));
        statement.push_str(taken);
        rest = left;
    }
    statements.push(statement);
    let trimmed = statements.iter().map(|statement| statement.trim());
    trimmed.filter(|text| has_code(text)).map(str::to_owned).collect()
}

/// The length of a quoted text or comment at the beginning, in bytes; one without an end goes to the text's end.
fn whole_length(text: &str) -> Option<usize> {
    let [open, close] = [
        ["'", "'"],
        ["\"", "\""],
        ["$$", "$$"],
        ["--", "\n"],
        ["//", "\n"],
        ["/*", "*/"],
    ]
    .into_iter()
    .find(|[open, _]| text.starts_with(open))?;
    let mut at = open.len();
    loop {
        let inner = text.get(at..).unwrap_or_default();
        // A backslash takes the next character's meaning, in texts only. Doubled quotes are two texts side by side.
        let escape = if open == "'" { inner.find('\\') } else { None };
        let end = inner.find(close);
        match (escape, end) {
            (Some(escape), Some(end)) if escape < end => {
                let escaped = inner.get(escape + 1..).and_then(|after| after.chars().next());
                at += escape + 1 + escaped.map_or(0, char::len_utf8);
            }
            (_, Some(end)) => return Some(at + end + close.len()),
            (_, None) => return Some(text.len()),
        }
    }
}

/// True when there is more than blanks and comments.
fn has_code(text: &str) -> bool {
    let mut rest = text.trim_start();
    while rest.starts_with("--") || rest.starts_with("//") || rest.starts_with("/*") {
        let length = whole_length(rest).unwrap_or(rest.len());
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    !rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_semicolons_of_their_own() {
        let cut = split_statements(
            "DELETE FROM a WHERE x = 'it''s; \\'so;'; ; SELECT \";\" -- no;\n, $$;$$ /* ; */;\n-- end;\n",
        );
        assert_eq!(
            cut,
            [
                "DELETE FROM a WHERE x = 'it''s; \\'so;'",
                "SELECT \";\" -- no;\n, $$;$$ /* ; */"
            ]
        );
        assert_eq!(split_statements(" ; -- only words"), [""; 0]);
        assert_eq!(split_statements("SELECT 'open; ü"), ["SELECT 'open; ü"]);
    }
}
