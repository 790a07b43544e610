//! What the sweep loads, in two parts with a STATE after each, and what must be in the tables afterwards. One load merges
//! by key and adds, with a column that comes in between; the other removes, changes a column's type and replaces a table.

use serde_json::{Value, json};
use test_support::messages::{record_line, schema_line, state_line};
use test_support::program_output::ProgramOutput;

/// Rows of a table as text, in order.
pub(super) type Rows = Vec<Vec<Option<String>>>;

/// Messages, and what they make of the tables.
pub(super) struct SweepLoad {
    /// What is there before the load; `SCHEMA` stands for the schema, also in the selects.
    pub(super) before: &'static [&'static str],
    /// The messages after the STATE of that part; 0 for all.
    pub(super) input_after: fn(u64) -> String,
    /// What is looked at afterwards.
    pub(super) selects: &'static [&'static str],
    /// What must be there.
    pub(super) undisturbed: fn() -> Vec<Rows>,
}

/// ORDERS is merged by key, EVENTS is added to; two batches of each.
pub(super) static ADDED_AND_MERGED: SweepLoad = SweepLoad {
    before: &[],
    input_after,
    selects: &[
        "SELECT * FROM SCHEMA.ORDERS ORDER BY ID",
        "SELECT NUMBER, NOTE FROM SCHEMA.EVENTS ORDER BY NUMBER",
    ],
    undisturbed: || vec![orders_after(LAST_STATE), events_after(LAST_STATE)],
};

/// PEOPLE has rows that are removed and a column that becomes text; all rows of SNAPSHOTS are replaced.
pub(super) static CHANGED_AND_REPLACED: SweepLoad = SweepLoad {
    before: &[
        "CREATE TABLE SCHEMA.SNAPSHOTS (ID NUMBER(38, 0), NAME VARCHAR)",
        "INSERT INTO SCHEMA.SNAPSHOTS VALUES (1, 'old'), (9, 'old')",
    ],
    input_after: changes_after,
    selects: &[
        "SELECT ID, AGE FROM SCHEMA.PEOPLE ORDER BY ID",
        "SELECT ID, NAME FROM SCHEMA.SNAPSHOTS ORDER BY ID",
    ],
    undisturbed: || {
        vec![
            texts(&[["1", "31"], ["3", "forty"]]),
            texts(&[["1", "new"], ["2", "new"], ["3", "new"], ["4", "new"]]),
        ]
    },
};

fn texts(rows: &[[&str; 2]]) -> Rows {
    rows.iter()
        .map(|row| row.iter().map(|&cell| Some(cell.to_owned())).collect())
        .collect()
}

fn changes_after(part: u64) -> String {
    let deleted = json!({ "type": ["null", "string"], "format": "date-time" });
    let people = |age: &str| json!({ "id": { "type": "integer" }, "age": { "type": age }, "_sdc_deleted_at": deleted });
    let snapshots = json!({ "id": { "type": "integer" }, "name": { "type": "string" } });
    let snapshot = |id: u64| record_line("snapshots", &json!({ "id": id, "name": "new" }));
    // Rows of a replaced table count when the run ends well, so no STATE before is of use: the whole is read again.
    assert!(
        part == 0 || part == LAST_STATE,
        "a STATE came out before the table was replaced"
    );
    if part == LAST_STATE {
        return String::new();
    }
    let mut text = schema_line("people", &people("integer"), &["id"]) + &schema_line("snapshots", &snapshots, &["id"]);
    for (id, age) in [(1, 30), (2, 20), (3, 40)] {
        text += &record_line("people", &json!({ "id": id, "age": age }));
    }
    text += &(1..=3).map(snapshot).collect::<String>();
    text += &state_line(&json!({ "done": 1 }));
    text += &schema_line("people", &people("string"), &["id"]);
    for person in [
        json!({ "id": 1, "age": "31" }),
        json!({ "id": 2, "age": "20", "_sdc_deleted_at": "2026-01-01T00:00:00Z" }),
        json!({ "id": 3, "age": "forty" }),
    ] {
        text += &record_line("people", &person);
    }
    text + &snapshot(4) + &state_line(&json!({ "done": LAST_STATE }))
}

/// `{"done": n}` is the STATE after part n.
pub(super) const LAST_STATE: u64 = 2;

/// So many rows of a stream make a batch.
pub(super) const BATCH_ROWS: u64 = 3;

/// (id, value) of the merged stream in each part.
const ORDERS: [[(u64, u64); 3]; 2] = [[(1, 10), (2, 20), (3, 30)], [(2, 21), (3, 31), (4, 41)]];
/// Numbers of the added stream in each part.
const EVENTS: [[u64; 3]; 2] = [[1, 2, 3], [4, 5, 6]];

fn input_after(part: u64) -> String {
    let mut orders = json!({ "id": { "type": "integer" }, "value": { "type": "integer" } });
    let events = json!({ "number": { "type": "integer" }, "note": { "type": ["null", "string"] } });
    let mut text = String::new();
    for (number, (order_rows, event_rows)) in (1..).zip(ORDERS.iter().zip(EVENTS)) {
        if number <= part {
            continue;
        }
        if number > 1 {
            orders = json!({
                "id": { "type": "integer" }, "value": { "type": "integer" }, "remark": { "type": ["null", "string"] },
            });
        }
        text += &schema_line("orders", &orders, &["id"]);
        text += &schema_line("events", &events, &[]);
        for ((id, value), event) in order_rows.iter().zip(event_rows) {
            text += &record_line("orders", &order(number, *id, *value));
            text += &record_line(
                "events",
                &json!({ "number": event, "note": format!("event \"{event}\"\n") }),
            );
        }
        text += &state_line(&json!({ "done": number }));
    }
    text
}

fn order(part: u64, id: u64, value: u64) -> Value {
    match part {
        1 => json!({ "id": id, "value": value }),
        _ => json!({ "id": id, "value": value, "remark": format!("part {part}") }),
    }
}

fn orders_after(part: u64) -> Rows {
    let mut newest = std::collections::BTreeMap::new();
    for (number, rows) in (1..=part).zip(&ORDERS) {
        newest.extend(rows.iter().map(|(id, value)| (*id, (*value, number))));
    }
    let remark = |number: u64| (number > 1).then(|| format!("part {number}"));
    newest
        .into_iter()
        .map(|(id, (value, number))| vec![Some(id.to_string()), Some(value.to_string()), remark(number)])
        .collect()
}

fn events_after(part: u64) -> Rows {
    let numbers = (1..=part).zip(&EVENTS).flat_map(|(_, numbers)| numbers);
    numbers
        .map(|number| vec![Some(number.to_string()), Some(format!("event \"{number}\"\n"))])
        .collect()
}

/// The STATE lines are those of the input, in order; gives the part of the last one.
pub(super) fn check_states(output: &ProgramOutput) -> Result<u64, String> {
    let mut last = 0;
    for line in output.stdout_lines() {
        let state: Value = serde_json::from_str(&line).map_err(|_| format!("no STATE on stdout: {line:?}"))?;
        match state.get("done").and_then(Value::as_u64) {
            Some(done) if done > last && done <= LAST_STATE => last = done,
            _ => return Err(format!("the STATE {line:?} after part {last}")),
        }
    }
    Ok(last)
}

/// A load that ended well has left everything, once.
pub(super) fn check_complete(load: &SweepLoad, output: &ProgramOutput, tables: &[Rows]) -> Result<(), String> {
    if check_states(output)? != LAST_STATE {
        return Err("the last STATE did not come out".to_owned());
    }
    check_tables(load, tables)
}

/// The tables are what an undisturbed load makes of them.
pub(super) fn check_tables(load: &SweepLoad, tables: &[Rows]) -> Result<(), String> {
    let expected = (load.undisturbed)();
    (load.selects.iter().zip(&expected).zip(tables))
        .try_for_each(|((select, expected), found)| same(select, found, expected))
}

/// What the STATE of that part covers is in ORDERS and EVENTS, whatever else is.
pub(super) fn check_covers(tables: &[Rows], part: u64) -> Result<(), String> {
    let [orders, events] = tables else {
        return Err(format!("two tables, not {}", tables.len()));
    };
    let value = |row: &Vec<Option<String>>| Some((row.first()?.clone()?, row.get(1)?.clone()?));
    for (id, least) in orders_after(part).iter().filter_map(value) {
        // A later part may be in already; its values are greater.
        if !orders
            .iter()
            .filter_map(value)
            .any(|(found, value)| found == id && value >= least)
        {
            return Err(format!("STATE {part} is out and order {id} is not in: {orders:?}"));
        }
    }
    let missing = events_after(part).into_iter().find(|row| !events.contains(row));
    missing.map_or(Ok(()), |row| {
        Err(format!("STATE {part} is out and event {row:?} is not in: {events:?}"))
    })
}

/// ORDERS and EVENTS after runs that began after these parts: merged rows as ever; added rows all there, and no more often
/// than runs have read them.
pub(super) fn check_run_again(tables: &[Rows], begun_after: &[u64]) -> Result<(), String> {
    check_covers(tables, LAST_STATE)?;
    let [orders, events] = tables else {
        return Err(format!("two tables, not {}", tables.len()));
    };
    same("ORDERS", orders, &orders_after(LAST_STATE))?;
    for part in 1..=LAST_STATE {
        let reads = begun_after.iter().filter(|begun| **begun < part).count();
        let rows = events_after(part);
        for row in rows.iter().filter(|row| !events_after(part - 1).contains(row)) {
            let times = events.iter().filter(|other| *other == row).count();
            if times > reads {
                return Err(format!(
                    "event {row:?} was read {reads} times and is there {times} times"
                ));
            }
        }
    }
    let mut distinct = events.clone();
    distinct.dedup();
    same("EVENTS", &distinct, &events_after(LAST_STATE))
}

fn same(table: &str, found: &Rows, expected: &Rows) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{table} is {found:?}, not {expected:?}"))
}
