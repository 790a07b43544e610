//! Which URL a file goes to, by the rules of the drivers: a given end point, else the regional or the common one.

use url::{Host, Url};

use crate::config::is_loopback;
use crate::error::Error;
use crate::secret::Secret;
use crate::upload::s3::signature::encoded_path;
use crate::wire::StageInfo;

const DOING: &str = "PUT";
const DEFAULT_REGION: &str = "us-east-1";

/// A bucket, a key prefix in it, and the credentials for it.
pub(crate) struct S3Target {
    base_url: Url,
    /// Path of the prefix, ending in a slash; begins with the bucket when that is not in the host name.
    path: String,
    pub(crate) region: String,
    pub(crate) key_id: String,
    pub(crate) secret_key: Secret,
    pub(crate) session_token: Option<Secret>,
}

impl S3Target {
    pub(crate) fn from_wire(stage: &StageInfo) -> Result<Self, Error> {
        let (bucket, prefix) = stage.location.split_once('/').unwrap_or((stage.location.as_str(), ""));
        if bucket.is_empty() {
            return Err(Error::protocol(DOING, "the stage has no bucket"));
        }
        let credentials = stage.creds.as_ref();
        let (Some(key_id), Some(secret_key)) = (
            credentials.and_then(|credentials| credentials.aws_key_id.clone()),
            credentials.and_then(|credentials| credentials.aws_secret_key.clone()),
        ) else {
            return Err(Error::protocol(DOING, "the stage came without credentials"));
        };
        let region = stage.region.clone().filter(|region| !region.is_empty());
        let region = region.unwrap_or_else(|| DEFAULT_REGION.to_owned());
        let (base_url, bucket_in_path) = base_url(stage, bucket, &region)?;
        let prefix = prefix.trim_matches('/');
        let mut path = String::from("/");
        for part in [bucket_in_path.unwrap_or_default(), prefix] {
            if !part.is_empty() {
                path = path + part + "/";
            }
        }
        let session_token = credentials.and_then(|credentials| credentials.aws_token.clone());
        Ok(S3Target {
            base_url,
            path,
            region,
            key_id,
            secret_key: Secret::new(secret_key),
            session_token: session_token.filter(|token| !token.is_empty()).map(Secret::new),
        })
    }

    /// The URL of a file; its path is encoded as it is signed.
    pub(crate) fn url(&self, file_name: &str) -> Url {
        let mut url = self.base_url.clone();
        url.set_path(&encoded_path(&format!("{}{file_name}", self.path)));
        url
    }
}

/// Scheme, host and port, and the bucket if it belongs into the path.
fn base_url<'a>(stage: &StageInfo, bucket: &'a str, region: &str) -> Result<(Url, Option<&'a str>), Error> {
    let invalid = || Error::protocol(DOING, "the stage's end point is not a host");
    let end_point = stage.end_point.as_deref().filter(|end_point| !end_point.is_empty());
    let is_regional = stage.use_s3_regional_url == Some(true) || stage.use_regional_url == Some(true);
    let host = match end_point {
        Some(end_point) => end_point.to_owned(),
        None if region.starts_with("cn-") => format!("s3.{region}.amazonaws.com.cn"),
        // The common host redirects buckets of other regions, so the region is named whenever it is known.
        None if is_regional || stage.region.is_some() => format!("s3.{region}.amazonaws.com"),
        None => "s3.amazonaws.com".to_owned(),
    };
    let has_scheme = host.contains("://");
    let base_url = if has_scheme {
        Url::parse(&host)
    } else {
        Url::parse(&format!("https://{host}"))
    };
    let mut base_url = base_url.map_err(|_| invalid())?;
    let is_name = matches!(base_url.host(), Some(Host::Domain(_)));
    if base_url.host().is_none() || !matches!(base_url.path(), "" | "/") {
        return Err(invalid());
    }
    if base_url.scheme() != "https" && !(base_url.scheme() == "http" && is_loopback(&base_url)) {
        return Err(Error::protocol(DOING, "the stage is offered without TLS"));
    }
    // An address, a port or a scheme means a server that is not Amazon's, where buckets have no host names of their
    // own; a dot in the bucket's name would not match Amazon's certificate.
    if !is_name || has_scheme || base_url.port().is_some() || is_loopback(&base_url) || bucket.contains('.') {
        return Ok((base_url, Some(bucket)));
    }
    let host = format!("{bucket}.{}", base_url.host_str().unwrap_or_default());
    base_url.set_host(Some(&host)).map_err(|_| invalid())?;
    Ok((base_url, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(location: &str, more: &str) -> Result<String, String> {
        let stage = format!(
            r#"{{"locationType":"S3","location":"{location}","creds":{{"AWS_KEY_ID":"i","AWS_SECRET_KEY":"s"}}{more}}}"#
        );
        let target = S3Target::from_wire(&serde_json::from_str(&stage).unwrap());
        target
            .map(|target| target.url("a b.gz").to_string())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn end_points_follow_the_rules_of_the_drivers() {
        let cases = [
            (
                "bkt/p/q/",
                r#","region":"us-west-2""#,
                "https://bkt.s3.us-west-2.amazonaws.com/p/q/a%20b.gz",
            ),
            (
                "bkt",
                r#","region":"cn-north-1""#,
                "https://bkt.s3.cn-north-1.amazonaws.com.cn/a%20b.gz",
            ),
            ("bkt/p", "", "https://bkt.s3.amazonaws.com/p/a%20b.gz"),
            (
                "my.bkt/p/",
                r#","region":"eu-west-1""#,
                "https://s3.eu-west-1.amazonaws.com/my.bkt/p/a%20b.gz",
            ),
            (
                "bkt/p/",
                r#","endPoint":"s3.us-gov-west-1.amazonaws.com""#,
                "https://bkt.s3.us-gov-west-1.amazonaws.com/p/a%20b.gz",
            ),
            (
                "bkt/p/",
                r#","endPoint":"http://127.0.0.1:8770""#,
                "http://127.0.0.1:8770/bkt/p/a%20b.gz",
            ),
            (
                "bkt/p/",
                r#","endPoint":"https://minio.example""#,
                "https://minio.example/bkt/p/a%20b.gz",
            ),
            (
                "bkt/p/",
                r#","endPoint":"minio.example:9000""#,
                "https://minio.example:9000/bkt/p/a%20b.gz",
            ),
        ];
        for (location, more, expected) in cases {
            assert_eq!(url(location, more).as_deref(), Ok(expected), "{location} {more}");
        }
    }

    #[test]
    fn plain_http_elsewhere_and_missing_parts_are_refused() {
        assert!(
            url("bkt/p", r#","endPoint":"http://example.com""#)
                .unwrap_err()
                .contains("without TLS")
        );
        assert!(url("bkt/p", r#","endPoint":"https://example.com/path""#).is_err());
        assert!(url("/p", "").unwrap_err().contains("no bucket"));
        let stage = serde_json::from_str(r#"{"locationType":"S3","location":"b/"}"#).unwrap();
        assert!(S3Target::from_wire(&stage).is_err());
    }
}
