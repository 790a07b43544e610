//! What the sweep loads: a stream that is merged by key and one that is added to, two batches of each, a column that
//! comes in between. And what must be in the tables afterwards.

use serde_json::{Value, json};
use test_support::messages::{record_line, schema_line, state_line};
use test_support::program_output::ProgramOutput;

/// Rows of a table as text, in order.
pub(super) type Rows = Vec<Vec<Option<String>>>;

/// `{"done": n}` is the STATE after part n.
pub(super) const LAST_STATE: u64 = 2;

/// So many rows of a stream make a batch.
pub(super) const BATCH_ROWS: u64 = 3;

/// (id, value) of the merged stream in each part.
const ORDERS: [[(u64, u64); 3]; 2] = [[(1, 10), (2, 20), (3, 30)], [(2, 21), (3, 31), (4, 41)]];
/// Numbers of the added stream in each part.
const EVENTS: [[u64; 3]; 2] = [[1, 2, 3], [4, 5, 6]];

/// The messages after the STATE of that part; 0 for all.
pub(super) fn input_after(part: u64) -> String {
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

/// ORDERS by id and EVENTS by number, as a load leaves them that nothing disturbs.
pub(super) fn undisturbed_rows() -> (Rows, Rows) {
    (orders_after(LAST_STATE), events_after(LAST_STATE))
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
pub(super) fn check_complete(output: &ProgramOutput, rows: &(Rows, Rows)) -> Result<(), String> {
    if check_states(output)? != LAST_STATE {
        return Err("the last STATE did not come out".to_owned());
    }
    same("ORDERS", &rows.0, &undisturbed_rows().0)?;
    same("EVENTS", &rows.1, &undisturbed_rows().1)
}

/// What the STATE of that part covers is in the tables, whatever else is.
pub(super) fn check_covers(rows: &(Rows, Rows), part: u64) -> Result<(), String> {
    let value = |row: &Vec<Option<String>>| Some((row.first()?.clone()?, row.get(1)?.clone()?));
    for (id, least) in orders_after(part).iter().filter_map(value) {
        // A later part may be in already; its values are greater.
        if !rows
            .0
            .iter()
            .filter_map(value)
            .any(|(found, value)| found == id && value >= least)
        {
            return Err(format!("STATE {part} is out and order {id} is not in: {:?}", rows.0));
        }
    }
    let missing = events_after(part).into_iter().find(|row| !rows.1.contains(row));
    missing.map_or(Ok(()), |row| {
        Err(format!("STATE {part} is out and event {row:?} is not in: {:?}", rows.1))
    })
}

/// No row is in a table twice.
pub(super) fn check_no_doubles(rows: &(Rows, Rows)) -> Result<(), String> {
    let all = || rows.0.iter().chain(&rows.1);
    let doubled = all().find(|row| all().filter(|other| other == row).count() > 1);
    doubled.map_or(Ok(()), |row| Err(format!("the row {row:?} is doubled")))
}

/// After a second run from the STATE of that part: merged rows as ever; added rows all there, and doubled only those
/// after that STATE.
pub(super) fn check_run_again(rows: &(Rows, Rows), part: u64) -> Result<(), String> {
    same("ORDERS", &rows.0, &undisturbed_rows().0)?;
    check_covers(rows, LAST_STATE)?;
    let covered = events_after(part);
    for (index, row) in rows.1.iter().enumerate() {
        if covered.contains(row) && rows.1.iter().skip(index + 1).any(|other| other == row) {
            return Err(format!("event {row:?} was covered by STATE {part} and is doubled"));
        }
    }
    let mut distinct = rows.1.clone();
    distinct.dedup();
    same("EVENTS", &distinct, &undisturbed_rows().1)
}

fn same(table: &str, found: &Rows, expected: &Rows) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{table} is {found:?}, not {expected:?}"))
}
