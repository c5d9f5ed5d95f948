//! What is watched, as notices and the status page name it.

use super::{MOST_ITEMS, name};
use crate::report::value::{Report, Side};
use crate::report::words;

/// What is watched, in names.
pub(super) struct Names {
    pub project: String,
    pub region: String,
    pub service: String,
    pub candidate: String,
    pub baseline: Option<String>,
}

impl Names {
    /// As Cloud Run tells them, else as the entries do.
    pub(super) fn of(report: &Report) -> Names {
        if let Some(deploy) = &report.deploy {
            return Names {
                project: name(&deploy.project),
                region: name(&deploy.region),
                service: name(&deploy.service),
                candidate: name(&deploy.candidate),
                baseline: deploy.baseline.as_deref().map(name),
            };
        }
        let (baseline, candidate) = (&report.sides.baseline, &report.sides.candidate);
        let side = if candidate.services.is_empty() {
            baseline
        } else {
            candidate
        };
        let revisions = |side: &Side| name(&words::list(&side.revisions, "", MOST_ITEMS));
        Names {
            project: name(&side.project),
            region: name(&side.location),
            service: name(&words::list(&side.services, "", MOST_ITEMS)),
            candidate: revisions(candidate),
            baseline: Some(revisions(baseline)).filter(|r| !r.is_empty()),
        }
    }
}
