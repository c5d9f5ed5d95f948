//! Cloud Monitoring: `timeSeries.list` over raw points of a minute, aligned, grouped and paged as Google does it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use logverdict::model::{Minute, Timestamp};
use serde_json::{Value, json};

use super::http::{Request, Response};
use super::server::{Fake, lock};

/// Upper ends of the finite latency buckets, in milliseconds: `scale * growth^i`.
const GROWTH: f64 = 1.4;
const FINITE_BUCKETS: usize = 66;

/// A raw point: so many in the minute that begins there.
#[derive(Clone)]
struct Point {
    metric: String,
    labels: BTreeMap<String, String>,
    minute: i64,
    count: u64,
    /// Counts by bucket, for distributions.
    buckets: Option<Vec<u64>>,
}

/// The metrics of one project.
#[derive(Clone)]
pub struct MonitoringApi {
    points: Arc<Mutex<Vec<Point>>>,
    /// Points on a page.
    page_size: usize,
}

/// Count and buckets by the end of the aligned period.
type Sums = BTreeMap<i64, (u64, Vec<u64>)>;

impl MonitoringApi {
    /// Serves the API with so many points on a page.
    pub fn install(fake: &Fake, page_size: usize) -> MonitoringApi {
        let points = Arc::new(Mutex::new(vec![]));
        let api = MonitoringApi { points, page_size };
        let mine = api.clone();
        fake.on("GET", "/v3/projects/*", move |request| mine.answer(request));
        api
    }

    /// Requests of a revision in a minute, all as fast.
    pub fn requests(&self, revision: &str, minute: &str, status: u16, count: u64, latency_ms: f64) {
        let labels = labels(
            revision,
            &[
                ("response_code", status.to_string()),
                ("response_code_class", class(status)),
            ],
        );
        let minute = minute_of(minute);
        let mut buckets = vec![0; FINITE_BUCKETS + 2];
        buckets[bucket_of(latency_ms)] = count;
        let point = |metric: &str, buckets| Point {
            metric: metric.to_owned(),
            labels: labels.clone(),
            minute,
            count,
            buckets,
        };
        let mut points = lock(&self.points);
        points.push(point("run.googleapis.com/request_count", None));
        points.push(point("run.googleapis.com/request_latencies", Some(buckets)));
    }

    /// Entries of a log in a minute.
    pub fn entries(&self, revision: &str, minute: &str, log: &str, severity: &str, count: u64) {
        let point = Point {
            metric: "logging.googleapis.com/log_entry_count".to_owned(),
            labels: labels(revision, &[("log", log.to_owned()), ("severity", severity.to_owned())]),
            minute: minute_of(minute),
            count,
            buckets: None,
        };
        lock(&self.points).push(point);
    }

    fn answer(&self, request: &Request) -> Response {
        match self.series(request) {
            Ok(series) => self.page(series, request),
            Err(message) => Response::error(400, "INVALID_ARGUMENT", &message, ""),
        }
    }

    /// Aligned sums by group; points newest first, as Google orders them.
    fn series(&self, request: &Request) -> Result<Vec<Value>, String> {
        let query = |name: &str| request.parameter(name).ok_or(format!("Field {name} is required."));
        let time = |name: &str| {
            let text = query(name)?;
            Timestamp::parse(text).ok_or(format!("Field {name} is no time: {text}"))
        };
        let (start, end) = (time("interval.startTime")?, time("interval.endTime")?);
        let period: i64 = query("aggregation.alignmentPeriod")?
            .trim_end_matches('s')
            .parse()
            .map_err(|_| "no period")?;
        if start >= end || period < 60 || query("aggregation.perSeriesAligner")? != "ALIGN_DELTA" {
            return Err("The supplied interval or aggregation is invalid.".into());
        }
        let filter = Filter::parse(query("filter")?)?;
        let groups: Vec<&str> = request
            .query
            .iter()
            .filter(|(name, _)| name == "aggregation.groupByFields")
            .map(|(_, value)| value.as_str())
            .collect();
        let period = period * 1_000_000_000;
        // By group and end of the period; periods are counted from the end of the interval.
        let mut sums: BTreeMap<Vec<String>, Sums> = BTreeMap::new();
        for point in lock(&self.points).iter().filter(|p| filter.takes(p)) {
            let at = Minute(point.minute + 1).start().0;
            if at <= start.0 || at > end.0 {
                continue;
            }
            let period_end = end.0 - (end.0 - at) / period * period;
            let group = groups.iter().map(|g| label(point, g)).collect();
            let sum = sums.entry(group).or_default().entry(period_end).or_default();
            sum.0 += point.count;
            for (i, n) in point.buckets.iter().flatten().enumerate() {
                sum.1.resize(sum.1.len().max(i + 1), 0);
                sum.1[i] += n;
            }
        }
        let of_group = |(group, points): (Vec<String>, Sums)| {
            let points: Vec<Value> = points
                .iter()
                .rev()
                .map(|(end, sum)| point_json(*end, period, sum))
                .collect();
            series_json(&filter.metric, &groups, &group, points)
        };
        Ok(sums.into_iter().map(of_group).collect())
    }

    /// A page of points; a series may go on on the next one.
    fn page(&self, series: Vec<Value>, request: &Request) -> Response {
        let start: usize = request.parameter("pageToken").and_then(|t| t.parse().ok()).unwrap_or(0);
        let (mut at, mut here) = (0, vec![]);
        let mut more = false;
        for one in series {
            let points = one["points"].as_array().cloned().unwrap_or_default();
            let mine: Vec<Value> = points
                .into_iter()
                .filter(|_| {
                    at += 1;
                    more |= at > start + self.page_size;
                    at > start && at <= start + self.page_size
                })
                .collect();
            if !mine.is_empty() {
                let mut part = one.clone();
                part["points"] = json!(mine);
                here.push(part);
            }
        }
        let mut answer = json!({"unit": "1"});
        if !here.is_empty() {
            answer["timeSeries"] = json!(here);
        }
        if more {
            answer["nextPageToken"] = json!((start + self.page_size).to_string());
        }
        Response::json(answer)
    }
}

fn labels(revision: &str, metric: &[(&str, String)]) -> BTreeMap<String, String> {
    let resource = [
        ("service_name", "chat-api"),
        ("location", super::run::REGION),
        ("revision_name", revision),
    ];
    let mut labels: BTreeMap<String, String> = resource
        .map(|(k, v)| (format!("resource.labels.{k}"), v.to_owned()))
        .into();
    labels.extend(metric.iter().map(|(k, v)| (format!("metric.labels.{k}"), v.clone())));
    labels
}

fn class(status: u16) -> String {
    format!("{}xx", status / 100)
}

fn minute_of(text: &str) -> i64 {
    Timestamp::parse(text).expect("a time").minute().0
}

fn bucket_of(latency_ms: f64) -> usize {
    let mut end = 1.0;
    (0..=FINITE_BUCKETS)
        .find(|_| {
            let is_below = latency_ms < end;
            end *= GROWTH;
            is_below
        })
        .unwrap_or(FINITE_BUCKETS + 1)
}

fn label(point: &Point, name: &str) -> String {
    point.labels.get(name).cloned().unwrap_or_default()
}

fn point_json(end: i64, period: i64, (count, buckets): &(u64, Vec<u64>)) -> Value {
    let value = if buckets.is_empty() {
        json!({"int64Value": count.to_string()})
    } else {
        let last = buckets.iter().rposition(|n| *n > 0).map_or(0, |i| i + 1);
        let counts: Vec<String> = buckets[..last].iter().map(u64::to_string).collect();
        let options =
            json!({"exponentialBuckets": {"numFiniteBuckets": FINITE_BUCKETS, "growthFactor": GROWTH, "scale": 1}});
        json!({"distributionValue": {"count": count.to_string(), "mean": 100.5, "bucketOptions": options, "bucketCounts": counts}})
    };
    json!({"interval": {"startTime": Timestamp(end - period).to_string(), "endTime": Timestamp(end).to_string()}, "value": value})
}

fn series_json(metric: &str, groups: &[&str], group: &[String], points: Vec<Value>) -> Value {
    let of = |prefix: &str| -> BTreeMap<String, String> {
        let named = groups.iter().zip(group);
        named
            .filter_map(|(g, v)| Some((g.strip_prefix(prefix)?.to_owned(), v.clone())))
            .collect()
    };
    json!({
        "metric": {"type": metric, "labels": of("metric.labels.")},
        "resource": {"type": "cloud_run_revision", "labels": of("resource.labels.")},
        "metricKind": "DELTA", "valueType": "INT64", "points": points
    })
}

/// The filters that are asked: equalities joined by AND, and `one_of`.
struct Filter {
    metric: String,
    equal: Vec<(String, Vec<String>)>,
}

impl Filter {
    fn parse(text: &str) -> Result<Filter, String> {
        let (mut metric, mut equal) = (None, vec![]);
        for condition in text.split(" AND ") {
            let (field, value) = condition.split_once('=').ok_or(format!("no condition: {condition}"))?;
            let values: Result<Vec<String>, _> = match value.strip_prefix("one_of(").and_then(|v| v.strip_suffix(')')) {
                Some(list) => list.split(',').map(serde_json::from_str).collect(),
                None => serde_json::from_str(value).map(|v| vec![v]),
            };
            let values = values.map_err(|e| format!("{condition}: {e}"))?;
            match field {
                "metric.type" => metric = values.into_iter().next(),
                "resource.type" => {}
                _ => equal.push((field.to_owned(), values)),
            }
        }
        let metric = metric.ok_or("The filter must name a metric type.")?;
        Ok(Filter { metric, equal })
    }

    fn takes(&self, point: &Point) -> bool {
        let holds = |(field, values): &(String, Vec<String>)| values.contains(&label(point, field));
        point.metric == self.metric && self.equal.iter().all(holds)
    }
}
