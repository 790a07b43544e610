//! One table per program says what it is and which settings it has. Everything a user reads about settings, and
//! everything that types them, comes from it; what a setting means is the program's own `config.rs`.

/// What a program is.
#[derive(Debug)]
pub struct Program {
    /// Name of the executable, `tap-heroku`.
    pub name: &'static str,
    /// Version without a leading `v`.
    pub version: &'static str,
    /// One sentence.
    pub description: &'static str,
    /// Capability names of Meltano's hub.
    pub capabilities: &'static [&'static str],
    /// Every setting, in the order a reader wants to see them.
    pub settings: &'static [Setting],
    /// Settings of other programs of the kind that are known and have no effect here.
    pub other_settings: &'static [OtherSetting],
}

impl Program {
    /// The setting with this name or alias.
    #[must_use]
    pub fn setting(&self, key: &str) -> Option<&'static Setting> {
        self.settings
            .iter()
            .find(|setting| setting.name == key || setting.aliases.contains(&key))
    }

    /// The other program's setting with this name.
    #[must_use]
    pub fn other_setting(&self, key: &str) -> Option<&'static OtherSetting> {
        self.other_settings.iter().find(|setting| setting.name == key)
    }

    /// The environment variable of a key, `TAP_HEROKU_API_TOKEN`.
    #[must_use]
    pub fn environment_variable(&self, key: &str) -> String {
        format!("{}_{key}", self.name.replace('-', "_")).to_uppercase()
    }
}

/// A setting of another program of the kind, so that a config that was written for that one is understood as a whole.
#[derive(Debug)]
pub struct OtherSetting {
    /// Its name there.
    pub name: &'static str,
    /// Whose it is.
    pub of: &'static str,
    /// Why it has no effect here: a fragment that follows a colon.
    pub reason: &'static str,
}

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// Any text; numbers and booleans in a file are taken as their text.
    Text,
    /// `true` or `false`; as text also `yes/no`, `on/off`, `1/0`.
    Boolean,
    /// A whole number.
    Integer,
    /// A list of texts; as text a JSON array or names between commas.
    List,
    /// An object; as text JSON.
    Object,
}

/// One setting. Built with the `const` methods, so that a table reads like one.
#[derive(Debug)]
pub struct Setting {
    /// The name in a config file.
    pub name: &'static str,
    /// Other names for it, with the same meaning and kind.
    pub aliases: &'static [&'static str],
    /// What it holds.
    pub kind: SettingKind,
    /// Default as JSON text (`"\"https\""`, `10000`).
    pub default: Option<&'static str>,
    /// One or two sentences for a user.
    pub description: &'static str,
    /// Never to be shown.
    pub secret: bool,
    /// Missing is a problem.
    pub required: bool,
    /// The allowed words, when only some are; compared without case.
    pub options: &'static [&'static str],
    /// The program judges other words than those itself.
    pub is_open: bool,
    /// `true` and `false` may stand in the place of a list, for all and nothing.
    pub is_switch: bool,
}

impl Setting {
    const fn new(name: &'static str, kind: SettingKind, description: &'static str) -> Self {
        Self {
            name,
            aliases: &[],
            kind,
            default: None,
            description,
            secret: false,
            required: false,
            options: &[],
            is_open: false,
            is_switch: false,
        }
    }

    /// A setting that holds text.
    #[must_use]
    pub const fn text(name: &'static str, description: &'static str) -> Self {
        Self::new(name, SettingKind::Text, description)
    }

    /// A setting that is true or false.
    #[must_use]
    pub const fn boolean(name: &'static str, description: &'static str) -> Self {
        Self::new(name, SettingKind::Boolean, description)
    }

    /// A setting that is a whole number.
    #[must_use]
    pub const fn integer(name: &'static str, description: &'static str) -> Self {
        Self::new(name, SettingKind::Integer, description)
    }

    /// A setting that is a list of texts.
    #[must_use]
    pub const fn list(name: &'static str, description: &'static str) -> Self {
        Self::new(name, SettingKind::List, description)
    }

    /// A setting that is an object.
    #[must_use]
    pub const fn object(name: &'static str, description: &'static str) -> Self {
        Self::new(name, SettingKind::Object, description)
    }

    /// Other names for it.
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Its default, as JSON text.
    #[must_use]
    pub const fn default(mut self, json: &'static str) -> Self {
        self.default = Some(json);
        self
    }

    /// Its allowed words.
    #[must_use]
    pub const fn options(mut self, options: &'static [&'static str]) -> Self {
        self.options = options;
        self
    }

    /// Other words than its options are for the program to judge.
    #[must_use]
    pub const fn open(mut self) -> Self {
        self.is_open = true;
        self
    }

    /// `true` and `false` may stand in the place of the list.
    #[must_use]
    pub const fn switch(mut self) -> Self {
        self.is_switch = true;
        self
    }

    /// Never to be shown.
    #[must_use]
    pub const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Missing is a problem.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// The default as JSON.
    #[must_use]
    pub fn default_value(&self) -> Option<serde_json::Value> {
        // A default that is not JSON is caught by the generated-file test of each program, where it would be missing.
        serde_json::from_str(self.default?).ok()
    }
}
