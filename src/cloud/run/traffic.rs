//! Who gets the traffic of a service: the targets of the Admin API added up by revision.

use super::service::{Service, Traffic};

/// What one revision gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Share {
    /// The revision.
    pub revision: String,
    /// Percent of the requests.
    pub percent: u32,
    /// Tags that it can be reached by.
    pub tags: Vec<String>,
}

/// Each revision with traffic or a tag once, the largest share first. What is served counts; what is wanted only where the
/// answer does not say what is served.
pub(super) fn shares(service: &Service) -> Vec<Share> {
    let mut shares: Vec<Share> = vec![];
    for target in targets(service) {
        let revision = revision_of(target, service);
        if revision.is_empty() || (target.percent == 0 && target.tag.is_empty()) {
            continue;
        }
        let at = shares.iter().position(|s| s.revision == revision).unwrap_or_else(|| {
            shares.push(Share {
                revision: revision.to_owned(),
                percent: 0,
                tags: vec![],
            });
            shares.len() - 1
        });
        shares[at].percent = shares[at].percent.saturating_add(target.percent);
        if !target.tag.is_empty() {
            shares[at].tags.push(target.tag.clone());
        }
    }
    shares.sort_by(|a, b| b.percent.cmp(&a.percent).then_with(|| b.revision.cmp(&a.revision)));
    shares
}

/// Whether no target follows the last ready revision: a new one then gets nothing until somebody says so.
pub(super) fn is_pinned(service: &Service) -> bool {
    let wanted = match service.traffic.as_slice() {
        [] => &service.traffic_statuses,
        traffic => traffic,
    };
    !wanted.is_empty() && !wanted.iter().any(|t| t.is_latest() && t.percent > 0)
}

fn targets(service: &Service) -> &[Traffic] {
    if service.traffic_statuses.is_empty() {
        &service.traffic
    } else {
        &service.traffic_statuses
    }
}

fn revision_of<'a>(target: &'a Traffic, service: &'a Service) -> &'a str {
    if target.revision.is_empty() && target.is_latest() {
        return &service.latest_ready_revision;
    }
    &target.revision
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(kind: &str, revision: &str, percent: u32, tag: &str) -> Traffic {
        Traffic {
            kind: format!("TRAFFIC_TARGET_ALLOCATION_TYPE_{kind}"),
            revision: revision.into(),
            percent,
            tag: tag.into(),
        }
    }

    #[test]
    fn targets_of_one_revision_add_up() {
        let service = Service {
            latest_ready_revision: "c".into(),
            traffic: vec![target("REVISION", "wanted", 100, "")],
            traffic_statuses: vec![
                target("REVISION", "a", 0, "old"),
                target("LATEST", "", 60, ""),
                target("REVISION", "c", 0, "new"),
                target("REVISION", "b", 40, ""),
                target("REVISION", "gone", 0, ""),
            ],
            ..Service::default()
        };
        let shares = shares(&service);
        let told: Vec<(&str, u32, usize)> = shares
            .iter()
            .map(|s| (s.revision.as_str(), s.percent, s.tags.len()))
            .collect();
        assert_eq!(told, [("c", 60, 1), ("b", 40, 0), ("a", 0, 1)]);
        assert!(
            is_pinned(&service),
            "what is wanted decides what the next revision gets"
        );
    }

    #[test]
    fn a_service_without_targets_is_not_pinned() {
        let mut service = Service::default();
        assert!(!is_pinned(&service) && shares(&service).is_empty());
        service.traffic_statuses = vec![target("LATEST", "", 100, "")];
        assert!(
            !is_pinned(&service) && shares(&service).is_empty(),
            "no revision is ready yet"
        );
    }
}
