//! A folder in a bucket or container, as Snowflake and people write it. Pure; whether it exists is the storage's to say.

use std::fmt;

/// Whose storage it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cloud {
    /// S3, and what speaks like it.
    Amazon,
    /// Azure Blob Storage.
    Azure,
    /// Google Cloud Storage.
    Google,
}

/// A container and a path in it. Display writes the URL that a stage or a COPY names it by, with a final slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    cloud: Cloud,
    scheme: &'static str,
    /// Only Azure's containers belong to an account: `account.blob.core.windows.net`.
    host: Option<String>,
    container: String,
    /// Empty, or with a final slash and without a leading one.
    path: String,
}

/// Why a text is no location. Holds no part of the text: someone may have put a signature into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocationProblem(&'static str);

impl fmt::Display for LocationProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl std::error::Error for LocationProblem {}

const FORMS: LocationProblem = LocationProblem(
    "should be s3://bucket/path/, azure://account.blob.core.windows.net/container/path/ or gcs://bucket/path/",
);
const NO_ACCOUNT: LocationProblem =
    LocationProblem("names no account: write azure://account.blob.core.windows.net/container/path/");
const HAS_QUERY: LocationProblem = LocationProblem("should not have a query or a signature");
const BAD_PATH: LocationProblem =
    LocationProblem("has a path with an empty part, '.', '..' or a control character in it");

impl Location {
    /// Reads `s3://` (also `s3gov://`, `s3china://`, `s3compat://`, `s3a://`), `azure://` (also `az://`, `https://` and
    /// `abfs[s]://container@account.dfs.…`, where they name the account) and `gcs://` (also `gs://`).
    ///
    /// # Errors
    /// When it is none of these.
    pub fn parse(text: &str) -> Result<Self, LocationProblem> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(FORMS)?;
        if rest.contains('?') {
            return Err(HAS_QUERY);
        }
        let (first, path) = rest.split_once('/').unwrap_or((rest, ""));
        let scheme = scheme.to_ascii_lowercase();
        match scheme.as_str() {
            "s3" | "s3a" => Self::new(Cloud::Amazon, "s3", None, first, path),
            "s3gov" => Self::new(Cloud::Amazon, "s3gov", None, first, path),
            "s3china" => Self::new(Cloud::Amazon, "s3china", None, first, path),
            "s3compat" => Self::new(Cloud::Amazon, "s3compat", None, first, path),
            "gcs" | "gs" => Self::new(Cloud::Google, "gcs", None, first, path),
            "azure" | "az" | "https" | "abfs" | "abfss" => Self::of_azure(&scheme, first, path),
            _ => Err(FORMS),
        }
    }

    /// The same for one object: the location of its container, and its key.
    ///
    /// # Errors
    /// As [`Self::parse`], and when there is no key.
    pub fn parse_object(text: &str) -> Result<(Self, String), LocationProblem> {
        let mut location = Self::parse(text)?;
        let path = std::mem::take(&mut location.path);
        let key = path.trim_end_matches('/');
        if key.is_empty() || text.trim().ends_with('/') {
            return Err(LocationProblem("names no object"));
        }
        Ok((location, key.to_owned()))
    }

    fn of_azure(scheme: &str, first: &str, path: &str) -> Result<Self, LocationProblem> {
        let (host, container, path) = if let Some((container, host)) = first.split_once('@') {
            (host.replacen(".dfs.", ".blob.", 1), container, path)
        } else {
            let (container, path) = path.split_once('/').unwrap_or((path, ""));
            (first.to_owned(), container, path)
        };
        if !host.contains('.') {
            return Err(NO_ACCOUNT);
        }
        // Any other web address would be a mistake.
        if scheme == "https" && !host.contains(".blob.") {
            return Err(FORMS);
        }
        Self::new(Cloud::Azure, "azure", Some(host.to_ascii_lowercase()), container, path)
    }

    fn new(
        cloud: Cloud,
        scheme: &'static str,
        host: Option<String>,
        container: &str,
        path: &str,
    ) -> Result<Self, LocationProblem> {
        let is_plain = |character: char| character.is_ascii_alphanumeric() || "-._$".contains(character);
        if container.is_empty() || !container.chars().all(is_plain) {
            return Err(FORMS);
        }
        let location = Location {
            cloud,
            scheme,
            host,
            container: container.to_owned(),
            path: String::new(),
        };
        location.with_path(path)
    }

    /// The location of a bucket of S3.
    ///
    /// # Errors
    /// When the bucket cannot be one, or the path.
    pub fn of_bucket(bucket: &str, path: &str) -> Result<Self, LocationProblem> {
        Self::new(Cloud::Amazon, "s3", None, bucket.trim(), path)
    }

    /// The same container, another path.
    ///
    /// # Errors
    /// When the path has parts that object names cannot have.
    pub fn with_path(&self, path: &str) -> Result<Self, LocationProblem> {
        let inner = path.strip_suffix('/').unwrap_or(path);
        let is_bad = |part: &str| matches!(part, "" | "." | "..") || part.chars().any(char::is_control);
        if !inner.is_empty() && inner.split('/').any(is_bad) {
            return Err(BAD_PATH);
        }
        let path = if inner.is_empty() {
            String::new()
        } else {
            format!("{inner}/")
        };
        Ok(Location { path, ..self.clone() })
    }

    /// The same account and path, another container.
    ///
    /// # Errors
    /// When the name cannot be one.
    pub fn with_container(&self, container: &str) -> Result<Self, LocationProblem> {
        Self::new(self.cloud, self.scheme, self.host.clone(), container.trim(), &self.path)
    }

    /// Whose storage it is.
    pub fn cloud(&self) -> Cloud {
        self.cloud
    }

    /// The bucket or container.
    pub fn container(&self) -> &str {
        &self.container
    }

    /// The account's host at Azure.
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The path, empty or with a final slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The key of an object here.
    pub fn key(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }

    /// True when both are in one container, whatever the paths.
    pub fn shares_container(&self, other: &Self) -> bool {
        (self.cloud, &self.host, &self.container) == (other.cloud, &other.host, &other.container)
    }

    /// The path from `outer` to here; `None` when this is not inside.
    pub fn path_below(&self, outer: &Self) -> Option<&str> {
        self.shares_container(outer)
            .then(|| self.path.strip_prefix(&outer.path))
            .flatten()
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://", self.scheme)?;
        if let Some(host) = &self.host {
            write!(formatter, "{host}/")?;
        }
        write!(formatter, "{}/{}", self.container, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_read_and_written_as_snowflake_has_it() {
        let cases = [
            ("s3://bucket", "s3://bucket/"),
            ("S3://bucket/a/b", "s3://bucket/a/b/"),
            ("s3a://bucket//a/", ""),
            ("s3://bucket/a b=c/", "s3://bucket/a b=c/"),
            ("s3gov://b.c/x/", "s3gov://b.c/x/"),
            ("gs://bucket/x", "gcs://bucket/x/"),
            ("gcs://bucket/", "gcs://bucket/"),
            (
                "azure://Acc.blob.core.windows.net/box/a/",
                "azure://acc.blob.core.windows.net/box/a/",
            ),
            (
                "https://acc.blob.core.windows.net/box",
                "azure://acc.blob.core.windows.net/box/",
            ),
            (
                "abfss://box@acc.dfs.core.windows.net/a",
                "azure://acc.blob.core.windows.net/box/a/",
            ),
            (
                "az://acc.blob.core.chinacloudapi.cn/box",
                "azure://acc.blob.core.chinacloudapi.cn/box/",
            ),
            ("az://box/a", ""),
            ("https://example.org/box", ""),
            ("azure://acc.blob.core.windows.net/", ""),
            ("azure://acc.blob.core.windows.net/box?sig=x", ""),
            ("s3://", ""),
            ("s3://a b/", ""),
            ("s3://bucket/../x", ""),
            ("bucket/x", ""),
            ("ftp://bucket/x", ""),
        ];
        for (text, expected) in cases {
            let found = Location::parse(text).map(|location| location.to_string());
            assert_eq!(found.as_deref().unwrap_or_default(), expected, "{text}: {found:?}");
            if !expected.is_empty() {
                assert_eq!(Location::parse(expected), Location::parse(text), "{text}");
            }
        }
    }

    #[test]
    fn an_object_has_a_container_and_a_key() {
        let (location, key) = Location::parse_object("s3://b/a/f.jsonl.gz").unwrap();
        assert_eq!(
            (location.to_string().as_str(), key.as_str()),
            ("s3://b/", "a/f.jsonl.gz")
        );
        assert!(Location::parse_object("s3://b/a/").is_err() && Location::parse_object("s3://b").is_err());
    }

    #[test]
    fn what_is_inside_of_what() {
        let at = |text: &str| Location::parse(text).unwrap();
        assert_eq!(at("s3://b/x/y").path_below(&at("s3://b")), Some("x/y/"));
        assert_eq!(at("s3://b/x/y").path_below(&at("s3gov://b/x")), Some("y/"));
        assert_eq!(at("s3://b/xy").path_below(&at("s3://b/x")), None);
        assert_eq!(at("s3://b/x").path_below(&at("gcs://b")), None);
        assert_eq!(at("s3://b/x").path_below(&at("s3://c")), None);
    }
}
