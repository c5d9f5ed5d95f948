//! Cloud Run's Admin API: which revision is the candidate, which the baseline, what state the service is in, and which
//! stretch of time to read.
//!
//! Input: a service's name. Output: a [`Deploy`] that says why, and a [`Plan`]. What is read is in [`fetch`](self), what is
//! decided is pure. Must not judge the deploy, nor read entries.

mod choose;
mod deploy;
mod fetch;
mod found;
mod moved;
mod near;
mod plan;
mod service;
mod traffic;
mod words;

pub use choose::{Asked, choose};
pub use deploy::{ChooseError, Deploy};
pub use fetch::{REVISIONS_MAX, revisions, service, services, traffic_events};
pub use moved::{MovedBy, TrafficEvent, first_serving_minute};
pub use near::near_names;
pub use plan::{AskedWindow, Plan, PlanError, plan};
pub use service::{Condition, Container, Revision, Service, ServiceName, Template, Traffic, short_name};

/// A deploy younger than this cannot be judged: no window is shorter than that for a PROCEED.
const JUST_DEPLOYED_MINUTES: i64 = 10;
