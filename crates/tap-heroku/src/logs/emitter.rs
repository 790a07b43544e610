//! From a log entry to its records: one in `log_lines`, and one in the typed stream its content belongs to. Decides
//! nothing about which entries are new.

use std::borrow::Cow;
use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use connector_process::Failure;
use heroku_logs::{Content, ContentProblem, LogEntry, without_signatures};

use crate::logs::filter::LineFilter;
use crate::logs::gaps::{Gap, GapReason, GapWriter};
use crate::logs::ledger::Place;
use crate::logs::records::{DynoRecord, LineHead, LineRecord, RouterRecord, process_type};
use crate::logs::settings::LogSettings;
use crate::output::{self, Output};

pub(crate) const LOG_LINES: &str = "log_lines";
pub(crate) const ROUTER_REQUESTS: &str = "router_requests";
pub(crate) const DYNO_METRICS: &str = "dyno_metrics";
pub(crate) const LOG_GAPS: &str = "log_gaps";

/// The log streams in the order their SCHEMAs are written.
pub(crate) const STREAMS: [&str; 4] = [LOG_LINES, ROUTER_REQUESTS, DYNO_METRICS, LOG_GAPS];

/// Where lines come from and whose they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin<'a> {
    /// `session`, `file` or `stdin`.
    pub(crate) kind: &'static str,
    pub(crate) app_id: Option<&'a str>,
    pub(crate) app_name: Option<&'a str>,
    /// Path of the file, for files.
    pub(crate) file_path: Option<&'a str>,
    /// What keeps equal lines of different apps apart in ids: the app's name, because files know no id.
    pub(crate) scope: &'a str,
}

impl<'a> Origin<'a> {
    /// A log file of an app, when it is known which.
    pub(crate) fn file(path: &'a str, app_name: Option<&'a str>, app_id: Option<&'a str>) -> Origin<'a> {
        Origin {
            kind: "file",
            app_id,
            app_name,
            file_path: Some(path),
            scope: app_name.unwrap_or_default(),
        }
    }
}

/// Writes the records of entries.
#[derive(Debug)]
pub(crate) struct Emitter {
    filter: LineFilter,
    keeps_signatures: bool,
    selected: [bool; 4],
    extracted_at: String,
    pub(crate) gaps: GapWriter,
}

impl Emitter {
    /// An emitter for what `output` has selected.
    pub(crate) fn new<W: Write>(settings: &LogSettings, output: &Output<W>) -> Emitter {
        let selected = STREAMS.map(|stream| output.is_selected(stream));
        Emitter {
            filter: settings.filter.clone(),
            keeps_signatures: settings.keeps_signatures,
            selected,
            extracted_at: output::now(),
            gaps: GapWriter::default(),
        }
    }

    /// True when no log stream is selected.
    pub(crate) fn has_nothing_to_do(&self) -> bool {
        self.selected.iter().all(|is_selected| !is_selected)
    }

    /// True when another record could still be written; false in a `--test` run that has one. It does not wait for
    /// streams that may get none: the first that is selected decides.
    pub(crate) fn wants_more<W: Write>(output: &Output<W>) -> bool {
        let first = STREAMS.iter().find(|stream| output.is_selected(stream));
        first.is_some_and(|stream| output.wants_more(stream))
    }

    /// Notes the time for the records to come. Called per chunk of input, not per line.
    pub(crate) fn take_time(&mut self) {
        self.extracted_at = output::now();
    }

    /// Writes the records of one entry.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn emit<W: Write>(
        &mut self,
        output: &mut Output<W>,
        origin: &Origin<'_>,
        entry: &LogEntry<'_>,
        place: Place,
    ) -> Result<(), Failure> {
        let bytes = match self.keeps_signatures {
            true => Cow::Borrowed(entry.message),
            false => without_signatures(entry.message),
        };
        let message = String::from_utf8_lossy(&bytes);
        let (content, problem) = match (entry.source, entry.piece) {
            (Some(source), 0) => {
                // Typed messages are one line; what follows is not theirs.
                let line = message.split('\n').next().unwrap_or_default();
                Content::parse(source, entry.process.unwrap_or_default(), line)
            }
            _ => (Content::Text, None),
        };
        // What was lost concerns all lines, also when the line that says so is not wanted.
        if let Content::Loss(report) = &content {
            let gap = Gap::reported(origin, report, entry.time, place.id);
            self.gaps.write(output, &gap)?;
        }
        if !self.filter.accepts(entry) {
            return Ok(());
        }
        let [lines, requests, metrics, _] = self.selected;
        let head = LineHead {
            id: place.id,
            app_id: origin.app_id,
            app_name: origin.app_name,
            time: entry.time,
            sequence: place.sequence,
        };
        if lines {
            // Owned means that something was replaced.
            let raw_base64 = matches!(message, Cow::Owned(_)).then(|| STANDARD.encode(&bytes));
            let record = line_record(head, origin, entry, &message, raw_base64, problem);
            output.typed_record(LOG_LINES, &record, &self.extracted_at)?;
        }
        match &content {
            Content::RouterRequest(request) if requests => {
                output.typed_record(ROUTER_REQUESTS, &RouterRecord::new(head, request), &self.extracted_at)
            }
            Content::DynoMetrics(numbers) if metrics => {
                output.typed_record(DYNO_METRICS, &DynoRecord::new(head, numbers), &self.extracted_at)
            }
            _ => Ok(()),
        }
    }

    /// Writes a row about lines that are missing.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn gap<W: Write>(&mut self, output: &mut Output<W>, gap: &Gap<'_>) -> Result<(), Failure> {
        debug_assert_ne!(gap.reason, GapReason::Reported, "those come from lines");
        self.gaps.write(output, gap)
    }
}

fn line_record<'a>(
    head: LineHead<'a>,
    origin: &Origin<'a>,
    entry: &LogEntry<'a>,
    message: &'a str,
    raw_base64: Option<String>,
    problem: Option<ContentProblem>,
) -> LineRecord<'a> {
    LineRecord {
        id: head.id,
        app_id: head.app_id,
        app_name: head.app_name,
        timestamp: head.time,
        sequence: head.sequence,
        source: entry.source,
        process: entry.process,
        process_type: entry.process.map(process_type),
        message,
        is_parsed: entry.problem.is_none(),
        parse_problem: entry
            .problem
            .map(|problem| problem.name())
            .or(problem.map(ContentProblem::name)),
        piece: (entry.piece > 0).then_some(entry.piece),
        raw_base64,
        origin: origin.kind,
        file_path: origin.file_path,
        file_offset: origin.file_path.is_some().then_some(entry.offset),
    }
}
