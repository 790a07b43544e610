//! What is done about a column whose type cannot take a stream's values: the SQL of each policy. Pure; which columns those
//! are is `table_changes.rs`, running it is `table_preparation.rs`.

use jiff::Timestamp;
use snowflake_client::{Identifier, IdentifierProblem, QualifiedName};

use super::table_statements;
use crate::columns::{ColumnKind, ExistingType, IdentifierCase, TimestampType, column_name};

/// A change of one column's type by way of a second column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conversion {
    /// What the column is in the end.
    pub(crate) kind: ColumnKind,
    /// Makes the second column and fills it.
    pub(crate) fill: Vec<String>,
    /// Counts the rows that lost something; without it the cast is known to lose nothing.
    pub(crate) count_losses: Option<String>,
    /// Puts the second column in the place of the first.
    pub(crate) finish: Vec<String>,
    /// Drops the second column, when it lost something.
    pub(crate) undo: String,
    /// What to do then.
    pub(crate) otherwise: Option<Box<Conversion>>,
}

/// The name of the second column, while a conversion goes on.
pub(crate) fn interim_name(column: &str) -> String {
    column_name(&format!("{column}__SDC_NEW"), IdentifierCase::Preserve)
}

/// A kind that takes the old values and the new, and the cast to it; `None` when there is no such cast.
struct Cast {
    kind: ColumnKind,
    expression: String,
    /// An expression that is the old value again, for casts that may lose digits.
    back: Option<String>,
}

/// Changes the column's type and keeps every value: to the wanted kind where it takes all old values, else to VARCHAR, or
/// VARIANT for what is structured. `type_name` is the existing type's name in SHOW COLUMNS.
pub(crate) fn conversion(
    table: &QualifiedName,
    column: &Identifier,
    existing: (ExistingType, &str),
    wanted: ColumnKind,
) -> Result<Option<Conversion>, IdentifierProblem> {
    let interim = Identifier::new(interim_name(column.as_str()))?;
    let build = |cast: &Cast, otherwise: Option<Box<Conversion>>| Conversion {
        kind: cast.kind,
        fill: vec![
            table_statements::add_columns(table, &[(interim.clone(), cast.kind.sql_type())]),
            format!(
                "UPDATE {table} SET {interim} = {} WHERE {column} IS NOT NULL",
                cast.expression
            ),
        ],
        count_losses: cast.back.as_ref().map(|back| {
            format!(
                "SELECT COUNT(*) AS LOST FROM {table} WHERE {column} IS NOT NULL AND NOT EQUAL_NULL({back}, {column})"
            )
        }),
        finish: vec![
            table_statements::drop_column(table, column),
            table_statements::rename_column(table, &interim, column),
        ],
        undo: table_statements::drop_column(table, &interim),
        otherwise,
    };
    let Some(cast) = cast_to(existing, wanted, column, &interim) else {
        return Ok(None);
    };
    let exact = cast.back.is_some().then(|| Box::new(build(&to_variant(column), None)));
    Ok(Some(build(&cast, exact)))
}

fn to_variant(column: &Identifier) -> Cast {
    Cast {
        kind: ColumnKind::Variant,
        expression: format!("TO_VARIANT({column})"),
        back: None,
    }
}

fn cast_to(
    (existing, type_name): (ExistingType, &str),
    wanted: ColumnKind,
    column: &Identifier,
    interim: &Identifier,
) -> Option<Cast> {
    let exact = |kind: ColumnKind, expression: String| {
        Some(Cast {
            kind,
            expression,
            back: None,
        })
    };
    let text = |expression: String| exact(ColumnKind::Text, expression);
    match (existing, wanted) {
        (ExistingType::Other, _) => {
            let is_structured = ["OBJECT", "ARRAY", "MAP"].contains(&type_name.to_ascii_uppercase().as_str());
            is_structured.then(|| to_variant(column))
        }
        (_, ColumnKind::Variant) => Some(to_variant(column)),
        (ExistingType::Date, ColumnKind::Timestamp(_)) => {
            exact(wanted, format!("CAST({column} AS {})", wanted.sql_type()))
        }
        (
            ExistingType::Number { precision, scale },
            ColumnKind::Decimal {
                precision: wanted_precision,
                scale: wanted_scale,
            },
        ) => {
            let whole = precision
                .saturating_sub(scale)
                .max(wanted_precision.saturating_sub(wanted_scale));
            let needed = whole.saturating_add(wanted_scale);
            if needed > 38 {
                return text(format!("TO_VARCHAR({column})"));
            }
            let kind = ColumnKind::Decimal {
                precision: needed,
                scale: wanted_scale,
            };
            exact(kind, format!("CAST({column} AS {})", kind.sql_type()))
        }
        (ExistingType::Number { .. } | ExistingType::Boolean, _) => text(format!("TO_VARCHAR({column})")),
        // Ten digits in plain text, more by way of VARIANT: whether all are there is only known afterwards.
        (ExistingType::Float, _) => Some(Cast {
            kind: ColumnKind::Text,
            expression: format!(
                "IFF(TRY_TO_DOUBLE(TO_VARCHAR({column})) = {column}, TO_VARCHAR({column}), TO_VARCHAR(TO_VARIANT({column})))"
            ),
            back: Some(format!("TRY_TO_DOUBLE({interim})")),
        }),
        (ExistingType::Date, _) => text(format!("TO_VARCHAR({column}, 'YYYY-MM-DD')")),
        (ExistingType::Time, _) => text(format!("TO_VARCHAR({column}, 'HH24:MI:SS.FF9')")),
        (ExistingType::Timestamp(TimestampType::Ntz), _) => {
            text(format!("TO_VARCHAR({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF9')"))
        }
        (ExistingType::Timestamp(_), _) => {
            text(format!("TO_VARCHAR({column}, 'YYYY-MM-DD\"T\"HH24:MI:SS.FF9TZH:TZM')"))
        }
        (ExistingType::Binary, _) => text(format!("TO_VARCHAR({column}, 'HEX')")),
        // These take everything as they are.
        (ExistingType::Text { .. } | ExistingType::Variant, _) => None,
    }
}

/// The name that PipelineWise's target gives a column of an old type; with a number when it is taken.
pub(crate) fn version_name(column: &str, now: Timestamp, is_taken: impl Fn(&str) -> bool) -> String {
    let name = format!("{column}_{}", now.strftime("%Y%m%d_%H%M"));
    let mut candidate = column_name(&name, IdentifierCase::Preserve);
    let mut number = 2;
    while is_taken(&candidate) {
        candidate = column_name(&format!("{name}_{number}"), IdentifierCase::Preserve);
        number += 1;
    }
    candidate
}

/// Every ending that `split_name` gives.
const SPLIT_ENDINGS: [&str; 10] = ["i", "n", "f", "b", "s", "x", "d", "h", "t", "v"];

/// The name of the second column for values of this kind.
pub(crate) fn split_name(column: &str, kind: ColumnKind, case: IdentifierCase) -> String {
    let ending = match kind {
        ColumnKind::Integer => "i",
        ColumnKind::Decimal { .. } => "n",
        ColumnKind::Float => "f",
        ColumnKind::Boolean => "b",
        ColumnKind::Text => "s",
        ColumnKind::Binary => "x",
        ColumnKind::Date => "d",
        ColumnKind::Time => "h",
        ColumnKind::Timestamp(_) => "t",
        ColumnKind::Variant => "v",
    };
    with_ending(column, ending, case)
}

/// Every second column that the column may have.
pub(crate) fn split_names(column: &str, case: IdentifierCase) -> impl Iterator<Item = String> {
    SPLIT_ENDINGS
        .iter()
        .map(move |ending| with_ending(column, ending, case))
}

fn with_ending(column: &str, ending: &str, case: IdentifierCase) -> String {
    let ending = match case {
        IdentifierCase::Lower | IdentifierCase::Preserve => ending.to_owned(),
        IdentifierCase::Upper | IdentifierCase::Snake => ending.to_uppercase(),
    };
    column_name(&format!("{column}__{ending}"), IdentifierCase::Preserve)
}

#[cfg(test)]
mod tests;
