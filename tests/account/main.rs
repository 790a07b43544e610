//! What only a real Snowflake account can prove. `scripts/test-account` runs it on the account that the environment names;
//! without that it runs on the local Snowflake server, so that it is known to work when an account is at hand.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a check stops at the first surprise, and a person reads what it found"
)]

mod account;
mod cutting_relay;
mod loads;
mod protocol;
mod stages;

use std::panic::{AssertUnwindSafe, catch_unwind};

use account::Account;

type Check = (&'static str, fn(&Account));

/// In the order in which they are run.
const CHECKS: [Check; 9] = [
    ("values of every kind come back as they were", loads::values_come_back),
    ("merged and added rows, twice", loads::merged_and_added_rows),
    (
        "answers that are lost change nothing",
        loads::lost_answers_change_nothing,
    ),
    ("further ways to log in", loads::further_log_ins),
    (
        "states of transactions, told to another session",
        protocol::states_of_transactions,
    ),
    ("codes of refusals", protocol::codes_of_refusals),
    (
        "a statement longer than the server holds an answer back",
        protocol::a_long_statement,
    ),
    ("encrypted and unencrypted stages", stages::both_encryptions),
    ("a file in parts", stages::a_file_in_parts),
];

#[test]
fn what_only_an_account_can_prove() {
    let account = Account::of_environment();
    println!("on {}, in the schema {}", account.name(), account.schema());
    let mut failed = Vec::new();
    for (name, check) in CHECKS {
        // One that fails says why by itself; the others are run all the same.
        let outcome = catch_unwind(AssertUnwindSafe(|| check(&account)));
        println!("{} {name}", if outcome.is_ok() { "ok    " } else { "FAILED" });
        failed.extend(outcome.is_err().then_some(name));
    }
    account.leave();
    assert!(failed.is_empty(), "failed: {failed:?}");
}
