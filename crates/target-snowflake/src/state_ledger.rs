//! Which STATE may be printed: the newest one all of whose earlier records are committed. Pure bookkeeping; knows
//! neither what a STATE says nor how records are loaded.

use std::collections::VecDeque;

/// Index of a stream in the run, counted from 0 in order of first appearance.
pub(crate) type StreamIndex = usize;

/// Remembers what was read before each STATE, and what is durable.
///
/// Records of a stream are numbered from 1. They become durable in units: [`seal`](Self::seal) ends a unit. Memory is
/// proportional to the units that are not durable, not to the number of records or STATEs: of two STATEs with no
/// beginning of a unit between them, only the newer can ever be wanted.
#[derive(Debug)]
pub(crate) struct StateLedger<S> {
    /// Records of all streams so far: the one clock that STATEs and units are placed on.
    clock: u64,
    streams: Vec<StreamUnits>,
    /// STATEs that are not printed, oldest first, each with the clock at its arrival.
    waiting: VecDeque<(u64, S)>,
    /// The clock at the beginning of the newest unit.
    newest_unit: u64,
}

#[derive(Debug, Default)]
struct StreamUnits {
    recorded: u64,
    /// The clock at the first record of the open unit.
    open: Option<u64>,
    sealed: VecDeque<Unit>,
}

#[derive(Debug)]
struct Unit {
    first_on_clock: u64,
    last_number: u64,
}

impl StreamUnits {
    /// The clock at the first record that is not durable.
    fn first_outstanding(&self) -> Option<u64> {
        self.sealed.front().map(|unit| unit.first_on_clock).or(self.open)
    }
}

impl<S> StateLedger<S> {
    /// Nothing read, nothing durable.
    pub(crate) fn new() -> Self {
        Self {
            clock: 0,
            streams: Vec::new(),
            waiting: VecDeque::new(),
            newest_unit: 0,
        }
    }

    /// The number that the stream's next record will have.
    pub(crate) fn next_number(&self, stream: StreamIndex) -> u64 {
        self.streams.get(stream).map_or(0, |units| units.recorded) + 1
    }

    /// True when every record of the stream is durable.
    pub(crate) fn is_settled(&self, stream: StreamIndex) -> bool {
        let units = self.streams.get(stream);
        units.is_none_or(|units| units.first_outstanding().is_none())
    }

    /// Counts a record of the stream and gives its number in the stream, from 1.
    pub(crate) fn record(&mut self, stream: StreamIndex) -> u64 {
        self.clock += 1;
        if stream >= self.streams.len() {
            self.streams.resize_with(stream + 1, StreamUnits::default);
        }
        let Some(units) = self.streams.get_mut(stream) else {
            return 0;
        };
        units.recorded += 1;
        if units.open.is_none() {
            units.open = Some(self.clock);
            self.newest_unit = self.clock;
        }
        units.recorded
    }

    /// Ends the open unit of the stream: its records become durable together.
    pub(crate) fn seal(&mut self, stream: StreamIndex) {
        if let Some(units) = self.streams.get_mut(stream)
            && let Some(first_on_clock) = units.open.take()
        {
            units.sealed.push_back(Unit {
                first_on_clock,
                last_number: units.recorded,
            });
        }
    }

    /// Takes a STATE; gives the newest one that is safe now, if there is a new one.
    pub(crate) fn state(&mut self, value: S) -> Option<S> {
        if self
            .waiting
            .back()
            .is_some_and(|(arrival, _)| *arrival >= self.newest_unit)
        {
            self.waiting.pop_back();
        }
        self.waiting.push_back((self.clock, value));
        self.newest_safe()
    }

    /// All sealed units of the stream up to record `number` are committed; gives the newest STATE that is safe now, if
    /// there is a new one. A number in the middle of a unit says nothing about that unit.
    pub(crate) fn durable(&mut self, stream: StreamIndex, number: u64) -> Option<S> {
        let units = self.streams.get_mut(stream)?;
        while units.sealed.front().is_some_and(|unit| unit.last_number <= number) {
            units.sealed.pop_front();
        }
        self.newest_safe()
    }

    fn newest_safe(&mut self) -> Option<S> {
        let first_outstanding = self
            .streams
            .iter()
            .filter_map(StreamUnits::first_outstanding)
            .min()
            .unwrap_or(u64::MAX);
        let safe = self
            .waiting
            .partition_point(|(arrival, _)| *arrival < first_outstanding);
        let newest = safe.checked_sub(1)?;
        self.waiting.drain(..newest);
        self.waiting.pop_front().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests;
