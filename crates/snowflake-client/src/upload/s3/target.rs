//! Which URL a file goes to, by the rules of the drivers: a given end point, else the regional or the common one.

use url::{Host, Url};

use crate::config::is_loopback;
use crate::error::Error;
use crate::secret::Secret;
use crate::upload::place::{DOING, Place, below, check_tls, encoded_path, given, storage_url};
use crate::wire::StageInfo;

const DEFAULT_REGION: &str = "us-east-1";

/// A bucket, a key prefix in it, and the credentials for it.
pub(crate) struct S3Target {
    base_url: Url,
    /// Absent when it is part of the host name.
    bucket_in_path: Option<String>,
    place: Place,
    pub(crate) region: String,
    pub(crate) key_id: String,
    pub(crate) secret_key: Secret,
    pub(crate) session_token: Option<Secret>,
}

impl S3Target {
    pub(crate) fn from_wire(stage: &StageInfo) -> Result<Self, Error> {
        let place = Place::from_location(&stage.location)?;
        let credentials = stage.creds.as_ref();
        let (Some(key_id), Some(secret_key)) = (
            given(credentials.and_then(|credentials| credentials.aws_key_id.as_ref())),
            given(credentials.and_then(|credentials| credentials.aws_secret_key.as_ref())),
        ) else {
            return Err(Error::protocol(DOING, "the stage came without credentials"));
        };
        let region = given(stage.region.as_ref()).unwrap_or(DEFAULT_REGION);
        let (base_url, has_bucket_in_host) = base_url(stage, &place.container, region)?;
        let session_token = given(credentials.and_then(|credentials| credentials.aws_token.as_ref()));
        Ok(S3Target {
            base_url,
            bucket_in_path: (!has_bucket_in_host).then(|| place.container.clone()),
            place,
            region: region.to_owned(),
            key_id: key_id.to_owned(),
            secret_key: Secret::new(secret_key),
            session_token: session_token.map(Secret::new),
        })
    }

    /// The URL of a file; its path is encoded as it is signed.
    pub(crate) fn url(&self, file_name: &str) -> Url {
        let key = encoded_path(&self.place.key(file_name));
        match &self.bucket_in_path {
            Some(bucket) => below(&self.base_url, &format!("{}/{key}", encoded_path(bucket))),
            None => below(&self.base_url, &key),
        }
    }
}

/// Scheme, host and port, and whether the bucket is part of the host.
fn base_url(stage: &StageInfo, bucket: &str, region: &str) -> Result<(Url, bool), Error> {
    let is_regional = stage.use_s3_regional_url == Some(true) || stage.use_regional_url == Some(true);
    let has_region = given(stage.region.as_ref()).is_some();
    let host = match given(stage.end_point.as_ref()) {
        Some(end_point) => end_point.to_owned(),
        None if region.starts_with("cn-") => format!("s3.{region}.amazonaws.com.cn"),
        // The common host redirects buckets of other regions, so the region is named whenever it is known.
        None if is_regional || has_region => format!("s3.{region}.amazonaws.com"),
        None => "s3.amazonaws.com".to_owned(),
    };
    let mut base_url = storage_url(&host)?;
    if !matches!(base_url.path(), "" | "/") {
        return Err(not_a_host());
    }
    let is_name = matches!(base_url.host(), Some(Host::Domain(_)));
    // An address, a port or a scheme means a server that is not Amazon's, where buckets have no host names of their
    // own; a dot in the bucket's name would not match Amazon's certificate.
    let is_foreign = !is_name || host.contains("://") || base_url.port().is_some() || is_loopback(&base_url);
    if is_foreign || bucket.contains('.') {
        return Ok((base_url, false));
    }
    let host = format!("{bucket}.{}", base_url.host_str().unwrap_or_default());
    base_url.set_host(Some(&host)).map_err(|_| not_a_host())?;
    check_tls(&base_url)?;
    Ok((base_url, true))
}

fn not_a_host() -> Error {
    Error::protocol(DOING, "the stage's end point is not a host")
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
            ("bkt/p", r#","region":"""#, "https://bkt.s3.amazonaws.com/p/a%20b.gz"),
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
