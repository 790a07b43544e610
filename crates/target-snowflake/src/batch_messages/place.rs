//! Where a file of a BATCH message is, by its entry in the manifest. Not for reading it.

use std::fmt;
use std::path::PathBuf;

use cloud_storage::Location;

/// What stands before `://` in places of cloud storage.
const CLOUD_SCHEMES: [&str; 10] = [
    "s3", "s3a", "s3gov", "s3china", "gs", "gcs", "az", "azure", "abfs", "abfss",
];

/// A file of this machine, or an object of somebody's storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BatchPlace {
    Local(PathBuf),
    Object { container: Location, key: String },
}

impl BatchPlace {
    /// Reads `file:///absolute`, `file://relative` (to the working directory, as MeltanoLabs' taps write it), a bare path, or
    /// an object of S3 and the like.
    ///
    /// # Errors
    /// Why it is no such place.
    pub(crate) fn parse(entry: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = entry.split_once("://") else {
            return Ok(Self::Local(PathBuf::from(entry)));
        };
        let scheme = scheme.to_ascii_lowercase();
        if CLOUD_SCHEMES.contains(&scheme.as_str()) {
            let object = Location::parse_object(entry);
            return match object {
                Ok((container, key)) => Ok(Self::Object { container, key }),
                Err(problem) => Err(format!("the place of a BATCH file at {scheme}:// {problem}")),
            };
        }
        if scheme == "file" {
            Ok(Self::Local(local_path(rest)))
        } else {
            Err(format!("BATCH files at {scheme}:// cannot be read"))
        }
    }
}

impl fmt::Display for BatchPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => path.display().fmt(formatter),
            Self::Object { container, key } => write!(formatter, "{container}{key}"),
        }
    }
}

/// The path of a `file://` URL.
fn local_path(rest: &str) -> PathBuf {
    let rest = match rest.strip_prefix("localhost/") {
        Some(absolute) => format!("/{absolute}"),
        None => rest.to_owned(),
    };
    let path = PathBuf::from(&rest);
    // Some writers escape blanks and the like, others write paths as they are.
    if !path.exists()
        && let Some(unescaped) = unescaped(&rest).map(PathBuf::from)
        && unescaped.exists()
    {
        return unescaped;
    }
    path
}

/// The text with `%20` and the like made characters; `None` when that is not what it has.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'%' {
            let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok())?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = after.get(2..)?;
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_files_objects_or_refused() {
        let place = |entry: &str| match BatchPlace::parse(entry) {
            Ok(place @ BatchPlace::Local(_)) => format!("file {place}"),
            Ok(place @ BatchPlace::Object { .. }) => format!("object {place}"),
            Err(text) => text,
        };
        for (entry, expected) in [
            ("file:///a/b.json", "file /a/b.json"),
            ("file://rel/b.json", "file rel/b.json"),
            ("FILE://localhost/a", "file /a"),
            ("rel/b 1.json", "file rel/b 1.json"),
            ("s3://bucket/a b/c.json.gz", "object s3://bucket/a b/c.json.gz"),
            ("gs://bucket/b.json", "object gcs://bucket/b.json"),
            (
                "az://acc.blob.core.windows.net/box/b.parquet",
                "object azure://acc.blob.core.windows.net/box/b.parquet",
            ),
            ("s3://bucket/", "the place of a BATCH file at s3:// names no object"),
            ("sftp://host/b.json", "BATCH files at sftp:// cannot be read"),
        ] {
            assert_eq!(place(entry), expected, "{entry}");
        }
        assert_eq!(unescaped("/a%20b/%C3%BC").as_deref(), Some("/a b/ü"));
        assert_eq!(unescaped("100%"), None);
    }
}
