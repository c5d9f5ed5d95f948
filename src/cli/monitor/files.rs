//! Recorded logs as the log of a watch: read once, counted look by look.

use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::cli::args::{Common, SelectArgs};
use crate::cli::failure::Failure;
use crate::cli::input::{self, Knowledge};
use crate::ingest::{Coverage, Identity};
use crate::model::Timestamp;
use crate::monitor::{Batch, Log, Schedule, Slices, Span, Told, Trouble};

/// What was recorded, counted.
pub struct Files {
    slices: Arc<Slices>,
    coverage: Coverage,
}

impl Files {
    /// Reads all files; the looks before `first` were made in an earlier run.
    pub fn read(
        (inputs, select): (&[String], &SelectArgs),
        schedule: &Schedule,
        first: i64,
        knowledge: &Knowledge,
        common: &Common,
    ) -> Result<Files, Failure> {
        let sources = input::sources(inputs)?;
        let selection = input::selection(select, &[])?;
        let span = Span::new(schedule, first..=schedule.last(), false);
        let (slices, coverage) = input::slices((&sources, &[]), selection, None, &span, knowledge, common)?;
        if coverage.entries_read == 0 {
            return Err(input::no_entry(&[&coverage]));
        }
        Ok(Files {
            slices: Arc::new(slices),
            coverage,
        })
    }

    /// Nothing, for a watch that is over.
    pub fn none() -> Files {
        Files {
            slices: Arc::default(),
            coverage: Coverage::default(),
        }
    }

    /// The same once more, for another watch: its looks take the counts away.
    pub fn again(&self) -> Files {
        Files {
            slices: Arc::new(self.slices.copied()),
            coverage: self.coverage.clone(),
        }
    }

    /// What was read.
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// The newest time that was recorded: the watch is at that time.
    pub fn newest(&self) -> Timestamp {
        self.coverage.last.unwrap_or(Timestamp(i64::MIN))
    }
}

impl Log for Files {
    fn read(&mut self, _: RangeInclusive<i64>, _: Vec<Identity>) -> Result<Batch, Trouble> {
        Ok(Batch {
            slices: Arc::clone(&self.slices),
            coverage: self.coverage.clone(),
            is_whole: true,
            known: vec![],
        })
    }

    fn told(&mut self, _: Option<&Told>) -> Result<Option<Told>, Trouble> {
        Ok(None)
    }

    fn requests(&mut self) -> u64 {
        0
    }
}
