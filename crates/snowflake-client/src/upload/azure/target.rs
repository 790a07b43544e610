//! Which URL a blob has, by the rules of the drivers. The URL carries the shared access signature: it is a secret.

use url::Url;

use crate::error::Error;
use crate::secret::Secret;
use crate::upload::place::{DOING, Place, below, encoded_path, given, storage_url};
use crate::wire::StageInfo;

const DEFAULT_END_POINT: &str = "blob.core.windows.net";

/// A container, a prefix in it, and the signature that opens it.
pub(crate) struct AzureTarget {
    base_url: Url,
    place: Place,
    signature: Secret,
}

impl AzureTarget {
    pub(crate) fn from_wire(stage: &StageInfo) -> Result<Self, Error> {
        let place = Place::from_location(&stage.location)?;
        let signature = stage
            .creds
            .as_ref()
            .and_then(|credentials| credentials.azure_sas_token.as_ref());
        let Some(signature) = given(signature).map(|signature| signature.trim_start_matches('?')) else {
            return Err(Error::protocol(DOING, "the stage came without credentials"));
        };
        Ok(AzureTarget {
            base_url: base_url(stage)?,
            place,
            signature: Secret::new(signature),
        })
    }

    /// The URL of a file's blob; `query` comes before the signature.
    pub(crate) fn url(&self, file_name: &str, query: &str) -> Url {
        let key = encoded_path(&self.place.key(file_name));
        let mut url = below(
            &self.base_url,
            &format!("{}/{key}", encoded_path(&self.place.container)),
        );
        let separator = if query.is_empty() { "" } else { "&" };
        url.set_query(Some(&format!("{query}{separator}{}", self.signature.expose())));
        url
    }
}

/// With a scheme, the end point is the account's own address (emulators have the account in the path). Otherwise the
/// account comes before it, and `blob.` too where the server left that out.
fn base_url(stage: &StageInfo) -> Result<Url, Error> {
    let end_point = given(stage.end_point.as_ref()).unwrap_or(DEFAULT_END_POINT);
    if end_point.contains("://") {
        return storage_url(end_point);
    }
    let Some(account) = given(stage.storage_account.as_ref()) else {
        return Err(Error::protocol(DOING, "the stage has no storage account"));
    };
    if !account
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || character == '-')
    {
        return Err(Error::protocol(DOING, "the stage's storage account is not a name"));
    }
    if end_point.contains("blob.") {
        storage_url(&format!("{account}.{end_point}"))
    } else {
        storage_url(&format!("{account}.blob.{end_point}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(more: &str) -> Result<String, String> {
        let stage = format!(
            r#"{{"locationType":"AZURE","location":"stages/p q/","creds":{{"AZURE_SAS_TOKEN":"?sv=1&sig=x%2F"}}{more}}}"#
        );
        let target = AzureTarget::from_wire(&serde_json::from_str(&stage).unwrap());
        target
            .map(|target| target.url("a.gz", "comp=block").to_string())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn end_points_follow_the_rules_of_the_drivers() {
        let cases = [
            (r#","storageAccount":"acc""#, "https://acc.blob.core.windows.net"),
            (
                r#","storageAccount":"acc","endPoint":"blob.core.usgovcloudapi.net""#,
                "https://acc.blob.core.usgovcloudapi.net",
            ),
            (
                r#","storageAccount":"acc","endPoint":"core.windows.net""#,
                "https://acc.blob.core.windows.net",
            ),
            (
                r#","storageAccount":"acc","endPoint":"z40.blob.storage.azure.net""#,
                "https://acc.z40.blob.storage.azure.net",
            ),
            (r#","endPoint":"https://acc.example""#, "https://acc.example"),
            (
                r#","endPoint":"http://127.0.0.1:10000/acc""#,
                "http://127.0.0.1:10000/acc",
            ),
        ];
        for (more, expected) in cases {
            let expected = format!("{expected}/stages/p%20q/a.gz?comp=block&sv=1&sig=x%2F");
            assert_eq!(url(more), Ok(expected), "{more}");
        }
    }

    #[test]
    fn what_cannot_be_reached_safely_is_refused() {
        assert!(url("").unwrap_err().contains("no storage account"));
        assert!(url(r#","storageAccount":"acc.evil.example/x""#).is_err());
        assert!(
            url(r#","endPoint":"http://acc.example""#)
                .unwrap_err()
                .contains("without TLS")
        );
        let stage = serde_json::from_str(r#"{"locationType":"AZURE","location":"b/","storageAccount":"a"}"#).unwrap();
        assert!(AzureTarget::from_wire(&stage).is_err());
    }
}
