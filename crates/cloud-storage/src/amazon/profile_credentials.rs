//! The access key of a profile, read anew from time to time: temporary keys are renewed in the files while we run.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;

use super::profile_files::{Profile, ProfileFiles};
use crate::named_credentials::CredentialFailure;

/// How long a key is used without a look into the files.
const MEMORY: Duration = Duration::from_secs(60);

pub(crate) const HINT: &str = "write aws_access_key_id and aws_secret_access_key into the profile, for example by \
                               `aws configure`";
const OTHER_WAY_HINT: &str = "`aws configure export-credentials --profile NAME --format env-no-export` prints variables \
                              that work here";

/// A profile with a key in it.
#[derive(Debug)]
pub(crate) struct ProfileCredentials {
    files: ProfileFiles,
    name: String,
    known: Mutex<Option<(Instant, Arc<AwsCredential>)>>,
}

impl ProfileCredentials {
    pub(crate) fn new(files: ProfileFiles, name: String) -> Self {
        ProfileCredentials {
            files,
            name,
            known: Mutex::new(None),
        }
    }

    /// The key as it stands in the files now.
    pub(crate) fn read(&self) -> Result<AwsCredential, CredentialFailure> {
        let failed = |what: &str, hint| CredentialFailure::new(format!("AWS profile {:?}", self.name), what, hint);
        let profile = self
            .files
            .read(&self.name)
            .ok_or_else(|| failed("there is no such profile", HINT))?;
        key_of(&profile).map_err(|(what, hint)| failed(what, hint))
    }
}

fn key_of(profile: &Profile) -> Result<AwsCredential, (&'static str, &'static str)> {
    let text = |key: &str| profile.get(key).filter(|value| !value.is_empty()).cloned();
    if let (Some(key_id), Some(secret_key)) = (text("aws_access_key_id"), text("aws_secret_access_key")) {
        return Ok(AwsCredential {
            key_id,
            secret_key,
            token: text("aws_session_token"),
        });
    }
    let others = [
        "source_profile",
        "credential_source",
        "credential_process",
        "sso_session",
        "sso_start_url",
    ];
    if others.iter().any(|key| profile.contains_key(*key)) {
        return Err(("its way to log in needs the aws program", OTHER_WAY_HINT));
    }
    Err(("it has no access key", HINT))
}

#[async_trait]
impl CredentialProvider for ProfileCredentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((read, key)) = known.as_ref()
            && read.elapsed() < MEMORY
        {
            return Ok(Arc::clone(key));
        }
        let key = Arc::new(self.read()?);
        *known = Some((Instant::now(), Arc::clone(&key)));
        Ok(key)
    }
}
