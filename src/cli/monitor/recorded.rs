//! A watch of recorded logs: the looks as they would have been made, at once.

use std::io::Write;

use super::files::Files;
use super::place::Place;
use super::{Given, Resumed, drive, setup};
use crate::cli::failure::Failure;
use crate::cli::input;
use crate::cli::output;
use crate::cloud::TestClock;
use crate::monitor::state::{Identity, Saved};
use crate::monitor::{History, Until};

pub fn watch(given: &Given<'_>, out: &mut dyn Write, err: &mut dyn Write) -> Result<u8, Failure> {
    let (args, common) = (given.args, given.common);
    let started = input::time(args.deployed_at.as_deref().unwrap_or_default())?;
    let schedule = given.plan.schedule(started);
    let setup = setup::setup(args, schedule.clone(), given.knowledge)?;
    let (state, saved) = match &args.state {
        None => (None, Saved::default()),
        Some(named) => {
            let place = Place::find(named, &args.live)?;
            let (store, saved) = place.open(&Identity {
                project: String::new(),
                region: String::new(),
                service: args.select.service.join(" "),
                candidate: args.candidate_revision.join(" "),
                baseline: args.baseline_revision.join(" "),
                deployed_at: started.to_string(),
                settings: format!(
                    "{}, files {}",
                    setup::fingerprint(args, &setup, given.knowledge),
                    args.input.join(" ")
                ),
            })?;
            (Some((store, place)), saved)
        }
    };
    let resumed = Resumed::of(saved, || History::new(started, schedule.first() - 1, None, None))?;
    let next = resumed.history.last_look + 1;
    let mut files = match resumed.history.ended {
        None => Files::read((&args.input, &args.select), &schedule, next, given.knowledge, common)?,
        Some(_) => Files::none(),
    };
    output::tell(files.coverage(), common, err);
    // The recording ends where its last entry is: what would have come later was not recorded.
    let clock = TestClock::at(schedule.ready_at(schedule.look_of(files.newest())));
    drive(
        given,
        &setup,
        resumed,
        state,
        (&mut files, &clock, Until::Due),
        (out, err),
    )
}
