//! Which URL an object has, by the rules of the drivers: presigned, else a given end point, virtual, regional, common.

use url::Url;

use crate::error::Error;
use crate::secret::Secret;
use crate::upload::place::{DOING, Place, below, check_tls, encoded_part, given, storage_url};
use crate::wire::StageInfo;

/// The one region whose buckets are only reached by its own host.
const REGION_WITH_OWN_HOST: &str = "me-central2";

/// Where objects go and what opens the way.
pub(crate) enum GcsTarget {
    /// For all files of the stage's path.
    WithToken {
        base_url: Url,
        /// Absent when it is part of the host name.
        bucket_in_path: Option<String>,
        place: Place,
        token: Secret,
    },
    /// For the one file that PUT named. The URL is a secret.
    Presigned(PresignedUrl),
}

/// Never printed.
pub(crate) struct PresignedUrl(pub(crate) Url);

impl GcsTarget {
    pub(crate) fn from_wire(stage: &StageInfo) -> Result<Self, Error> {
        let token = stage
            .creds
            .as_ref()
            .and_then(|credentials| credentials.gcs_access_token.as_ref());
        match (given(token), given(stage.presigned_url.as_ref())) {
            (Some(token), _) => Self::with_token(stage, token),
            (None, Some(presigned)) => {
                let invalid = |_| Error::protocol(DOING, "the stage's presigned address is not a URL");
                let url = Url::parse(presigned).map_err(invalid)?;
                check_tls(&url)?;
                Ok(GcsTarget::Presigned(PresignedUrl(url)))
            }
            (None, None) => Err(Error::protocol(DOING, "the stage came without credentials")),
        }
    }

    fn with_token(stage: &StageInfo, token: &str) -> Result<Self, Error> {
        let place = Place::from_location(&stage.location)?;
        let region = given(stage.region.as_ref()).unwrap_or_default().to_ascii_lowercase();
        let is_virtual = stage.use_virtual_url == Some(true);
        let is_regional =
            region == REGION_WITH_OWN_HOST || (stage.use_regional_url == Some(true) && !region.is_empty());
        let base_url = match given(stage.end_point.as_ref()) {
            Some(end_point) => storage_url(end_point)?,
            None if is_virtual => storage_url(&format!("{}.storage.googleapis.com", place.container))?,
            None if is_regional => storage_url(&format!("storage.{region}.rep.googleapis.com"))?,
            None => storage_url("storage.googleapis.com")?,
        };
        Ok(GcsTarget::WithToken {
            base_url,
            bucket_in_path: (!is_virtual).then(|| place.container.clone()),
            place,
            token: Secret::new(token),
        })
    }

    /// The URL of a file's object. Slashes of the key are encoded, as Google wants them.
    pub(crate) fn url(&self, file_name: &str) -> Url {
        match self {
            GcsTarget::Presigned(PresignedUrl(url)) => url.clone(),
            GcsTarget::WithToken {
                base_url,
                bucket_in_path,
                place,
                ..
            } => {
                let key = encoded_part(&place.key(file_name));
                match bucket_in_path {
                    Some(bucket) => below(base_url, &format!("{}/{key}", encoded_part(bucket))),
                    None => below(base_url, &key),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(more: &str, credentials: &str) -> Result<String, String> {
        let stage = format!(r#"{{"locationType":"GCS","location":"bkt/p/q/","creds":{{{credentials}}}{more}}}"#);
        let target = GcsTarget::from_wire(&serde_json::from_str(&stage).unwrap());
        target
            .map(|target| target.url("a.gz").to_string())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn end_points_follow_the_rules_of_the_drivers() {
        let cases = [
            ("", "https://storage.googleapis.com/bkt/p%2Fq%2Fa.gz"),
            (
                r#","useVirtualUrl":true"#,
                "https://bkt.storage.googleapis.com/p%2Fq%2Fa.gz",
            ),
            (
                r#","useRegionalUrl":true,"region":"US-Central1""#,
                "https://storage.us-central1.rep.googleapis.com/bkt/p%2Fq%2Fa.gz",
            ),
            (
                r#","region":"me-central2""#,
                "https://storage.me-central2.rep.googleapis.com/bkt/p%2Fq%2Fa.gz",
            ),
            (
                r#","endPoint":"storage.example","useRegionalUrl":true,"region":"x""#,
                "https://storage.example/bkt/p%2Fq%2Fa.gz",
            ),
            (
                r#","endPoint":"http://127.0.0.1:9/base/""#,
                "http://127.0.0.1:9/base/bkt/p%2Fq%2Fa.gz",
            ),
            (
                r#","endPoint":"https://bkt.example","useVirtualUrl":true"#,
                "https://bkt.example/p%2Fq%2Fa.gz",
            ),
        ];
        for (more, expected) in cases {
            assert_eq!(
                url(more, r#""GCS_ACCESS_TOKEN":"t""#).as_deref(),
                Ok(expected),
                "{more}"
            );
        }
    }

    #[test]
    fn a_token_goes_before_a_presigned_url_and_one_of_them_is_needed() {
        let presigned = r#","presignedUrl":"https://storage.googleapis.com/bkt/p/a.gz?X-Goog-Signature=s""#;
        assert_eq!(
            url(presigned, "").as_deref(),
            Ok("https://storage.googleapis.com/bkt/p/a.gz?X-Goog-Signature=s")
        );
        let with_both = url(presigned, r#""GCS_ACCESS_TOKEN":"t""#);
        assert_eq!(
            with_both.as_deref(),
            Ok("https://storage.googleapis.com/bkt/p%2Fq%2Fa.gz")
        );
        assert!(url("", "").unwrap_err().contains("without credentials"));
        let in_the_clear = url(r#","presignedUrl":"http://storage.example/a?s=secret""#, "").unwrap_err();
        assert!(in_the_clear.contains("without TLS") && !in_the_clear.contains("secret"));
    }
}
