//! The next thing to try for the codes that users meet most. Codes are Snowflake's; the advice is ours.

/// Codes and what to do about them. `tests/wire/hints.rs` has the twenty that loaders meet most and sees each of them told.
const HINTS: &[(&[&str], &str)] = &[
    (
        &["000604", "000630"],
        "it was stopped by a time limit or by someone; see the query id in Snowflake's query history",
    ),
    (&["000606"], "set a warehouse and grant the role USAGE on it"),
    (
        &["000608"],
        "the warehouse is suspended and does not resume by itself: resume it, or set its AUTO_RESUME",
    ),
    (
        &["000625"],
        "too many statements wait for the same table; load it from one program at a time",
    ),
    (
        &["000904"],
        "a column is not there, or is spelled in another case: was the table changed by somebody else meanwhile?",
    ),
    (
        &["001003"],
        "this is a fault of the program that wrote the statement; please report it with the query id",
    ),
    (
        &["002003", "002043"],
        "check the name and its case, and that the role may use the database, the schema and the object",
    ),
    (
        &["003001", "003041"],
        "grant the missing privilege to the role, or set a role that has it",
    ),
    (
        &["090073", "090109"],
        "the warehouse cannot run: look at its resource monitor, or at whether it is suspended for good",
    ),
    (
        &["100035", "100037", "100038", "100040", "100046"],
        "a value does not fit the type of its column",
    ),
    (
        &["100039", "100132"],
        "a number has more digits than its column; widen the column",
    ),
    (
        &["100069", "100183"],
        "a value that goes into a VARIANT column is not JSON, or is larger than such a column can be",
    ),
    (
        &["100074", "100078"],
        "a text is longer than its column; widen the column",
    ),
    (
        &["100080"],
        "a file has another number of columns than was announced: this is a fault of the program that wrote it, please report it",
    ),
    (&["100090"], "two source rows have the same key"),
    (
        &["390100", "390101"],
        "check user and password; a user of TYPE = SERVICE cannot use a password, give it a key pair",
    ),
    (
        &["390120", "390122", "390123", "390126", "390127", "390129"],
        "the user has multi-factor authentication: set passcode, or give a program's user a key pair",
    ),
    (
        &["394507"],
        "a passcode is good for half a minute and for one log-in: take the one shown now, and check this machine's clock",
    ),
    (
        &["394508"],
        "set passcode to what the authenticator app shows, or give a program's user a key pair",
    ),
    (
        &["390303", "390318"],
        "get a new OAuth access token, and check that its user and role are those of the settings",
    ),
    (&["390195"], "log in with the browser once more"),
    (
        &["394400"],
        "check the programmatic access token: whether it has expired, is of this user, and a network policy applies to the user",
    ),
    (
        &[
            "390144", "394300", "394301", "394302", "394303", "394304", "394305", "394306",
        ],
        "compare the fingerprint with RSA_PUBLIC_KEY_FP of DESCRIBE USER, the user and account names, and the clock of this machine",
    ),
    (
        &["390189"],
        "the role does not exist or is not granted to the user: GRANT ROLE … TO USER …",
    ),
    (
        &["390201"],
        "the database, schema or warehouse of the settings does not exist, or the role may not use it",
    ),
    (
        &["390104", "390111", "390112", "390113", "390114", "390115"],
        "log in anew; what the session held is gone",
    ),
    (
        &["390420", "390422"],
        "a network policy refuses this machine's address; have it allowed",
    ),
    (
        &["390702", "390913"],
        "the user is disabled or locked; ask an administrator",
    ),
];

/// Advice for a code, if there is any.
pub(crate) fn hint_for(code: &str) -> Option<&'static str> {
    let found = HINTS.iter().find(|(codes, _)| codes.contains(&code));
    found.map(|(_, hint)| *hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_code_is_there_twice() {
        let mut codes: Vec<&str> = HINTS.iter().flat_map(|(codes, _)| codes.iter().copied()).collect();
        let count = codes.len();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }
}
