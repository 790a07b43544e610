//! Lines that are known or feared to be missing: a row in `log_gaps`, a warning, a count. Whether something is missing
//! is found out elsewhere.

use std::io::Write;

use connector_process::{Failure, Metric, MetricValue};
use heroku_logs::{LogTime, LossCode, LossReport};

use crate::logs::emitter::{LOG_GAPS, Origin};
use crate::logs::identity::LineId;
use crate::logs::records::GapRecord;
use crate::output::{self, Output};

/// Why lines are or may be missing. The names go into records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GapReason {
    /// Heroku's buffer of 1,500 lines was full and held none of the lines of the last run.
    WindowOutrun,
    /// The window held lines of the last run, but too few, or too many equal ones, to be sure that none is missing.
    OverlapUncertain,
    /// The last run was more than a week ago, after which Heroku drops a buffer.
    HistoryExpired,
    /// The buffer was not full and yet held none of the lines of the last run, or the session said that it was emptied.
    HistoryDiscarded,
    /// A Fir app: Heroku keeps no log history for it.
    FirNoHistory,
    /// A line of the log (L10 to L13) says that lines were dropped.
    Reported,
    /// A file was replaced by another before its end was read, and the old one is not among the files.
    FileReplaced,
    /// A file was cut shorter than what was read of it.
    FileTruncated,
}

impl GapReason {
    fn name(self) -> &'static str {
        match self {
            GapReason::WindowOutrun => "window_outrun",
            GapReason::OverlapUncertain => "overlap_uncertain",
            GapReason::HistoryExpired => "history_expired",
            GapReason::HistoryDiscarded => "history_discarded",
            GapReason::FirNoHistory => "fir_no_history",
            GapReason::Reported => "reported",
            GapReason::FileReplaced => "file_replaced",
            GapReason::FileTruncated => "file_truncated",
        }
    }

    /// What is known, for the row and the warning.
    fn detail(self) -> &'static str {
        match self {
            GapReason::WindowOutrun => {
                "more lines were written since the last run than the 1500 that Heroku keeps; run more often"
            }
            GapReason::OverlapUncertain => {
                "the lines that Heroku keeps hardly reach back to the last run; run more often"
            }
            GapReason::HistoryExpired => {
                "the last run was more than a week ago, and Heroku drops the lines of an app that was quiet for a week"
            }
            GapReason::HistoryDiscarded => "Heroku no longer has lines that it had in the last run",
            GapReason::FirNoHistory => {
                "Heroku keeps no log history for apps of the Fir generation; their lines are not read"
            }
            GapReason::Reported => "Heroku's log system reports that it dropped lines",
            GapReason::FileReplaced => {
                "the file was replaced, and what was written to the old one after the last run is not among log_files"
            }
            GapReason::FileTruncated => "the file is shorter than what was read of it; it is read again from its start",
        }
    }
}

/// One stretch of missing lines.
#[derive(Debug, Clone)]
pub(crate) struct Gap<'a> {
    pub(crate) reason: GapReason,
    pub(crate) app_id: Option<&'a str>,
    pub(crate) app_name: Option<&'a str>,
    pub(crate) file_path: Option<&'a str>,
    /// The newest line read before.
    pub(crate) from: Option<LogTime>,
    /// The first line read after.
    pub(crate) to: Option<LogTime>,
    pub(crate) lost_lines: Option<u64>,
    pub(crate) code: Option<LossCode>,
    pub(crate) line_id: Option<LineId>,
    /// Makes the row's id differ from that of other gaps of the app.
    pub(crate) mark: String,
}

impl<'a> Gap<'a> {
    /// A gap that was found, not reported by a line. `mark` says which one it is: reading on from the same state gives
    /// the same mark and so the same row.
    pub(crate) fn found(reason: GapReason, origin: &Origin<'a>, mark: String) -> Gap<'a> {
        let (app_id, app_name, file_path) = (origin.app_id, origin.app_name, origin.file_path);
        Gap {
            reason,
            app_id,
            app_name,
            file_path,
            from: None,
            to: None,
            lost_lines: None,
            code: None,
            line_id: None,
            mark,
        }
    }

    /// A gap that a line reports.
    pub(crate) fn reported(
        origin: &Origin<'a>,
        report: &LossReport<'_>,
        time: Option<LogTime>,
        line_id: LineId,
    ) -> Gap<'a> {
        Gap {
            from: report.since.and_then(LogTime::parse),
            to: time,
            lost_lines: report.lost_lines,
            code: Some(report.code),
            line_id: Some(line_id),
            ..Gap::found(GapReason::Reported, origin, line_id.as_str().to_owned())
        }
    }
}

impl Gap<'_> {
    /// What is known, for the row and the warning.
    fn detail(&self) -> &'static str {
        match self.code {
            Some(LossCode::DrainBufferOverflow) => {
                "a log drain of the app was too slow; the lines are missing from that drain only"
            }
            _ => self.reason.detail(),
        }
    }
}

/// Writes gaps and counts them.
#[derive(Debug, Default)]
pub(crate) struct GapWriter {
    gaps: u64,
    lost_lines: u64,
    reports: u64,
}

/// A flooded drain writes a report every few seconds: after so many warnings only their sum is said.
const REPORTS_WARNED_OF: u64 = 5;

impl GapWriter {
    /// Writes the row, when `log_gaps` is selected, and the warning, always.
    ///
    /// # Errors
    /// When stdout is closed or full.
    pub(crate) fn write<W: Write>(&mut self, output: &mut Output<W>, gap: &Gap<'_>) -> Result<(), Failure> {
        self.gaps += 1;
        self.lost_lines += gap.lost_lines.unwrap_or_default();
        let whose = gap.app_name.or(gap.file_path).unwrap_or("standard input");
        let count = gap.lost_lines.map_or("lines may be missing".to_owned(), |count| {
            format!("{count} lines are missing")
        });
        let code = gap.code.map(|code| format!(" ({})", code.name())).unwrap_or_default();
        self.reports += u64::from(gap.reason == GapReason::Reported);
        let level = if self.reports > REPORTS_WARNED_OF {
            log::Level::Debug
        } else {
            log::Level::Warn
        };
        log::log!(level, "log of {whose}: {count}: {}{code}", gap.detail());
        let (from, to) = (
            gap.from.map(|time| time.to_string()),
            gap.to.map(|time| time.to_string()),
        );
        let detected_at = output::now();
        let scope = gap.app_id.or(gap.app_name).unwrap_or_default();
        let record = GapRecord {
            id: LineId::of_parts(&[
                "gap",
                scope,
                gap.file_path.unwrap_or_default(),
                gap.reason.name(),
                &gap.mark,
            ]),
            app_id: gap.app_id,
            app_name: gap.app_name,
            detected_at: &detected_at,
            reason: gap.reason.name(),
            from_timestamp: from.as_deref(),
            to_timestamp: to.as_deref(),
            lost_lines: gap.lost_lines,
            code: gap.code.map(LossCode::name),
            line_id: gap.line_id,
            file_path: gap.file_path,
            detail: gap.detail(),
        };
        output.typed_record(LOG_GAPS, &record, &detected_at)
    }

    /// Writes the metric line, when there were gaps.
    pub(crate) fn log_counts(&self) {
        if self.reports > REPORTS_WARNED_OF {
            log::warn!(
                "the logs hold {} reports of dropped lines, {} lines in all: see log_gaps",
                self.reports,
                self.lost_lines
            );
        }
        if self.gaps > 0 {
            Metric::new("log_gap_count", MetricValue::Counter(self.gaps))
                .tag("lost_lines", self.lost_lines)
                .log();
        }
    }
}
