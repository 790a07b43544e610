//! Amazon's shared files, `~/.aws/credentials` and `~/.aws/config`: the settings of one profile. Pure but for reading them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::environment::StorageEnvironment;

/// Where the files are.
#[derive(Debug, Clone)]
pub(crate) struct ProfileFiles {
    credentials: Option<PathBuf>,
    config: Option<PathBuf>,
}

/// A profile's settings; of a key in both files the credentials file's counts.
pub(crate) type Profile = BTreeMap<String, String>;

impl ProfileFiles {
    /// Named by variables, or in the home directory.
    pub(crate) fn new(environment: &StorageEnvironment) -> Self {
        ProfileFiles {
            credentials: environment.file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
            config: environment.file("AWS_CONFIG_FILE", ".aws/config"),
        }
    }

    /// A profile, or `None` when no file has it. Files that cannot be read count as empty, as for Amazon's own tools.
    pub(crate) fn read(&self, name: &str) -> Option<Profile> {
        let read = |path: &Option<PathBuf>| path.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
        let (config, credentials) = (read(&self.config), read(&self.credentials));
        let in_config = if name == "default" {
            name.to_owned()
        } else {
            format!("profile {name}")
        };
        let of_config = config.as_deref().and_then(|text| section(text, &in_config));
        let of_credentials = credentials.as_deref().and_then(|text| section(text, name));
        if of_config.is_none() && of_credentials.is_none() {
            return None;
        }
        let mut profile = of_config.unwrap_or_default();
        profile.extend(of_credentials.unwrap_or_default());
        Some(profile)
    }
}

/// The settings of a section; indented lines belong to the setting above them and are left out.
fn section(text: &str, name: &str) -> Option<Profile> {
    let mut found: Option<Profile> = None;
    let mut is_inside = false;
    for line in text.trim_start_matches('\u{feff}').lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) || line.starts_with([' ', '\t']) {
            continue;
        }
        if let Some(title) = trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            // `[ profile  x ]` is the same as `[profile x]`.
            is_inside = title.0.split_whitespace().collect::<Vec<_>>().join(" ") == name;
            if is_inside {
                found.get_or_insert_default();
            }
        } else if is_inside && let Some((key, value)) = trimmed.split_once('=') {
            let value = value.split_once(" #").map_or(value, |(value, _)| value);
            let settings = found.get_or_insert_default();
            settings.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "# comment\n[default]\nregion = eu-west-1\n\n[profile  loader]\nREGION=eu-central-1 # here\n\
                          s3 =\n  addressing_style = path\noutput=json\n; another\n[sso-session x]\nregion = us-east-2\n";

    #[test]
    fn a_section_has_its_own_settings_only() {
        let loader = section(CONFIG, "profile loader").unwrap();
        assert_eq!(loader.get("region").map(String::as_str), Some("eu-central-1"));
        assert_eq!(loader.get("addressing_style"), None);
        assert_eq!(loader.get("output").map(String::as_str), Some("json"));
        assert_eq!(section(CONFIG, "loader"), None);
    }

    #[test]
    fn keys_of_the_credentials_file_go_before_those_of_the_config_file() {
        let directory = tempfile::tempdir().unwrap();
        let home = directory.path();
        std::fs::create_dir(home.join(".aws")).unwrap();
        std::fs::write(
            home.join(".aws/config"),
            format!("{CONFIG}[profile both]\nregion = r\naws_access_key_id = c\n"),
        )
        .unwrap();
        std::fs::write(
            home.join(".aws/credentials"),
            "[both]\naws_access_key_id = k\naws_secret_access_key = a=b\n",
        )
        .unwrap();
        let environment = StorageEnvironment::from_pairs([("HOME", home.to_str().unwrap())]);
        let profile = ProfileFiles::new(&environment).read("both").unwrap();
        assert_eq!(profile.get("region").map(String::as_str), Some("r"));
        assert_eq!(profile.get("aws_access_key_id").map(String::as_str), Some("k"));
        assert_eq!(profile.get("aws_secret_access_key").map(String::as_str), Some("a=b"));
        assert!(ProfileFiles::new(&environment).read("none").is_none());
        assert!(ProfileFiles::new(&environment).read("default").is_some());
    }
}
