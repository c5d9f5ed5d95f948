//! Redacts a report that is made already: one that was saved is not trusted to have been redacted, or asked for less.
//!
//! Input: a report. Output: the same one with nothing in its texts that the redaction takes out, and the counts of both
//! times. Its own marks are left alone, so that doing it again changes nothing.

use super::build::Cleaner;
use super::outlook::Remaining;
use super::redact::Redaction;
use super::value::{Criterion, Finding, Reason, Report, Sample, Sides};

impl Report {
    /// The report, redacted once more.
    #[must_use]
    pub fn redacted(&self, redaction: Redaction) -> Report {
        let mut clean = Cleaner::new(redaction);
        let again = Report {
            confidence: clean.text(&self.confidence),
            deploy: self.deploy.as_ref().map(|d| clean.deploy(d)),
            sides: Sides {
                baseline: clean.side(self.sides.baseline.clone()),
                candidate: clean.side(self.sides.candidate.clone()),
            },
            reasons: self.reasons.iter().map(|r| clean.reason_again(r)).collect(),
            criteria: self.criteria.iter().map(|c| clean.criterion_again(c)).collect(),
            findings: self.findings.iter().map(|f| clean.finding_again(f)).collect(),
            concerns: clean.concerns(&self.concerns),
            notes: clean.concerns(&self.notes),
            outlook: self.outlook.as_ref().map(|o| clean.outlook_again(o)),
            watch: self.watch.as_ref().map(|w| clean.watch(w)),
            not_verified: clean.texts(&self.not_verified),
            next_steps: clean.texts(&self.next_steps),
            coverage: Sides {
                baseline: clean.coverage(&self.coverage.baseline),
                candidate: clean.coverage(&self.coverage.candidate),
            },
            ..self.clone()
        };
        let mut redactions = self.redactions.clone();
        for (kind, n) in clean.counts {
            let sum = redactions.entry(kind).or_default();
            *sum = sum.saturating_add(n);
        }
        Report { redactions, ..again }
    }
}

impl Cleaner {
    fn reason_again(&mut self, reason: &Reason) -> Reason {
        Reason {
            message: self.text(&reason.message),
            ends_when: reason.ends_when.as_deref().map(|t| self.text(t)),
            signal: reason.signal.as_ref().map(|s| self.signal(s)),
            filter: reason.filter.as_deref().map(|t| self.text(t)),
            ..reason.clone()
        }
    }

    fn criterion_again(&mut self, criterion: &Criterion) -> Criterion {
        Criterion {
            title: self.text(&criterion.title),
            message: self.text(&criterion.message),
            ..criterion.clone()
        }
    }

    fn finding_again(&mut self, finding: &Finding) -> Finding {
        let remaining = finding.remaining.as_ref().map(|r| Remaining {
            message: self.text(&r.message),
            ..r.clone()
        });
        Finding {
            signal: self.signal(&finding.signal),
            remaining,
            samples: finding.samples.iter().map(|s| self.sample_again(s)).collect(),
            ..finding.clone()
        }
    }

    fn sample_again(&mut self, sample: &Sample) -> Sample {
        Sample {
            revision: self.name(&sample.revision),
            text: self.text(&sample.text),
            insert_id: self.name(&sample.insert_id),
            ..sample.clone()
        }
    }
}
