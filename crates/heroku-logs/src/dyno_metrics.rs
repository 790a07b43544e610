//! The runtime metrics of a dyno (`log-runtime-metrics`): two lines about every 20 seconds, one with load averages and
//! one with memory. Metrics of add-ons have the same form and are not read here.

use crate::samples::{self, Sample, SampleKind};

/// Bytes of a megabyte in Heroku's figures (512.00MB is the quota of a dyno with 512 MiB).
const BYTES_PER_MEGABYTE: f64 = 1_048_576.0;

/// The numbers of one line; what the line does not have is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DynoMetrics<'a> {
    /// Name of the dyno, such as `web.1` (`source=`).
    pub dyno: Option<&'a str>,
    /// Identity of the running dyno: `heroku.<number of the app>.<uuid>` (`dyno=`). A restarted dyno has a new one.
    pub instance: Option<&'a str>,
    /// Load average over 1 minute.
    pub load_avg_1m: Option<f64>,
    /// Load average over 5 minutes.
    pub load_avg_5m: Option<f64>,
    /// Load average over 15 minutes.
    pub load_avg_15m: Option<f64>,
    /// Resident memory, disk cache and swap together, in megabytes of 1,048,576 bytes, as all sizes here.
    pub memory_total_mb: Option<f64>,
    /// Memory in RAM.
    pub memory_rss_mb: Option<f64>,
    /// Memory used as disk cache.
    pub memory_cache_mb: Option<f64>,
    /// Memory on disk.
    pub memory_swap_mb: Option<f64>,
    /// The memory above which Heroku writes R14.
    pub memory_quota_mb: Option<f64>,
    /// Pages written to disk, since the dyno started.
    pub memory_pgpgout_pages: Option<f64>,
    /// Pages read from disk, since the dyno started.
    pub memory_pgpgin_pages: Option<f64>,
    /// Samples of other names or in a unit that does not fit their name.
    pub extra: Vec<Sample<'a>>,
}

impl<'a> DynoMetrics<'a> {
    /// Reads a message. `None` when it is not the metrics of a dyno: no `dyno=heroku.…` or no sample.
    pub fn parse(message: &'a str) -> Option<DynoMetrics<'a>> {
        if !message.contains("sample#") {
            return None;
        }
        let mut metrics = DynoMetrics::default();
        let mut has_sample = false;
        for word in message.split_ascii_whitespace() {
            let Some((key, value)) = word.split_once('=') else {
                continue;
            };
            match key {
                "source" => metrics.dyno = Some(value),
                "dyno" => metrics.instance = Some(value),
                _ => {
                    if let Some(sample) = samples::sample(key, value) {
                        has_sample = true;
                        metrics.take(sample);
                    }
                }
            }
        }
        let is_of_dyno = metrics.instance.is_some_and(|instance| instance.starts_with("heroku."));
        (is_of_dyno && has_sample).then_some(metrics)
    }

    /// The UUID in [`instance`](Self::instance).
    pub fn instance_id(&self) -> Option<&'a str> {
        self.instance?
            .strip_prefix("heroku.")?
            .split_once('.')
            .map(|(_, id)| id)
    }

    fn take(&mut self, sample: Sample<'a>) {
        let (field, value) = match sample.name {
            "load_avg_1m" => (&mut self.load_avg_1m, plain(&sample)),
            "load_avg_5m" => (&mut self.load_avg_5m, plain(&sample)),
            "load_avg_15m" => (&mut self.load_avg_15m, plain(&sample)),
            "memory_total" => (&mut self.memory_total_mb, megabytes(&sample)),
            "memory_rss" => (&mut self.memory_rss_mb, megabytes(&sample)),
            "memory_cache" => (&mut self.memory_cache_mb, megabytes(&sample)),
            "memory_swap" => (&mut self.memory_swap_mb, megabytes(&sample)),
            "memory_quota" => (&mut self.memory_quota_mb, megabytes(&sample)),
            "memory_pgpgin" => (&mut self.memory_pgpgin_pages, pages(&sample)),
            "memory_pgpgout" => (&mut self.memory_pgpgout_pages, pages(&sample)),
            _ => return self.extra.push(sample),
        };
        match value {
            Some(value) if sample.kind == SampleKind::Sample && field.is_none() => *field = Some(value),
            _ => self.extra.push(sample),
        }
    }
}

fn plain(sample: &Sample<'_>) -> Option<f64> {
    sample.unit.is_none().then_some(sample.value)
}

fn pages(sample: &Sample<'_>) -> Option<f64> {
    matches!(sample.unit, None | Some("pages")).then_some(sample.value)
}

fn megabytes(sample: &Sample<'_>) -> Option<f64> {
    match sample.unit? {
        "MB" => Some(sample.value),
        "GB" => Some(sample.value * 1024.0),
        "kB" | "KB" => Some(sample.value / 1024.0),
        "B" | "bytes" => Some(sample.value / BYTES_PER_MEGABYTE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTANCE: &str = "heroku.271828182.0b0b5a6e-9f6d-4a44-8b9f-1d2c3e4f5a6b";

    #[test]
    fn memory_line() {
        let message = format!(
            "source=worker.2 dyno={INSTANCE} sample#memory_total=301.25MB sample#memory_rss=298.00MB sample#memory_cache=3.25MB \
             sample#memory_swap=0.00MB sample#memory_pgpgin=1200pages sample#memory_pgpgout=800pages sample#memory_quota=1.00GB \
             sample#memory_new=7things"
        );
        let metrics = DynoMetrics::parse(&message).unwrap();
        assert_eq!(metrics.dyno, Some("worker.2"));
        assert_eq!(metrics.instance, Some(INSTANCE));
        assert_eq!(metrics.instance_id(), Some("0b0b5a6e-9f6d-4a44-8b9f-1d2c3e4f5a6b"));
        assert_eq!(metrics.memory_total_mb, Some(301.25));
        assert_eq!(metrics.memory_quota_mb, Some(1024.0));
        assert_eq!(metrics.memory_pgpgin_pages, Some(1200.0));
        assert_eq!(metrics.memory_swap_mb, Some(0.0));
        assert_eq!(metrics.load_avg_1m, None);
        assert_eq!(metrics.extra.len(), 1);
        assert_eq!(
            (metrics.extra[0].name, metrics.extra[0].unit),
            ("memory_new", Some("things"))
        );
    }

    #[test]
    fn load_line() {
        let message = format!(
            "source=web.1 dyno={INSTANCE} sample#load_avg_1m=0.52 sample#load_avg_5m=0.31 sample#load_avg_15m=0.10"
        );
        let metrics = DynoMetrics::parse(&message).unwrap();
        let loads = (metrics.load_avg_1m, metrics.load_avg_5m, metrics.load_avg_15m);
        assert_eq!(loads, (Some(0.52), Some(0.31), Some(0.1)));
        assert_eq!(metrics.memory_total_mb, None);
    }

    #[test]
    fn other_metrics_are_not_of_a_dyno() {
        for message in [
            "source=DATABASE addon=a sample#tables=3",
            "source=web.1 dyno=heroku.1.x",
            "dyno=web.1 sample#a=1",
            "hello",
        ] {
            assert_eq!(DynoMetrics::parse(message), None, "{message}");
        }
    }
}
