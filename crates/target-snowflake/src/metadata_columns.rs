//! The seven `_SDC_…` columns that MeltanoLabs' target adds: names, kinds and what each holds. Not for formatting.

use crate::columns::{ColumnKind, ColumnSettings};

/// One of the columns added to every table while `add_record_metadata` is on (MeltanoLabs' default).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetadataColumn {
    /// The RECORD message's `time_extracted`, or NULL.
    ExtractedAt,
    /// When the target read the record.
    ReceivedAt,
    /// When the record's batch began.
    BatchedAt,
    /// The record's own `_sdc_deleted_at`, or NULL.
    DeletedAt,
    /// When the target read the record, in milliseconds since 1970.
    Sequence,
    /// The RECORD message's `version`, or NULL.
    TableVersion,
    /// When the target started, in milliseconds since 1970.
    SyncStartedAt,
}

impl MetadataColumn {
    /// All of them, in table order.
    pub const ALL: [Self; 7] = [
        Self::ExtractedAt,
        Self::ReceivedAt,
        Self::BatchedAt,
        Self::DeletedAt,
        Self::Sequence,
        Self::TableVersion,
        Self::SyncStartedAt,
    ];

    /// The name in records and schemas, in lower case.
    pub fn property(self) -> &'static str {
        match self {
            Self::ExtractedAt => "_sdc_extracted_at",
            Self::ReceivedAt => "_sdc_received_at",
            Self::BatchedAt => "_sdc_batched_at",
            Self::DeletedAt => "_sdc_deleted_at",
            Self::Sequence => "_sdc_sequence",
            Self::TableVersion => "_sdc_table_version",
            Self::SyncStartedAt => "_sdc_sync_started_at",
        }
    }

    /// Whether all rows of a batch have the same value, so that it stands in the statement and not in the files.
    pub fn is_of_batch(self) -> bool {
        matches!(self, Self::BatchedAt | Self::SyncStartedAt)
    }

    /// The column that a record's or schema's property names, in any case.
    pub fn from_property(property: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|column| column.property().eq_ignore_ascii_case(property))
    }

    /// The column's kind: timestamps follow the settings, the rest are integers.
    pub fn kind(self, settings: &ColumnSettings) -> ColumnKind {
        match self {
            Self::ExtractedAt | Self::ReceivedAt | Self::BatchedAt | Self::DeletedAt => settings.timestamp_kind(),
            Self::Sequence | Self::TableVersion | Self::SyncStartedAt => ColumnKind::Integer,
        }
    }
}

/// What the run loop knows about a record beside its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowMetadata<'a> {
    /// When the line was read, in milliseconds since 1970 (UTC). One clock reading per some records is good enough.
    pub received_at_milliseconds: i64,
    /// When the target started, in milliseconds since 1970 (UTC).
    pub sync_started_at_milliseconds: i64,
    /// The RECORD message's `time_extracted`.
    pub time_extracted: Option<&'a str>,
    /// The RECORD message's `version`.
    pub table_version: Option<i64>,
}
