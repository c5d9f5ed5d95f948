//! `projects.timeSeries.list`: one question, all pages.
//!
//! Input: metric, filter, grouping, alignment. Output: points with their labels. The window and the alignment are whole
//! minutes, so that it does not matter at which end Google anchors the periods.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Deserializer};

use super::buckets::Distribution;
use crate::cloud::run::ServiceName;
use crate::cloud::{Api, Call, Client, CloudError, ErrorKind, encode_segment};
use crate::model::{Timestamp, quoted};

/// Points that Google puts on a page at most.
const PAGE_SIZE: &str = "100000";
/// Pages of one question: 20 million points are more than any service has.
const PAGES_MAX: usize = 200;

/// What is asked.
pub(super) struct Question<'a> {
    pub name: &'a ServiceName,
    pub metric: &'a str,
    /// Further conditions, such as the revisions.
    pub revisions: &'a [String],
    /// Labels that stay apart: all others are added up.
    pub group_by: &'a [&'a str],
    pub start: Timestamp,
    pub end: Timestamp,
    /// Seconds of a period.
    pub period_s: i64,
}

/// One aligned value.
pub(super) struct Aligned {
    /// By label, as grouped.
    pub labels: BTreeMap<String, String>,
    /// End of its period.
    pub end: Timestamp,
    pub value: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Page {
    time_series: Vec<Series>,
    next_page_token: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Series {
    metric: Labelled,
    resource: Labelled,
    points: Vec<Point>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Labelled {
    labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Point {
    interval: Interval,
    value: Value,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Interval {
    end_time: String,
}

/// A value; the kinds that these metrics have.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Value {
    #[serde(deserialize_with = "maybe_count")]
    int64_value: Option<u64>,
    double_value: Option<f64>,
    pub distribution_value: Option<Distribution>,
}

impl Value {
    /// A count; aligning may have made a fraction of it.
    pub fn count(&self) -> u64 {
        let rounded = || self.double_value.map_or(0, |v| v.round() as u64);
        self.int64_value.unwrap_or_else(rounded)
    }
}

impl Question<'_> {
    /// The filter; every name in it is quoted.
    pub fn filter(&self) -> String {
        let mut filter = format!(
            "metric.type={} AND resource.type=\"cloud_run_revision\" AND resource.labels.service_name={} AND \
             resource.labels.location={}",
            quoted(self.metric),
            quoted(&self.name.service),
            quoted(&self.name.region)
        );
        if !self.revisions.is_empty() {
            let names: Vec<String> = self.revisions.iter().map(|r| quoted(r)).collect();
            filter.push_str(&format!(
                " AND resource.labels.revision_name=one_of({})",
                names.join(",")
            ));
        }
        filter
    }

    fn call(&self, token: &str) -> Call {
        let path = format!("/v3/projects/{}/timeSeries", encode_segment(&self.name.project));
        let mut call = Call::get(Api::Monitoring, path)
            .query("filter", self.filter())
            .query("interval.startTime", self.start.to_string())
            .query("interval.endTime", self.end.to_string())
            .query("aggregation.alignmentPeriod", format!("{}s", self.period_s))
            .query("aggregation.perSeriesAligner", "ALIGN_DELTA")
            .query("aggregation.crossSeriesReducer", "REDUCE_SUM")
            .query("view", "FULL")
            .query("pageSize", PAGE_SIZE);
        for label in self.group_by {
            call = call.query("aggregation.groupByFields", *label);
        }
        if token.is_empty() {
            call
        } else {
            call.query("pageToken", token)
        }
    }

    /// Asks for all pages.
    ///
    /// # Errors
    /// Those of the calls; pages without end.
    pub fn ask(&self, client: &Client) -> Result<Vec<Aligned>, CloudError> {
        let (mut found, mut token, mut tokens) = (vec![], String::new(), HashSet::new());
        for _ in 0..PAGES_MAX {
            let page: Page = client.send(&self.call(&token), |body| {
                serde_json::from_slice(&body).map_err(|e| e.to_string())
            })?;
            found.extend(page.time_series.into_iter().flat_map(aligned));
            if page.next_page_token.is_empty() {
                return Ok(found);
            }
            if !tokens.insert(page.next_page_token.clone()) {
                break;
            }
            token = page.next_page_token;
        }
        Err(CloudError::new(
            ErrorKind::BadAnswer,
            "Cloud Monitoring gives pages without end",
            "ask for a shorter window",
        ))
    }
}

fn aligned(series: Series) -> impl Iterator<Item = Aligned> {
    let mut labels = series.metric.labels;
    labels.extend(series.resource.labels);
    series.points.into_iter().filter_map(move |point| {
        Some(Aligned {
            labels: labels.clone(),
            end: Timestamp::parse(&point.interval.end_time)?,
            value: point.value,
        })
    })
}

/// A count: an int64 comes as a string, and is never negative.
pub(super) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    Ok(maybe_count(from)?.unwrap_or(0))
}

fn maybe_count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Number {
        Text(String),
        Whole(i64),
    }
    let number = match Option::<Number>::deserialize(from)? {
        None => return Ok(None),
        Some(Number::Text(text)) => text.parse().map_err(serde::de::Error::custom)?,
        Some(Number::Whole(n)) => n,
    };
    Ok(Some(u64::try_from(number).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_in_filters_and_encoded_in_paths() {
        let name = ServiceName {
            project: "acme/shop".into(),
            region: "europe-west1".into(),
            service: "a\" OR \"b".into(),
        };
        let question = Question {
            name: &name,
            metric: "run.googleapis.com/request_count",
            revisions: &["r1".into(), "r\"2".into()],
            group_by: &["metric.labels.response_code", "resource.labels.revision_name"],
            start: Timestamp(0),
            end: Timestamp(60_000_000_000),
            period_s: 60,
        };
        let filter = question.filter();
        assert!(filter.contains(r#"service_name="a\" OR \"b" AND"#), "{filter}");
        assert!(filter.ends_with(r#"revision_name=one_of("r1","r\"2")"#), "{filter}");
        let call = question.call("t");
        assert_eq!(call.path, "/v3/projects/acme%2Fshop/timeSeries");
        let groups = call.query.iter().filter(|(k, _)| k == "aggregation.groupByFields");
        assert_eq!(groups.count(), 2);
        assert!(
            call.query
                .contains(&("interval.startTime".into(), "1970-01-01T00:00:00Z".into()))
        );
        assert!(!call.is_read_request && call.query.contains(&("pageToken".into(), "t".into())));
    }

    #[test]
    fn values_of_every_kind_are_counts() {
        for (json, n) in [
            (r#"{"int64Value": "12"}"#, 12),
            (r#"{"int64Value": 12}"#, 12),
            (r#"{"doubleValue": 11.6}"#, 12),
            (r#"{"doubleValue": -3}"#, 0),
            (r#"{"int64Value": "-1"}"#, 0),
            ("{}", 0),
        ] {
            let value: Value = serde_json::from_str(json).unwrap();
            assert_eq!(value.count(), n, "{json}");
        }
        assert!(serde_json::from_str::<Value>(r#"{"int64Value": "many"}"#).is_err());
    }
}
