//! Cloud Logging as the log of a watch, read by the time at which entries were received; and what Cloud Run says meanwhile.

use std::io::Write;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::args::MonitorArgs;
use crate::cli::args::Common;
use crate::cli::failure::Failure;
use crate::cli::input::{self, Knowledge};
use crate::cli::live::deploy::Found;
use crate::cli::live::reading;
use crate::cli::live::session::Session;
use crate::cli::live::target;
use crate::cloud::run::{self, Asked, Deploy, Service, ServiceName};
use crate::cloud::{Clock, CloudError, ErrorKind, SystemClock, monitoring};
use crate::compare::exactly;
use crate::ingest::cloud_logging::{Fields, Listing, ListingOptions, Query};
use crate::ingest::{Feed, Identity, Overlap, Selection};
use crate::model::{Concern, Timestamp, Window};
use crate::monitor::{Batch, Log, Schedule, Span, Told, Trouble};

const MINUTE_NS: i64 = 60_000_000_000;
/// What was received so long before a look's share is read again: it may have been invisible.
const READ_AGAIN_NS: i64 = 5 * MINUTE_NS;
/// An entry may be written so long after its time, beside the longest time of a request.
const WRITTEN_LATE_NS: i64 = 60 * MINUTE_NS;
/// Entries may bear a time so far ahead of Google's clock.
const AHEAD_NS: i64 = 60 * MINUTE_NS;
/// Reading the baseline may take so many minutes at the quota.
const BASELINE_READ_MINUTES: u64 = 5;
/// Shortest baseline, minutes; see `cloud::run::plan`.
const BASELINE_MINUTES_MIN: u64 = 60;
/// Entries of a page.
const PAGE_ENTRIES: u64 = 1_000;

/// A log that grows.
pub struct Live<'a> {
    pub args: &'a MonitorArgs,
    pub common: &'a Common,
    pub knowledge: &'a Knowledge,
    pub schedule: Schedule,
    pub name: ServiceName,
    pub candidate: String,
    /// Nothing before this is read.
    pub since: Timestamp,
    pub request_timeout: Duration,
    /// Shared with the clock of the watch, which is Google's.
    pub session: Arc<Mutex<Session>>,
    /// What was asked before the first look, which the first look need not ask again.
    pub service: Option<Service>,
    /// Requests of this session that were told of.
    pub told_requests: u64,
    /// Requests of earlier sessions that were not told of.
    pub untold: u64,
    /// The session was opened for the reading that comes.
    pub is_fresh: bool,
    pub warnings: &'a mut dyn Write,
}

/// Google's time, where it was heard.
pub struct GoogleClock(pub Arc<Mutex<Session>>);

impl Clock for GoogleClock {
    fn now(&self) -> Timestamp {
        lock(&self.0).client.now()
    }

    fn elapsed(&self) -> Duration {
        SystemClock.elapsed()
    }

    fn sleep(&self, time: Duration) {
        SystemClock.sleep(time);
    }
}

fn lock(session: &Mutex<Session>) -> std::sync::MutexGuard<'_, Session> {
    session.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<CloudError> for Trouble {
    fn from(error: CloudError) -> Trouble {
        Trouble {
            cause: error.cause,
            hint: error.hint,
        }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Trouble {
        Trouble {
            cause: failure.cause,
            hint: failure.hint,
        }
    }
}

impl Log for Live<'_> {
    fn read(&mut self, looks: RangeInclusive<i64>, known: Vec<Identity>) -> Result<Batch, Trouble> {
        if !std::mem::take(&mut self.is_fresh) {
            self.renew()?;
        }
        let (first, last) = (*looks.start(), *looks.end());
        let until = self.schedule.received_until(last);
        let overlap = Overlap::new(known, back(until, READ_AGAIN_NS));
        let span = Span::new(&self.schedule, looks, true);
        let session = lock(&self.session);
        let listing = Listing::new(
            &session.client,
            self.query(&session, first, until),
            ListingOptions {
                late_look: false,
                ..ListingOptions::default()
            },
        );
        let feeds: [&dyn Feed; 1] = [&listing];
        let (slices, coverage) = input::slices(
            (&[], &feeds),
            Selection::default(),
            Some(&overlap),
            &span,
            self.knowledge,
            self.common,
        )?;
        if let Some(unread) = coverage.unread.first() {
            return Err(Trouble {
                cause: format!("the log could not be read whole: {}", unread.reason),
                hint: "nothing of it was counted, and it is read again at the next look".to_owned(),
            });
        }
        Ok(Batch {
            slices: Arc::new(slices),
            coverage,
            is_whole: false,
            known: overlap.into_known(),
        })
    }

    fn told(&mut self, before: Option<&Told>) -> Result<Option<Told>, Trouble> {
        let asked = self.service.take();
        if asked.is_none() {
            self.renew()?;
        }
        self.is_fresh = true;
        let session = lock(&self.session);
        let answer = asked.map_or_else(|| run::service(&session.client, &self.name), Ok);
        let service = match answer {
            Ok(service) => service,
            Err(error) if error.kind == ErrorKind::NotFound => {
                let message = format!("The service {} is gone: {}", self.name.service, error.cause);
                return Ok(Some(Told {
                    over: Some(("service-gone".into(), message)),
                    ..Told::default()
                }));
            }
            Err(error) => return Err(error.into()),
        };
        let is_same = |told: &&Told| told.changed_at.is_some() && told.changed_at == service.update_time;
        if let Some(told) = before.filter(|_| !service.reconciling).filter(is_same) {
            return Ok(Some(told.clone()));
        }
        let revisions = run::revisions(&session.client, &self.name)?;
        let now = session.now();
        let asked = Asked {
            candidate: exactly(&self.candidate).into_iter().collect(),
            baseline: input::globs(&self.args.baseline_revision)?,
            ..Asked::default()
        };
        let ours = run::choose(&service, &revisions, &asked, now);
        let newest = run::choose(&service, &revisions, &Asked::default(), now);
        let mut told = match ours {
            Ok(ours) => of_deploy(ours),
            Err(error) => Told {
                over: Some((
                    "service-gone".into(),
                    format!("The revision {} is gone: {error}.", self.candidate),
                )),
                ..Told::default()
            },
        };
        told.changed_at = service.update_time;
        if let Ok(newest) = newest {
            told.over = told.over.or_else(|| self.second(&newest));
        }
        Ok(Some(told))
    }

    fn requests(&mut self) -> u64 {
        let all = lock(&self.session).client.stats().requests;
        let new = all.saturating_sub(self.told_requests);
        self.told_requests = all;
        new + std::mem::take(&mut self.untold)
    }
}

impl Live<'_> {
    /// A client lives for one look: its deadline is the look's, and nothing that it remembers grows old.
    fn renew(&mut self) -> Result<(), Trouble> {
        let session = Session::open(&self.args.live, self.common, self.warnings)?;
        let mut current = lock(&self.session);
        // What the old one asked and was not told of yet is still to be told.
        self.untold += current.client.stats().requests.saturating_sub(self.told_requests);
        self.told_requests = 0;
        *current = session;
        Ok(())
    }

    /// The look's share of the log, and again what was received shortly before.
    fn query(&self, session: &Session, first: i64, until: Timestamp) -> Query {
        let own = target::own_condition(&self.args.select);
        let own = own.map_or(String::new(), |own| format!("\nAND {own}"));
        let before = format!("receiveTimestamp<\"{until}\"");
        let filter = format!("{}{own}\nAND {before}", self.name.log_filter(&[]));
        let end = Some(Timestamp(until.0.saturating_add(AHEAD_NS)));
        let (filter, start) = if first == self.schedule.first() {
            (filter, self.since)
        } else {
            let since = back(self.schedule.received_until(first - 1), READ_AGAIN_NS);
            let late = WRITTEN_LATE_NS + i64::try_from(self.request_timeout.as_nanos()).unwrap_or(i64::MAX / 2);
            (
                format!("{filter}\nAND receiveTimestamp>=\"{since}\""),
                back(since, late).max(self.since),
            )
        };
        Query {
            resource_names: reading::resource_names(session, &self.args.live),
            filter,
            window: Window {
                start: Some(start),
                end,
            },
            fields: Fields::Needed,
        }
    }

    /// A newer deploy that serves.
    fn second(&self, newest: &Deploy) -> Option<(String, String)> {
        (newest.candidate != self.candidate && newest.candidate_percent > 0).then(|| {
            let message = format!(
                "A second deploy: {} was created at {} and gets {} % of the traffic. What is judged from then on is no longer \
                 this deploy alone.",
                newest.candidate, newest.created_at, newest.candidate_percent
            );
            ("second-deploy".to_owned(), message)
        })
    }
}

/// What a deploy's state forbids or is worth telling. Its age changes from look to look, and is told by the watch itself.
pub fn of_deploy(deploy: Deploy) -> Told {
    let by_age = |note: &Concern| ["just-deployed", "clock"].contains(&note.code.as_str());
    Told {
        concerns: deploy.concerns,
        notes: deploy.notes.into_iter().filter(|note| !by_age(note)).collect(),
        ..Told::default()
    }
}

fn back(time: Timestamp, nanos: i64) -> Timestamp {
    Timestamp(time.0.saturating_sub(nanos))
}

/// Since when to read, for the baseline that was asked for: less where that would take too long. Says so.
pub fn baseline_since(
    session: &Session,
    found: &mut Found,
    started: Timestamp,
    asked: Duration,
    per_minute: u32,
) -> Timestamp {
    let minutes = asked.as_secs() / 60;
    let start = |minutes: u64| {
        back(
            started,
            i64::try_from(minutes).unwrap_or(i64::MAX / MINUTE_NS) * MINUTE_NS,
        )
    };
    let window = Window {
        start: Some(start(minutes)),
        end: Some(started),
    };
    let most = u64::from(per_minute) * PAGE_ENTRIES * BASELINE_READ_MINUTES;
    let (taken, why) = match monitoring::entry_counts(&session.client, &found.name, &[], &window) {
        Ok(counts) if counts.total() <= most => return start(minutes),
        Ok(counts) => {
            let fit = minutes.saturating_mul(most) / counts.total().max(1);
            (
                fit,
                format!("all of {minutes} minutes would be {} entries", counts.total()),
            )
        }
        Err(error) => (
            BASELINE_MINUTES_MIN,
            format!("how much there is to read was not known: {}", error.cause),
        ),
    };
    let taken = taken.max(BASELINE_MINUTES_MIN).min(minutes);
    found.plan.why.push(format!(
        "Baseline of the watch: the {taken} minutes before the deploy; {why}."
    ));
    start(taken)
}
