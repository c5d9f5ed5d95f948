//! What Cloud Run's Admin API v2 says of services and revisions, as far as a choice needs it.
//!
//! Input: JSON answers; unknown fields are ignored, left-out ones are empty (proto3 JSON omits zeros). Output: plain values.
//! Every name and message in them is text from outside: nobody may put it into a command or a terminal as it is.

use serde::{Deserialize, Deserializer};

use crate::cloud::encode_segment;
use crate::model::{Timestamp, quoted};

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceName {
    /// Project id.
    pub project: String,
    /// Region, such as `europe-west1`.
    pub region: String,
    /// The service's own name.
    pub service: String,
}

impl ServiceName {
    /// The parts of `projects/P/locations/L/services/S`; what is missing is empty.
    pub(super) fn of_resource(name: &str) -> ServiceName {
        let mut parts = name.split('/');
        let mut after = |word: &str| {
            let found = parts.by_ref().find(|p| *p == word);
            found.and_then(|_| parts.next()).unwrap_or_default().to_owned()
        };
        ServiceName {
            project: after("projects"),
            region: after("locations"),
            service: after("services"),
        }
    }

    /// Path of all services of the region.
    pub(super) fn services_path(&self) -> String {
        let (project, region) = (encode_segment(&self.project), encode_segment(&self.region));
        format!("/v2/projects/{project}/locations/{region}/services")
    }

    /// Path of the service.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.services_path(), encode_segment(&self.service))
    }

    /// Logging query for what the given revisions of the service logged; for all of them where none is given.
    ///
    /// ```
    /// let name = logverdict::cloud::run::ServiceName {
    ///     project: "acme-shop".into(), region: "europe-west1".into(), service: "chat-api".into() };
    /// assert_eq!(name.log_filter(&["chat-api-00042-xay"]), "resource.type=\"cloud_run_revision\" AND \
    ///     resource.labels.service_name=\"chat-api\" AND resource.labels.location=\"europe-west1\" AND \
    ///     resource.labels.revision_name=\"chat-api-00042-xay\"");
    /// ```
    pub fn log_filter(&self, revisions: &[&str]) -> String {
        let mut filter = format!(
            "resource.type=\"cloud_run_revision\" AND resource.labels.service_name={} AND resource.labels.location={}",
            quoted(&self.service),
            quoted(&self.region)
        );
        let names: Vec<String> = revisions.iter().map(|r| quoted(r)).collect();
        match names.as_slice() {
            [] => {}
            [one] => filter.push_str(&format!(" AND resource.labels.revision_name={one}")),
            many => filter.push_str(&format!(" AND resource.labels.revision_name=({})", many.join(" OR "))),
        }
        filter
    }
}

/// A service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    /// Full resource name.
    #[serde(deserialize_with = "text")]
    pub name: String,
    /// The revision that was created last, ready or not.
    #[serde(deserialize_with = "short")]
    pub latest_created_revision: String,
    /// The last revision that became ready.
    #[serde(deserialize_with = "short")]
    pub latest_ready_revision: String,
    /// Where the traffic is to go.
    #[serde(deserialize_with = "list")]
    pub traffic: Vec<Traffic>,
    /// Where it goes.
    #[serde(deserialize_with = "list")]
    pub traffic_statuses: Vec<Traffic>,
    /// How the last change ended.
    #[serde(deserialize_with = "value")]
    pub terminal_condition: Condition,
    /// All conditions.
    #[serde(deserialize_with = "list")]
    pub conditions: Vec<Condition>,
    /// A change is being carried out: everything else may change at any moment.
    #[serde(deserialize_with = "value")]
    pub reconciling: bool,
    /// What the next revision is made of.
    #[serde(deserialize_with = "value")]
    pub template: Template,
    /// When the service was changed last.
    #[serde(deserialize_with = "time")]
    pub update_time: Option<Timestamp>,
}

/// The part of a service's template that matters here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Template {
    /// Longest time of a request, such as `300s`.
    #[serde(deserialize_with = "text")]
    pub timeout: String,
}

/// A share of the traffic.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Traffic {
    /// `TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST` or `..._REVISION`.
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: String,
    /// The revision; may be left out with the type LATEST.
    #[serde(deserialize_with = "short")]
    pub revision: String,
    /// Percent of the requests; a zero is left out.
    #[serde(deserialize_with = "value")]
    pub percent: u32,
    /// Tag by which the revision can be reached on a URL of its own; empty when it has none.
    #[serde(deserialize_with = "text")]
    pub tag: String,
}

impl Traffic {
    /// Follows the last ready revision, whichever that is.
    pub fn is_latest(&self) -> bool {
        self.kind == "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST"
    }
}

/// A condition of a service or a revision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// `Ready`, `ContainerHealthy`, `ResourcesAvailable`, ...
    #[serde(rename = "type", deserialize_with = "text")]
    pub kind: String,
    /// `CONDITION_SUCCEEDED`, `CONDITION_FAILED`, `CONDITION_PENDING`, `CONDITION_RECONCILING`.
    #[serde(deserialize_with = "text")]
    pub state: String,
    /// Why, for people.
    #[serde(deserialize_with = "text")]
    pub message: String,
    /// Why, in one word.
    #[serde(deserialize_with = "text")]
    pub reason: String,
    /// Why, where it is about a revision.
    #[serde(deserialize_with = "text")]
    pub revision_reason: String,
}

impl Condition {
    /// It holds.
    pub fn succeeded(&self) -> bool {
        self.state == "CONDITION_SUCCEEDED"
    }

    /// It does not hold, and will not without a change.
    pub fn failed(&self) -> bool {
        self.state == "CONDITION_FAILED"
    }
}

/// A revision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Revision {
    /// Its own name, without the path.
    #[serde(deserialize_with = "short")]
    pub name: String,
    /// When it was created.
    #[serde(deserialize_with = "time")]
    pub create_time: Option<Timestamp>,
    /// Its conditions.
    #[serde(deserialize_with = "list")]
    pub conditions: Vec<Condition>,
    /// Longest time of a request, such as `300s`.
    #[serde(deserialize_with = "text")]
    pub timeout: String,
    /// Its containers.
    #[serde(deserialize_with = "list")]
    pub containers: Vec<Container>,
    /// It is being created or changed.
    #[serde(deserialize_with = "value")]
    pub reconciling: bool,
}

/// A container of a revision.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// Its image, by digest or tag.
    #[serde(deserialize_with = "text")]
    pub image: String,
}

impl Revision {
    /// Whether it became ready; `None` when nothing says so.
    pub fn is_ready(&self) -> Option<bool> {
        let ready = self.conditions.iter().find(|c| c.kind == "Ready")?;
        Some(ready.succeeded())
    }

    /// Its images, in order.
    pub fn images(&self) -> Vec<&str> {
        self.containers
            .iter()
            .map(|c| c.image.as_str())
            .filter(|i| !i.is_empty())
            .collect()
    }
}

/// The last part of a resource name.
pub fn short_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// A field that is there, but null, counts as left out.
fn value<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(from: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    value(from)
}

fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    value(from)
}

fn short<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name: String = value(from)?;
    Ok(short_name(&name).to_owned())
}

/// A time that cannot be read is as good as none: the answer still tells the rest.
fn time<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
    let text: String = value(from)?;
    Ok(Timestamp::parse(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_with_whatever_else_they_hold() {
        let service: Service = serde_json::from_str(
            r#"{"name": "projects/acme-shop/locations/europe-west1/services/chat-api", "uid": "u", "generation": "7",
            "latestReadyRevision": "projects/p/locations/l/services/s/revisions/chat-api-00042-xay", "reconciling": null,
            "trafficStatuses": [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "percent": 100, "uri": "https://x"},
            {"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": "chat-api-00041-kop", "tag": "old"}],
            "terminalCondition": {"type": "Ready", "state": "CONDITION_SUCCEEDED", "severity": "x"}, "template":
            {"timeout": "60s", "containers": []}, "updateTime": "2026-03-01T10:00:00.123Z", "newField": {"a": [1]}}"#,
        )
        .unwrap();
        assert_eq!(service.latest_ready_revision, "chat-api-00042-xay");
        assert!(service.traffic_statuses[0].is_latest() && service.traffic_statuses[0].revision.is_empty());
        assert_eq!(service.traffic_statuses[1].percent, 0);
        assert!(service.terminal_condition.succeeded() && !service.reconciling);
        assert_eq!(service.template.timeout, "60s");
        assert!(service.update_time.is_some());
        assert_eq!(serde_json::from_str::<Service>("{}").unwrap(), Service::default());
    }

    #[test]
    fn a_revision_is_ready_when_its_condition_says_so() {
        let revision = |state: &str| -> Revision {
            serde_json::from_str(&format!(
                r#"{{"name": "a/b/r", "createTime": "soon", "conditions": [{{"type": "Active", "state": "CONDITION_FAILED"}},
                {{"type": "Ready", "state": "{state}"}}], "containers": [{{"image": "i"}}, {{}}]}}"#
            ))
            .unwrap()
        };
        assert_eq!(revision("CONDITION_SUCCEEDED").is_ready(), Some(true));
        assert_eq!(revision("CONDITION_PENDING").is_ready(), Some(false));
        assert_eq!(Revision::default().is_ready(), None);
        let r = revision("x");
        assert_eq!((r.name.as_str(), r.create_time, r.images()), ("r", None, vec!["i"]));
    }

    #[test]
    fn names_stay_one_segment_of_a_path_and_one_value_of_a_filter() {
        let name = ServiceName {
            project: "acme-shop".into(),
            region: "..".into(),
            service: "a/b?c\" OR \"d".into(),
        };
        assert_eq!(
            name.path(),
            "/v2/projects/acme-shop/locations/%2E%2E/services/a%2Fb%3Fc%22%20OR%20%22d"
        );
        let filter = name.log_filter(&["r1", "r\"2"]);
        assert!(filter.contains(r#"service_name="a/b?c\" OR \"d" AND"#), "{filter}");
        assert!(filter.ends_with(r#"revision_name=("r1" OR "r\"2")"#), "{filter}");
    }
}
