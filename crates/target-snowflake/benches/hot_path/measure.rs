//! Clock, CPU time and memory of this process, from /proc. Not for other systems than Linux.

use std::fs;
use std::io;
use std::time::Instant;

/// What a piece of work cost.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) wall_seconds: f64,
    /// Over all threads.
    pub(crate) cpu_seconds: f64,
}

/// Runs the work and says what it cost.
pub(crate) fn measure<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<(Cost, T)> {
    let (cpu, wall) = (cpu_seconds()?, Instant::now());
    let result = work()?;
    Ok((
        Cost {
            wall_seconds: wall.elapsed().as_secs_f64(),
            cpu_seconds: cpu_seconds()? - cpu,
        },
        result,
    ))
}

/// The cheapest of several runs: the others were disturbed.
pub(crate) fn best_of(runs: usize, mut work: impl FnMut() -> io::Result<Cost>) -> io::Result<Cost> {
    let mut best = work()?;
    for _ in 1..runs {
        let cost = work()?;
        best.wall_seconds = best.wall_seconds.min(cost.wall_seconds);
        best.cpu_seconds = best.cpu_seconds.min(cost.cpu_seconds);
    }
    Ok(best)
}

/// The most memory this process has had at once, in MiB.
pub(crate) fn peak_memory_mebibytes() -> io::Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap_or_default();
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().map_err(io::Error::other)?;
    Ok(kibibytes / 1024.0)
}

/// User and system time of all threads, those that have ended included. The kernel counts in hundredths of a second.
fn cpu_seconds() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The second field is the program's name in parentheses and may hold spaces; times are fields 14 and 15.
    let fields = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(11)
        .take(2);
    let ticks: u64 = fields
        .map(str::parse::<u64>)
        .sum::<Result<_, _>>()
        .map_err(io::Error::other)?;
    Ok(ticks as f64 / 100.0)
}
