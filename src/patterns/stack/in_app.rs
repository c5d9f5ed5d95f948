//! Which frames are of the application: the user's rules first, then the defaults of each language.

use std::fmt;

use super::trace::Site;
use super::{Language, libraries};

/// Path rules. The default has none of the user's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InApp {
    rules: Vec<Rule>,
}

/// A rule that cannot be used. [`fmt::Display`] gives the cause; [`InAppError::hint`] says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InAppError {
    /// The rule as written.
    pub rule: String,
    /// What is wrong with it.
    pub cause: String,
}

impl fmt::Display for InAppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the frame rule `{}` cannot be used: {}", self.rule, self.cause)
    }
}

impl std::error::Error for InAppError {}

impl InAppError {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        "write the start of a path or name (`app/`, `com.acme`), or a text with `*` and `?` that must fit all of it"
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    written: String,
    /// None for a plain prefix.
    glob: Option<glob::Pattern>,
    in_app: bool,
}

impl InApp {
    /// Rules of the user: what is of the application, and what is of libraries. Each is compared with the path as
    /// written and with the place (path below the application's folder, class, package); one with `*`, `?` or `[` must
    /// fit all of it, any other its beginning, up to the end of a part. The longest rule that fits decides, and of two
    /// equally long ones that for the application.
    ///
    /// # Errors
    /// The first rule that is empty or no glob.
    pub fn new<S: AsRef<str>>(in_app: &[S], library: &[S]) -> Result<InApp, InAppError> {
        let own = in_app.iter().map(|rule| (rule.as_ref(), true));
        let others = library.iter().map(|rule| (rule.as_ref(), false));
        let mut rules = own
            .chain(others)
            .map(|(text, in_app)| rule(text, in_app))
            .collect::<Result<Vec<_>, _>>()?;
        // Stable: of equal length, those for the application stay in front.
        rules.sort_by_key(|rule| std::cmp::Reverse(rule.written.len()));
        Ok(InApp { rules })
    }

    /// Whether a frame is of the application; `place` gives its place when a rule of the user has to be asked.
    pub(super) fn is_in_app(&self, language: Language, site: &Site<'_>, place: impl FnOnce() -> String) -> bool {
        let slashed = site.path.contains('\\').then(|| site.path.replace('\\', "/"));
        let path = slashed.as_deref().unwrap_or(site.path);
        if !self.rules.is_empty() {
            let place = place();
            if let Some(rule) = self.rules.iter().find(|rule| rule.fits(path) || rule.fits(&place)) {
                return rule.in_app;
            }
        }
        !libraries::is_library(language, path, site.function)
    }
}

fn rule(text: &str, in_app: bool) -> Result<Rule, InAppError> {
    let fail = |cause: &str| InAppError {
        rule: text.to_owned(),
        cause: cause.to_owned(),
    };
    if text.trim().is_empty() {
        return Err(fail("it is empty"));
    }
    let glob = match text.contains(['*', '?', '[']) {
        true => Some(glob::Pattern::new(text).map_err(|error| fail(error.msg))?),
        false => None,
    };
    Ok(Rule {
        written: text.to_owned(),
        glob,
        in_app,
    })
}

impl Rule {
    fn fits(&self, text: &str) -> bool {
        match &self.glob {
            Some(glob) => glob.matches(text),
            None => text.strip_prefix(&self.written).is_some_and(|rest| {
                let at_end = self.written.ends_with(['/', '.', ':']) || rest.is_empty();
                at_end || rest.starts_with(['/', '.', ':', '$', '+'])
            }),
        }
    }
}
