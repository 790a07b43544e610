//! The settings of the warehouse. What is done with it is `load/warehouse.rs`.

use connector_process::Settings;
use snowflake_client::Identifier;

use crate::load::{NewWarehouse, WarehouseOptions};

/// From what a new warehouse is billed for at least to a day.
const AUTO_SUSPEND_SECONDS: std::ops::RangeInclusive<i64> = 60..=86_400;

/// Which warehouse, and what may be done about it.
pub(super) fn warehouse(settings: &mut Settings) -> WarehouseOptions {
    let name = settings.text("warehouse").map(|written| spelled(&written));
    let name = match name.map(Identifier::new).transpose() {
        Ok(name) => name,
        Err(problem) => {
            settings.problem("warehouse", problem.to_string());
            None
        }
    };
    let seconds = super::within(settings, "warehouse_auto_suspend_seconds", AUTO_SUSPEND_SECONDS);
    let new = settings.boolean("warehouse_create").then(|| NewWarehouse {
        size: settings.text("warehouse_size").unwrap_or_default(),
        auto_suspend_seconds: seconds,
    });
    if new.is_some() && name.is_none() {
        settings.problem("warehouse_create", "needs the name in `warehouse`");
    }
    WarehouseOptions {
        name,
        new,
        resumes: settings.boolean("warehouse_resume"),
    }
}

/// As the log-in reads the name: in any case, or quoted and exact.
fn spelled(written: &str) -> String {
    let quoted = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    quoted.map_or_else(|| written.to_uppercase(), |name| name.replace("\"\"", "\""))
}
