//! Which apps are read: names, ids and globs, and patterns after `!` that leave apps out. Pure.

use globset::{Glob, GlobMatcher};

/// The setting `apps`, compiled.
#[derive(Debug, Default)]
pub(crate) struct AppFilter {
    wanted: Vec<GlobMatcher>,
    unwanted: Vec<GlobMatcher>,
}

impl AppFilter {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// A fragment that names the pattern that cannot be understood.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, String> {
        let mut filter = Self::default();
        for pattern in patterns {
            let (list, glob) = match pattern.strip_prefix('!') {
                Some(rest) => (&mut filter.unwanted, rest),
                None => (&mut filter.wanted, pattern.as_str()),
            };
            let glob = Glob::new(glob).map_err(|problem| format!("pattern `{pattern}`: {}", problem.kind()))?;
            list.push(glob.compile_matcher());
        }
        Ok(filter)
    }

    /// Whether an app is read. Without wanted patterns every app is, unless it is unwanted.
    pub(crate) fn accepts(&self, id: &str, name: &str) -> bool {
        let any = |list: &[GlobMatcher]| list.iter().any(|glob| glob.is_match(name) || glob.is_match(id));
        (self.wanted.is_empty() || any(&self.wanted)) && !any(&self.unwanted)
    }

    /// The wanted patterns that fit none of these apps (id, name): a misspelt name should not go unnoticed.
    pub(crate) fn without_match<'a>(&'a self, apps: &[(&str, &str)]) -> Vec<&'a str> {
        let fits_none = |glob: &&GlobMatcher| !apps.iter().any(|(id, name)| glob.is_match(name) || glob.is_match(id));
        self.wanted
            .iter()
            .filter(fits_none)
            .map(|glob| glob.glob().glob())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(patterns: &[&str]) -> AppFilter {
        AppFilter::new(&patterns.iter().map(|&pattern| pattern.to_owned()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn names_ids_globs_and_exceptions() {
        let shop = filter(&["shop-*", "0000-1", "!shop-test"]);
        assert!(shop.accepts("x", "shop-web"));
        assert!(shop.accepts("0000-1", "renamed"));
        assert!(!shop.accepts("x", "shop-test"));
        assert!(!shop.accepts("x", "other"));
        assert!(filter(&["!shop-*"]).accepts("x", "other"));
        assert!(filter(&[]).accepts("x", "other"));
        assert_eq!(shop.without_match(&[("x", "shop-web")]), ["0000-1"]);
        assert!(AppFilter::new(&["a[".to_owned()]).is_err());
    }
}
