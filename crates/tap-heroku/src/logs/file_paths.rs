//! From the paths and globs of `log_files` to the files that are there. Reads directories, no files.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;

/// The files found, ordered by path, each once.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FoundFiles {
    pub(crate) paths: BTreeSet<PathBuf>,
    /// Plain paths that are not there, and patterns that are not valid.
    pub(crate) problems: Vec<String>,
    /// Globs that fit no file.
    pub(crate) without_match: Vec<String>,
}

/// Looks up every entry. A text with `*`, `?`, `[` or `{` is a glob, unless a file of exactly that name exists; `*` does
/// not cross directories, `**` does.
pub(crate) fn find(entries: &[String]) -> FoundFiles {
    let mut found = FoundFiles::default();
    for entry in entries {
        let path = Path::new(entry);
        if path.is_file() {
            found.paths.insert(path.to_owned());
        } else if path.is_dir() {
            found.problems.push(format!(
                "`{entry}` is a directory; name its files, such as `{}`",
                path.join("*.log").display()
            ));
        } else if !entry.contains(['*', '?', '[', '{']) {
            found.problems.push(format!("`{entry}` does not exist or is no file"));
        } else {
            find_glob(entry, &mut found);
        }
    }
    found
}

fn find_glob(pattern: &str, found: &mut FoundFiles) {
    let glob = match GlobBuilder::new(pattern).literal_separator(true).build() {
        Ok(glob) => glob.compile_matcher(),
        Err(problem) => {
            found
                .problems
                .push(format!("`{pattern}` is not a valid pattern: {}", problem.kind()));
            return;
        }
    };
    let is_fixed = |component: &Component<'_>| !component.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let components: Vec<Component<'_>> = Path::new(pattern).components().collect();
    let base: PathBuf = components.iter().take_while(|component| is_fixed(component)).collect();
    let base_length = base.components().count();
    let depth = if pattern.contains("**") {
        usize::MAX
    } else {
        components.len() - base_length
    };
    let mut files = Vec::new();
    walk(&base, depth, &mut files);
    let matches: Vec<PathBuf> = files.into_iter().filter(|path| glob.is_match(path)).collect();
    if matches.is_empty() {
        found.without_match.push(pattern.to_owned());
    }
    found.paths.extend(matches);
}

/// The files below `directory`, at most `depth` names deep. What cannot be listed has no files; links are followed for
/// files only, so that a circle of links cannot trap the walk.
fn walk(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    if depth == 0 {
        return;
    }
    let listed = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    let Ok(entries) = std::fs::read_dir(listed) else {
        return;
    };
    for entry in entries.flatten() {
        let path = directory.join(entry.file_name());
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&path, depth - 1, files),
            Ok(_) if path.is_file() => files.push(path),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_globs() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().to_str().unwrap().to_owned();
        for name in ["a.log", "b.log", "deep/c.log", "deep/er/d.log", "x*.txt", "x1.txt"] {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let names = |entries: &[&str]| {
            let entries: Vec<String> = entries.iter().map(|entry| format!("{root}/{entry}")).collect();
            let found = find(&entries);
            let paths = found
                .paths
                .iter()
                .map(|path| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            (
                paths.collect::<Vec<_>>(),
                found.problems.len(),
                found.without_match.len(),
            )
        };
        let paths = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        assert_eq!(names(&["b.log", "*.log"]), (paths(&["a.log", "b.log"]), 0, 0));
        assert_eq!(
            names(&["**/*.log"]),
            (paths(&["a.log", "b.log", "deep/c.log", "deep/er/d.log"]), 0, 0)
        );
        assert_eq!(names(&["*/c.log"]), (paths(&["deep/c.log"]), 0, 0));
        assert_eq!(names(&["x*.txt"]), (paths(&["x*.txt"]), 0, 0));
        assert_eq!(names(&["no.log", "deep", "*.none", "[.log"]), (Vec::new(), 3, 1));
    }
}
