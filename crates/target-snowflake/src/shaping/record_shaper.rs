//! The steps from a stream's records to those that are loaded. Keeps its buffers from record to record.

use super::flatten_record::flatten_record;
use super::flatten_schema::FlatteningPlan;
use super::problem::ShapeProblem;
use super::record_map::RecordMap;

/// Shapes the records of one stream.
#[derive(Debug, Default)]
pub(crate) struct RecordShaper {
    steps: Vec<Step>,
    shaped: Vec<u8>,
    previous: Vec<u8>,
}

/// One change of a record.
#[derive(Debug)]
pub(crate) enum Step {
    Map(RecordMap),
    Flatten { plan: FlatteningPlan, separator: String },
}

impl RecordShaper {
    /// Adds a step behind those there are.
    pub(crate) fn add(&mut self, step: Step) {
        self.steps.push(step);
    }

    /// True when records stay as they are.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The record's text after all steps.
    pub(crate) fn shape<'a>(&'a mut self, record: &'a [u8]) -> Result<&'a [u8], ShapeProblem> {
        let Self {
            steps,
            shaped,
            previous,
        } = self;
        for (number, step) in steps.iter_mut().enumerate() {
            std::mem::swap(shaped, previous);
            let text = if number == 0 { record } else { previous.as_slice() };
            match step {
                Step::Map(map) => map.apply(text, shaped)?,
                Step::Flatten { plan, separator } => flatten_record(text, plan, separator, shaped)?,
            }
        }
        Ok(if steps.is_empty() { record } else { shaped })
    }
}
