//! The `_SDC_…` fields, kept as finished CSV from row to row: a thousand rows of the same millisecond cost one formatting.
//! Not for `_SDC_DELETED_AT`, which comes from the record.

use singer_protocol::Shape;

use super::value::{Value, write_value};
use crate::columns::{ColumnKind, DatetimeTreatment, ValueRules};
use crate::date_time::{Moment, write_timestamp};
use crate::metadata_columns::{MetadataColumn, RowMetadata};

/// One metadata column's last field and what it was made from.
#[derive(Debug, Default)]
pub(crate) struct MetadataField {
    made_from: Source,
    csv: Vec<u8>,
    /// The message's text is no time; the field is NULL.
    is_no_time: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Source {
    #[default]
    Nothing,
    Number(i64),
    Text(String),
}

impl MetadataField {
    /// The column's CSV field for this row. `None` when its value does not fit the column's kind.
    pub(crate) fn csv(
        &mut self,
        column: MetadataColumn,
        kind: ColumnKind,
        metadata: &RowMetadata<'_>,
        batched_at_milliseconds: i64,
    ) -> Option<&[u8]> {
        match column {
            MetadataColumn::ExtractedAt => self.text(kind, metadata.time_extracted)?,
            MetadataColumn::ReceivedAt => self.instant(kind, metadata.received_at_milliseconds)?,
            MetadataColumn::BatchedAt => self.instant(kind, batched_at_milliseconds)?,
            MetadataColumn::Sequence => self.number(kind, Some(metadata.received_at_milliseconds))?,
            MetadataColumn::SyncStartedAt => self.number(kind, Some(metadata.sync_started_at_milliseconds))?,
            MetadataColumn::TableVersion => self.number(kind, metadata.table_version)?,
            MetadataColumn::DeletedAt => self.number(kind, None)?,
        }
        Some(&self.csv)
    }

    /// Whether the field is NULL because what the message has is no time. It says nothing about the record, so it does not
    /// keep it away.
    pub(crate) fn is_no_time(&self) -> bool {
        self.is_no_time
    }

    fn text(&mut self, kind: ColumnKind, text: Option<&str>) -> Option<()> {
        let Some(text) = text else { return self.null() };
        if matches!(&self.made_from, Source::Text(made_from) if made_from == text) {
            return Some(());
        }
        // A date-time needs no escape; what does is no date-time.
        let literal = serde_json::to_string(text).ok()?;
        let has_escape = literal.contains('\\');
        let value = Value::alone(literal.as_bytes(), Shape::String { has_escape });
        if self.write(kind, value).is_none() {
            self.null();
            self.is_no_time = true;
        }
        self.made_from = Source::Text(text.to_owned());
        Some(())
    }

    fn instant(&mut self, kind: ColumnKind, milliseconds: i64) -> Option<()> {
        if self.made_from == Source::Number(milliseconds) {
            return Some(());
        }
        let mut moment = Moment::from_milliseconds(milliseconds)?;
        if let ColumnKind::Timestamp { digits, .. } = kind {
            // The clock is the target's own: what a column made by somebody else does not show is no loss.
            moment.time = moment.time.cut_to(digits);
        }
        let mut literal = vec![b'"'];
        write_timestamp(moment, &mut literal);
        literal.extend_from_slice(b"Z\"");
        let value = Value::alone(&literal, Shape::String { has_escape: false });
        self.write(kind, value)?;
        self.made_from = Source::Number(milliseconds);
        Some(())
    }

    fn number(&mut self, kind: ColumnKind, number: Option<i64>) -> Option<()> {
        let Some(number) = number else { return self.null() };
        if self.made_from == Source::Number(number) {
            return Some(());
        }
        let text = number.to_string();
        let value = Value::alone(text.as_bytes(), Shape::Number);
        self.write(kind, value)?;
        self.made_from = Source::Number(number);
        Some(())
    }

    fn null(&mut self) -> Option<()> {
        self.csv.clear();
        self.made_from = Source::Nothing;
        self.is_no_time = false;
        Some(())
    }

    fn write(&mut self, kind: ColumnKind, value: Value<'_>) -> Option<()> {
        self.null();
        let rules = ValueRules {
            datetime_treatment: DatetimeTreatment::Error,
            ..ValueRules::default()
        };
        write_value(kind, value, rules, &mut self.csv).map(|_| ())
    }
}
