//! The row encoder: finds each column's value in the record's text and writes the row. Not for single values.

use std::sync::Arc;

use singer_protocol::{RecordText, Shape};

use super::json_scan::ABSENT;
use super::key_index::{KeyIndex, RowNote};
use super::metadata_fields::MetadataField;
use super::number::{Precision, write_count};
use super::problem::{RecordProblem, RecordProblemKind};
use super::size::{fit, least_limit};
use super::value::{Value, write_number_key, write_value};
use crate::columns::{ColumnKind, ColumnSource, StreamColumns};
use crate::metadata_columns::{MetadataColumn, RowMetadata};
use crate::record_check::RecordCheck;

/// Turns records of one stream into CSV rows. Keeps its buffers from row to row; one per stream.
#[derive(Debug)]
pub struct RowEncoder {
    columns: Arc<StreamColumns>,
    keys: KeyIndex,
    fields: Vec<Field>,
    notes: Vec<RowNote>,
    batched_at_milliseconds: i64,
    /// What the schema demands beside what the columns do.
    check: Option<Arc<RecordCheck>>,
}

/// What writing a row needs to know of a column, side by side with those of the others.
#[derive(Debug)]
struct Field {
    /// Its position in the columns.
    position: usize,
    property: String,
    kind: ColumnKind,
    content: Content,
    is_key: bool,
    /// As the column says.
    refuses_rounding: bool,
    /// One of both: there is more to look at than whether the value was written.
    is_strict: bool,
    /// The user was told of its lost digits or characters.
    is_noted: bool,
}

#[derive(Debug)]
enum Content {
    OfRecord,
    OfMetadata(MetadataColumn, Box<MetadataField>),
}

impl RowEncoder {
    /// An encoder for rows of these columns.
    pub fn new(columns: Arc<StreamColumns>) -> Self {
        Self {
            keys: KeyIndex::new(&columns.columns),
            fields: fields(&columns),
            notes: Vec::new(),
            batched_at_milliseconds: 0,
            columns,
            check: None,
        }
    }

    /// Refuses records from now on that are not what the schema says.
    pub fn set_check(&mut self, check: Option<Arc<RecordCheck>>) {
        self.check = check;
    }

    /// Begins a batch with a record's metadata: it begins when that was received. Gives what all rows of the batch have in
    /// columns that are not written (`Column::is_of_batch`): positions of columns, and text that the columns' casts read.
    ///
    /// # Errors
    /// A column that somebody made cannot hold its value.
    pub fn begin_batch(&mut self, metadata: &RowMetadata<'_>) -> Result<Vec<(usize, String)>, RecordProblem> {
        self.batched_at_milliseconds = metadata.received_at_milliseconds;
        let columns = self.columns.columns.iter().enumerate();
        let of_batch = columns.filter_map(|(position, column)| match column.source {
            ColumnSource::Metadata(source) if column.is_of_batch() => Some((position, column, source)),
            _ => None,
        });
        of_batch
            .map(|(position, column, source)| {
                let mut field = MetadataField::default();
                let csv = field.csv(source, column.kind, metadata, self.batched_at_milliseconds);
                let csv = csv.ok_or_else(|| RecordProblem {
                    stream: self.columns.stream.clone(),
                    kind: misfit(&column.property, column.kind, "another value"),
                })?;
                Ok((position, text_of_field(csv)))
            })
            .collect()
    }

    /// Appends one CSV row for `record` to `row`: the row number, then every column, then a line feed.
    ///
    /// Of a key that comes twice in the record the last value counts, as for JSON readers.
    ///
    /// # Errors
    /// The record cannot be written without loss, or lacks a key; `row` is as it was before.
    pub fn encode(
        &mut self,
        record: RecordText<'_>,
        metadata: &RowMetadata<'_>,
        row_number: u64,
        row: &mut Vec<u8>,
    ) -> Result<(), RecordProblem> {
        let begin = row.len();
        self.keys.look_at(&record);
        let written = self
            .check_record(record)
            .and_then(|()| self.write_row(record, metadata, row_number, row));
        written.map_err(|kind| {
            row.truncate(begin);
            RecordProblem {
                stream: self.columns.stream.clone(),
                kind,
            }
        })
    }

    /// A column's value in the record that was encoded last, as it stands in its text.
    pub(crate) fn value_of<'t>(&self, column: usize, record: &RecordText<'t>) -> Option<(&'t [u8], Shape)> {
        let place = &record.members().get(self.keys.member_of(column)?)?.value;
        Some((record.text().as_bytes().get(place.range.clone())?, place.shape))
    }

    /// What there is to say since the last call; each note comes once in the encoder's life.
    pub fn take_notes(&mut self) -> Vec<RowNote> {
        let mut notes = self.keys.take_notes();
        notes.append(&mut self.notes);
        notes
    }

    fn check_record(&self, record: RecordText<'_>) -> Result<(), RecordProblemKind> {
        let Some(check) = &self.check else { return Ok(()) };
        let text = record.text().as_bytes();
        let member = |column| record.members().get(self.keys.member_of(column)?);
        check
            .check(text, |column| member(column).map(|member| &member.value))
            .map_err(RecordProblemKind::Invalid)?;
        let is_strict = self.keys.has_other_keys() && check.forbids_others();
        let other = is_strict.then(|| RecordCheck::first_other_key(text, &self.columns));
        other
            .flatten()
            .map_or(Ok(()), |violation| Err(RecordProblemKind::Invalid(violation)))
    }

    fn write_row(
        &mut self,
        record: RecordText<'_>,
        metadata: &RowMetadata<'_>,
        row_number: u64,
        row: &mut Vec<u8>,
    ) -> Result<(), RecordProblemKind> {
        let (text, members) = (record.text().as_bytes(), record.members());
        write_count(row_number, row);
        let settings = &self.columns.settings;
        let rules = settings.value_rules();
        let is_large = text.len() > least_limit(settings);
        for field in &mut self.fields {
            row.push(b',');
            let begin = row.len();
            match &mut field.content {
                Content::OfRecord => {
                    let member = self.keys.member_of(field.position);
                    let member = member.and_then(|member| members.get(member));
                    let value = Value::of_record(text, member.map_or(&ABSENT, |member| &member.value));
                    let precision = if field.is_key && field.kind == ColumnKind::Text && value.shape == Shape::Number {
                        write_number_key(value.text, row).map(|()| Precision::Kept)
                    } else {
                        write_value(field.kind, value, rules, row)
                    };
                    let precision = precision.ok_or_else(|| misfit(&field.property, field.kind, value.shape.name()))?;
                    let is_done = precision == Precision::Kept && !field.is_strict && !is_large;
                    if is_done {
                        continue;
                    }
                    if field.is_key && precision == Precision::Lost {
                        // Two keys could become one.
                        let found = "a number with more digits than a double keeps";
                        return Err(misfit(&field.property, field.kind, found));
                    }
                    if field.refuses_rounding && value.is_rounded() {
                        let key = field.property.clone();
                        return Err(RecordProblemKind::Rounded { key });
                    }
                    let is_cut = is_large && fit(&field.property, field.kind, value, settings, begin, row)?;
                    let is_changed = precision != Precision::Kept && !field.refuses_rounding;
                    if (is_changed || is_cut) && !field.is_noted {
                        field.is_noted = true;
                        self.notes.push(note(&field.property, is_cut, precision));
                    }
                }
                Content::OfMetadata(source, made) => {
                    let csv = made.csv(*source, field.kind, metadata, self.batched_at_milliseconds);
                    row.extend_from_slice(csv.ok_or_else(|| misfit(&field.property, field.kind, "another value"))?);
                    if made.is_no_time() && !field.is_noted {
                        field.is_noted = true;
                        self.notes.push(RowNote::NoTime);
                    }
                }
            }
            if field.is_key && row.len() == begin && !settings.allows_null_keys {
                return Err(RecordProblemKind::MissingKey {
                    key: field.property.clone(),
                });
            }
        }
        row.push(b'\n');
        Ok(())
    }
}

/// The fields of a row: all columns but those that are the same in a whole batch.
fn fields(columns: &StreamColumns) -> Vec<Field> {
    let written = columns
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| !column.is_of_batch());
    written
        .map(|(position, column)| Field {
            position,
            property: column.property.clone(),
            kind: column.kind,
            content: match column.source {
                ColumnSource::Property | ColumnSource::Metadata(MetadataColumn::DeletedAt) => Content::OfRecord,
                ColumnSource::Metadata(source) => Content::OfMetadata(source, Box::default()),
            },
            is_key: columns.key_columns.contains(&position),
            refuses_rounding: column.refuses_rounding,
            is_strict: columns.key_columns.contains(&position) || column.refuses_rounding,
            is_noted: false,
        })
        .collect()
}

/// What a CSV field says.
fn text_of_field(csv: &[u8]) -> String {
    let text = String::from_utf8_lossy(csv);
    match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inside) => inside.replace("\"\"", "\""),
        None => text.into_owned(),
    }
}

fn note(property: &str, is_cut: bool, precision: Precision) -> RowNote {
    let key = property.to_owned();
    match precision {
        _ if is_cut => RowNote::CutText { key },
        Precision::Quoted => RowNote::QuotedNumber { key },
        Precision::Kept | Precision::Lost => RowNote::RoundedNumber { key },
    }
}

fn misfit(property: &str, column: ColumnKind, found: &'static str) -> RecordProblemKind {
    RecordProblemKind::Value {
        key: property.to_owned(),
        column,
        found,
    }
}

#[cfg(test)]
mod tests;
