//! Which entries are counted: resource type, service, revision, time, filter. What is left out is counted by reason.

use std::sync::Arc;

use glob::Pattern;

use super::filter::Filter;
use crate::model::{Origin, Timestamp, Window};

/// What to count. Empty lists select everything.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Names of services, with `*` and `?`.
    pub services: Vec<Pattern>,
    /// Names of revisions, with `*` and `?`.
    pub revisions: Vec<Pattern>,
    /// Time; `None` takes all.
    pub window: Option<Window>,
    /// Any other condition; `None` takes all.
    pub filter: Option<Arc<Filter>>,
}

/// Why an entry was left out. The names are part of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exclusion {
    /// Not a `cloud_run_revision`.
    ResourceType,
    /// Another service.
    Service,
    /// Another revision.
    Revision,
    /// Outside of the time window, or without a time where one is asked for.
    Window,
    /// The filter does not take it.
    Filter,
}

impl Exclusion {
    /// All of them, in the order of their declaration.
    pub const ALL: [Exclusion; 5] = [
        Exclusion::ResourceType,
        Exclusion::Service,
        Exclusion::Revision,
        Exclusion::Window,
        Exclusion::Filter,
    ];

    /// The name in JSON and messages.
    pub fn name(self) -> &'static str {
        match self {
            Exclusion::ResourceType => "other-resource-type",
            Exclusion::Service => "other-service",
            Exclusion::Revision => "other-revision",
            Exclusion::Window => "outside-window",
            Exclusion::Filter => "filtered-out",
        }
    }
}

/// The only resource type that is judged. An entry without any is taken: pasted and hand-made exports lose it.
const RESOURCE_TYPE: &str = "cloud_run_revision";

impl Selection {
    /// Whether nothing was asked for, so that every entry of a revision is taken.
    pub fn takes_all(&self) -> bool {
        self.services.is_empty() && self.revisions.is_empty() && self.window.is_none() && self.filter.is_none()
    }

    /// Whether entries of this origin are left out, whatever their time.
    pub fn excludes_origin(&self, origin: &Origin) -> Option<Exclusion> {
        if !origin.resource_type.is_empty() && origin.resource_type != RESOURCE_TYPE {
            return Some(Exclusion::ResourceType);
        }
        if !matches_any(&self.services, &origin.service) {
            return Some(Exclusion::Service);
        }
        (!matches_any(&self.revisions, &origin.revision)).then_some(Exclusion::Revision)
    }

    /// Whether entries of this time are left out.
    pub fn excludes_time(&self, time: Option<Timestamp>) -> Option<Exclusion> {
        let window = self.window.as_ref()?;
        (!time.is_some_and(|t| window.contains(t))).then_some(Exclusion::Window)
    }
}

fn matches_any(patterns: &[Pattern], name: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|p| p.matches(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(resource_type: &str, service: &str, revision: &str) -> Origin {
        Origin {
            resource_type: resource_type.into(),
            service: service.into(),
            revision: revision.into(),
            ..Origin::default()
        }
    }

    #[test]
    fn the_first_reason_is_given() {
        let selection = Selection {
            services: vec![Pattern::new("chat-*").unwrap()],
            revisions: vec![Pattern::new("*-00042-*").unwrap()],
            window: Some(Window {
                start: Some(Timestamp(10)),
                end: None,
            }),
            filter: None,
        };
        let excluded = |t, s, r| selection.excludes_origin(&origin(t, s, r));
        assert_eq!(
            excluded("cloud_run_job", "chat-api", "x"),
            Some(Exclusion::ResourceType)
        );
        assert_eq!(excluded("cloud_run_revision", "auth", "x"), Some(Exclusion::Service));
        assert_eq!(
            excluded("cloud_run_revision", "chat-api", "chat-api-00041-kop"),
            Some(Exclusion::Revision)
        );
        assert_eq!(excluded("", "chat-api", "chat-api-00042-wil"), None);
        assert_eq!(selection.excludes_time(Some(Timestamp(9))), Some(Exclusion::Window));
        assert_eq!(selection.excludes_time(None), Some(Exclusion::Window));
        assert_eq!(selection.excludes_time(Some(Timestamp(10))), None);
    }

    #[test]
    fn nothing_asked_takes_everything() {
        assert_eq!(
            Selection::default().excludes_origin(&origin("cloud_run_revision", "any", "")),
            None
        );
        assert_eq!(Selection::default().excludes_time(None), None);
    }
}
