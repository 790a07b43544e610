//! Who uses the bucket: the first of what was set, variables, web identity, shared files, container service and instance
//! metadata that there is, in the order of Amazon's own tools.

use std::sync::Arc;

use object_store::StaticCredentialProvider;
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, AwsCredential, AwsCredentialProvider};

use super::profile_credentials::{HINT as PROFILE_HINT, ProfileCredentials};
use super::profile_files::{Profile, ProfileFiles};
use crate::access::StorageAccess;
use crate::client_options::{client_options, metadata_retries, retries};
use crate::error::{Error, ErrorKind};
use crate::named_credentials::NamedCredentials;

const HINT: &str = "set aws_access_key_id and aws_secret_access_key, or AWS_PROFILE, or run where a role is attached";
const IDENTITY_HINT: &str = "check AWS_ROLE_ARN and the role's trust policy";

/// Finds them, without asking anybody yet.
pub(crate) fn find(access: &StorageAccess, region: Option<&str>) -> Result<AwsCredentialProvider, Error> {
    let environment = &access.environment;
    let files = ProfileFiles::new(environment);
    if let Some(keys) = &access.amazon.keys {
        return Ok(fixed(&keys.key_id, &keys.secret_key, keys.session_token.as_deref()));
    }
    if let Some(name) = &access.amazon.profile {
        return of_profile(access, files, name, region);
    }
    if let (Some(key_id), Some(secret_key)) = (
        environment.get("AWS_ACCESS_KEY_ID"),
        environment.get("AWS_SECRET_ACCESS_KEY"),
    ) {
        return Ok(fixed(key_id, secret_key, environment.get("AWS_SESSION_TOKEN")));
    }
    if let (Some(file), Some(role)) = (
        environment.get("AWS_WEB_IDENTITY_TOKEN_FILE"),
        environment.get("AWS_ROLE_ARN"),
    ) {
        return of_web_identity(access, file, role, environment.get("AWS_ROLE_SESSION_NAME"), region);
    }
    if let Some(name) = environment.first(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]) {
        return of_profile(access, files, name, region);
    }
    if files.read("default").is_some_and(|profile| names_a_way(&profile)) {
        return of_profile(access, files, "default", region);
    }
    of_machine(access)
}

fn fixed(key_id: &str, secret_key: &str, token: Option<&str>) -> AwsCredentialProvider {
    Arc::new(StaticCredentialProvider::new(AwsCredential {
        key_id: key_id.to_owned(),
        secret_key: secret_key.to_owned(),
        token: token.map(str::to_owned),
    }))
}

/// The default profile often has a region and nothing else.
fn names_a_way(profile: &Profile) -> bool {
    let ways = [
        "aws_access_key_id",
        "role_arn",
        "credential_process",
        "sso_session",
        "sso_start_url",
    ];
    ways.iter().any(|key| profile.contains_key(*key))
}

fn of_profile(
    access: &StorageAccess,
    files: ProfileFiles,
    name: &str,
    region: Option<&str>,
) -> Result<AwsCredentialProvider, Error> {
    let profile = files.read(name).ok_or_else(|| {
        let what = format!("AWS profile {name:?}: neither the credentials file nor the config file has it");
        Error::new(ErrorKind::Configuration, what).with_hint(PROFILE_HINT)
    })?;
    if let (Some(file), Some(role)) = (profile.get("web_identity_token_file"), profile.get("role_arn")) {
        let session = profile.get("role_session_name").map(String::as_str);
        return of_web_identity(access, file, role, session, region);
    }
    let credentials = ProfileCredentials::new(files, name.to_owned());
    // A profile that can never work is known before anything is read.
    let found = credentials.read();
    found.map_err(|failure| Error::new(ErrorKind::Credentials, failure.to_string()).with_hint(failure.hint()))?;
    Ok(Arc::new(credentials))
}

/// A role for the token that Kubernetes or a build service wrote into a file.
fn of_web_identity(
    access: &StorageAccess,
    file: &str,
    role: &str,
    session: Option<&str>,
    region: Option<&str>,
) -> Result<AwsCredentialProvider, Error> {
    let mut builder = AmazonS3Builder::new()
        .with_region(region.unwrap_or("us-east-1"))
        .with_client_options(client_options(access, false)?)
        .with_retry(retries(access))
        .with_config(AmazonS3ConfigKey::WebIdentityTokenFile, file)
        .with_config(AmazonS3ConfigKey::RoleArn, role)
        .with_config(AmazonS3ConfigKey::RoleSessionName, session.unwrap_or("cloud-storage"));
    if let Some(url) = access.environment.first(&["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"]) {
        builder = builder.with_config(AmazonS3ConfigKey::StsEndpoint, url);
    }
    named(builder, "AWS web identity", IDENTITY_HINT)
}

/// What the machine that we run on may do.
fn of_machine(access: &StorageAccess) -> Result<AwsCredentialProvider, Error> {
    let environment = &access.environment;
    let builder = AmazonS3Builder::new()
        .with_client_options(client_options(access, false)?)
        .with_retry(metadata_retries());
    if let Some(path) = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
        let builder = builder.with_config(AmazonS3ConfigKey::ContainerCredentialsRelativeUri, path);
        return named(builder, "the AWS container service", HINT);
    }
    if let (Some(url), Some(file)) = (
        environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
    ) {
        let builder = builder
            .with_config(AmazonS3ConfigKey::ContainerCredentialsFullUri, url)
            .with_config(AmazonS3ConfigKey::ContainerAuthorizationTokenFile, file);
        return named(builder, "the AWS container service", HINT);
    }
    let is_off = environment.get("AWS_EC2_METADATA_DISABLED");
    if is_off.is_some_and(|word| word.eq_ignore_ascii_case("true")) {
        let what = "there are no AWS credentials in the settings, the environment and the shared files";
        return Err(Error::new(ErrorKind::Credentials, what).with_hint(HINT));
    }
    let builder = match environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
        Some(url) => builder.with_metadata_endpoint(url.trim_end_matches('/')),
        None => builder,
    };
    named(
        builder,
        "settings, environment, shared files and AWS instance metadata",
        HINT,
    )
}

/// The credentials that a store would use which is made like this. It needs a name; nothing is asked of it.
fn named(builder: AmazonS3Builder, place: &'static str, hint: &'static str) -> Result<AwsCredentialProvider, Error> {
    let store = builder.with_bucket_name("none").build();
    let store = store.map_err(|_| {
        Error::new(
            ErrorKind::Configuration,
            format!("{place}: the settings cannot be used"),
        )
    })?;
    let inner = Arc::clone(store.credentials());
    Ok(Arc::new(NamedCredentials::new(inner, place, hint)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::AwsKeys;
    use crate::environment::StorageEnvironment;

    fn home() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join(".aws")).unwrap();
        let credentials = "[default]\naws_access_key_id = of-default\naws_secret_access_key = s\n\
                           [other]\naws_access_key_id = of-other\naws_secret_access_key = s\naws_session_token = t\n";
        std::fs::write(directory.path().join(".aws/credentials"), credentials).unwrap();
        let config = "[profile sso]\nsso_session = x\n[profile empty]\nregion = eu-west-1\n";
        std::fs::write(directory.path().join(".aws/config"), config).unwrap();
        directory
    }

    /// The key that is found, or the failure's words.
    async fn found(
        set: impl FnOnce(&mut StorageAccess),
        variables: &[(&str, &str)],
    ) -> Result<Arc<AwsCredential>, String> {
        let home = home();
        let pairs = variables
            .iter()
            .copied()
            .chain([("HOME", home.path().to_str().unwrap())]);
        let mut access = StorageAccess::found_by(StorageEnvironment::from_pairs(pairs));
        set(&mut access);
        let provider = find(&access, None).map_err(|problem| problem.to_string())?;
        provider.get_credential().await.map_err(|problem| problem.to_string())
    }

    #[tokio::test]
    async fn the_first_way_there_is_counts() {
        let variables = [
            ("AWS_ACCESS_KEY_ID", "of-variable"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("AWS_PROFILE", "other"),
        ];
        let key_id = |found: Result<Arc<AwsCredential>, String>| found.unwrap().key_id.clone();
        let keys = AwsKeys {
            key_id: "of-setting".to_owned(),
            secret_key: "s".to_owned(),
            session_token: None,
        };
        let set = |access: &mut StorageAccess| access.amazon.keys = Some(keys.clone());
        assert_eq!(key_id(found(set, &variables).await), "of-setting");
        let set = |access: &mut StorageAccess| access.amazon.profile = Some("other".to_owned());
        assert_eq!(key_id(found(set, &variables).await), "of-other");
        assert_eq!(key_id(found(|_| (), &variables).await), "of-variable");
        let other = found(|_| (), &[("AWS_PROFILE", "other")]).await.unwrap();
        assert_eq!((other.key_id.as_str(), other.token.as_deref()), ("of-other", Some("t")));
        assert_eq!(key_id(found(|_| (), &[]).await), "of-default");
    }

    #[tokio::test]
    async fn what_cannot_work_is_said_by_name() {
        for (profile, expected) in [("none", "\"none\""), ("sso", "aws program"), ("empty", "no access key")] {
            let problem = found(|_| (), &[("AWS_PROFILE", profile)]).await.unwrap_err();
            assert!(problem.contains(expected), "{problem}");
        }
        let nowhere = [
            ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        let problem = found(|_| (), &nowhere).await.unwrap_err();
        assert!(problem.contains("no AWS credentials"), "{problem}");
        // Nobody listens there, and that is known within seconds.
        let nobody = [
            ("AWS_SHARED_CREDENTIALS_FILE", "/nowhere"),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:9"),
        ];
        let problem = found(|_| (), &nobody).await.unwrap_err();
        assert!(problem.contains("instance metadata: cannot connect"), "{problem}");
    }
}
