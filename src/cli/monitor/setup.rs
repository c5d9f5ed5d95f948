//! From arguments to what a watch is made with.

use std::time::Duration;

use super::args::{MonitorArgs, StopWhen};
use crate::cli::compare;
use crate::cli::duration::duration;
use crate::cli::failure::Failure;
use crate::cli::input::{self, Knowledge};
use crate::cli::output;
use crate::model::{Concern, Timestamp};
use crate::monitor::{EVERY_MINUTES_MAX, Named, Schedule, Setup, StopOn};

/// Longest watch, days: what is older than Cloud Logging keeps by default cannot be read again.
const DAYS_MAX: u64 = 14;

/// Reads `--for`.
pub fn length(text: &str) -> Result<Duration, Failure> {
    let length = duration(text)?;
    if length > Duration::from_secs(DAYS_MAX * 86_400) || length < Duration::from_secs(600) {
        return Err(Failure::usage(
            format!("--for {text}: a watch lasts 10 minutes at least and {DAYS_MAX} days at most"),
            "such as --for 24h",
        ));
    }
    Ok(length)
}

/// What the arguments say of a watch, before the time of the deploy is known.
pub struct Plan {
    length: Duration,
    every_minutes: u32,
    checkpoints: Vec<Duration>,
    /// How much of the log before the deploy is read.
    pub baseline: Duration,
}

impl Plan {
    /// Reads the arguments.
    pub fn new(args: &MonitorArgs) -> Result<Plan, Failure> {
        let length = length(&args.length)?;
        let every = duration(&args.every)?.as_secs();
        let minutes = u32::try_from(every / 60).unwrap_or(u32::MAX);
        if every % 300 != 0 || minutes > EVERY_MINUTES_MAX || 60 % minutes != 0 {
            return Err(Failure::usage(
                format!(
                    "--every {}: looks are made every 5, 10, 15, 20, 30 or 60 minutes",
                    args.every
                ),
                "such as --every 5m",
            ));
        }
        let checkpoints = args.checkpoints.iter().map(|c| duration(c)).collect::<Result<_, _>>()?;
        Ok(Plan {
            length,
            every_minutes: minutes,
            checkpoints,
            baseline: duration(&args.baseline_for)?,
        })
    }

    /// Time between looks.
    pub fn every(&self) -> Duration {
        Duration::from_secs(u64::from(self.every_minutes) * 60)
    }

    /// The times of the looks, for a deploy at that time.
    pub fn schedule(&self, started: Timestamp) -> Schedule {
        Schedule::new(started, self.length, self.every_minutes, &self.checkpoints)
    }
}

/// What stays the same from look to look.
pub fn setup(args: &MonitorArgs, schedule: Schedule, knowledge: &Knowledge) -> Result<Setup, Failure> {
    let mut notes: Vec<Concern> = vec![];
    notes.extend(args.select.filter.is_some().then(compare::filtered));
    Ok(Setup {
        schedule,
        policy: compare::policy(args.policy.as_deref())?,
        same_hours: args.same_hours,
        stop_on: match args.stop_on {
            StopWhen::RollBack => StopOn::RollBack,
            StopWhen::Verdict => StopOn::Verdict,
            StopWhen::Never => StopOn::Never,
        },
        named: Named {
            candidate: input::globs(&args.candidate_revision)?,
            baseline: input::globs(&args.baseline_revision)?,
        },
        tool: output::tool(&knowledge.packs),
        notes,
    })
}

/// What must be the same in every run of a watch, in words: counts made otherwise do not add up.
pub fn fingerprint(args: &MonitorArgs, setup: &Setup, knowledge: &Knowledge) -> String {
    let hash = |text: &str| format!("{:08x}", xxhash_rust::xxh3::xxh3_64(text.as_bytes()) as u32);
    let packs: Vec<&str> = knowledge.packs.packs().iter().map(|p| p.sha256.as_str()).collect();
    let filter = args
        .select
        .filter
        .as_ref()
        .map_or("none".to_owned(), |f| hash(f.text()));
    format!(
        "looks every {} min until {}, same hours {}, policy {}, packs {}, texts {}, filter {filter}",
        setup.schedule.every_minutes(),
        setup.schedule.ends(),
        if setup.same_hours { "yes" } else { "no" },
        hash(&format!("{:?}", setup.policy)),
        hash(&packs.join(" ")),
        hash(&crate::profile::texts_version(&knowledge.in_app)),
    )
}
