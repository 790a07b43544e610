//! Which lines are wanted, by source and process. Applied after everything was read: Heroku's own filters work on the
//! last lines only and would hide what was lost.

use globset::{Glob, GlobSet, GlobSetBuilder};
use heroku_logs::LogEntry;

/// Globs for the two names in a line's prefix. A line without prefix always passes: what it is cannot be told.
#[derive(Debug, Clone, Default)]
pub(crate) struct LineFilter {
    sources: NameFilter,
    processes: NameFilter,
}

/// Included and, after `!`, excluded names.
#[derive(Debug, Clone, Default)]
struct NameFilter {
    included: Option<GlobSet>,
    excluded: Option<GlobSet>,
}

impl LineFilter {
    /// Makes a filter of two lists of globs.
    ///
    /// # Errors
    /// A text that names the bad glob.
    pub(crate) fn new(sources: &[String], processes: &[String]) -> Result<LineFilter, String> {
        Ok(LineFilter {
            sources: NameFilter::new(sources)?,
            processes: NameFilter::new(processes)?,
        })
    }

    pub(crate) fn accepts(&self, entry: &LogEntry<'_>) -> bool {
        match entry.source {
            None => true,
            Some(source) => self.sources.accepts(source) && self.processes.accepts(entry.process.unwrap_or_default()),
        }
    }
}

impl NameFilter {
    fn new(globs: &[String]) -> Result<NameFilter, String> {
        let (excluded, included): (Vec<&str>, Vec<&str>) =
            globs.iter().map(String::as_str).partition(|glob| glob.starts_with('!'));
        Ok(NameFilter {
            included: glob_set(included)?,
            excluded: glob_set(excluded.into_iter().map(|glob| glob.trim_start_matches('!')))?,
        })
    }

    fn accepts(&self, name: &str) -> bool {
        self.included.as_ref().is_none_or(|set| set.is_match(name))
            && !self.excluded.as_ref().is_some_and(|set| set.is_match(name))
    }
}

fn glob_set<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<Option<GlobSet>, String> {
    let mut builder = GlobSetBuilder::new();
    let mut is_empty = true;
    for glob in globs {
        builder.add(Glob::new(glob).map_err(|problem| format!("`{glob}` is not a valid pattern: {}", problem.kind()))?);
        is_empty = false;
    }
    if is_empty {
        return Ok(None);
    }
    builder.build().map(Some).map_err(|problem| problem.kind().to_string())
}

#[cfg(test)]
mod tests {
    use heroku_logs::{EntryAssembler, RawLine};

    use super::*;

    fn passes(sources: &[&str], processes: &[&str], line: &str) -> bool {
        let owned = |globs: &[&str]| globs.iter().map(|glob| (*glob).to_owned()).collect::<Vec<_>>();
        let filter = LineFilter::new(&owned(sources), &owned(processes)).unwrap();
        let mut assembler = EntryAssembler::new();
        assembler.push(RawLine {
            bytes: line.as_bytes(),
            offset: 0,
            end_offset: 1,
            is_continued: false,
        });
        filter.accepts(&assembler.flush().unwrap())
    }

    #[test]
    fn globs_include_and_exclude() {
        let web = "2024-11-08T20:46:09Z app[web.1]: x";
        let router = "2024-11-08T20:46:09Z heroku[router]: x";
        for (sources, processes, is_web_in, is_router_in) in [
            (&[][..], &[][..], true, true),
            (&["app"], &[], true, false),
            (&[], &["web.*", "worker.*"], true, false),
            (&[], &["!router"], true, false),
            (&["*"], &["*", "!web.*"], false, true),
        ] {
            assert_eq!(passes(sources, processes, web), is_web_in, "{sources:?} {processes:?}");
            assert_eq!(
                passes(sources, processes, router),
                is_router_in,
                "{sources:?} {processes:?}"
            );
        }
        assert!(passes(&["app"], &["web.*"], "no prefix"));
        assert!(LineFilter::new(&["[".to_owned()], &[]).unwrap_err().contains("`[`"));
    }
}
