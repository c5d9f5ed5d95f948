//! The known harm that is put into pseudo candidates, and which of it the policy does not tolerate.

use super::logs::Usual;
use crate::compare::Settings;
use crate::profile::GAMMA;
use crate::report::HarmKind;

/// One harm of a known size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Harm {
    /// What goes wrong.
    pub kind: HarmKind,
    /// Share of the requests, multiple of the service's own rate, or milliseconds.
    pub size: f64,
    /// Stable id.
    pub id: &'static str,
    /// A line for people.
    pub title: &'static str,
}

const fn harm(kind: HarmKind, size: f64, id: &'static str, title: &'static str) -> Harm {
    Harm { kind, size, id, title }
}

/// All harms, the smallest of each kind first.
#[rustfmt::skip]
pub const HARMS: [Harm; 11] = [
    harm(HarmKind::ServerErrors, 0.001, "server-errors-0.1-percent", "server errors in 0.1 % of requests"),
    harm(HarmKind::ServerErrors, 0.01, "server-errors-1-percent", "server errors in 1 % of requests"),
    harm(HarmKind::ServerErrors, 0.05, "server-errors-5-percent", "server errors in 5 % of requests"),
    harm(HarmKind::ServerErrorsMultiple, 2.0, "server-errors-x2", "twice the service's own server errors"),
    harm(HarmKind::ServerErrorsMultiple, 5.0, "server-errors-x5", "five times its own server errors"),
    harm(HarmKind::NewErrorMessage, 0.001, "new-error-message-0.1-percent", "a new error message in 0.1 % of requests"),
    harm(HarmKind::NewErrorMessage, 0.01, "new-error-message-1-percent", "a new error message in 1 % of requests"),
    harm(HarmKind::NewErrorMessage, 0.05, "new-error-message-5-percent", "a new error message in 5 % of requests"),
    harm(HarmKind::Latency, 20.0, "latency-20-ms", "every request 20 ms slower"),
    harm(HarmKind::Latency, 100.0, "latency-100-ms", "every request 100 ms slower"),
    harm(HarmKind::Latency, 500.0, "latency-500-ms", "every request 500 ms slower"),
];

impl Harm {
    /// Whether the logs allow it: nothing can be multiplied that is not there, nothing shifted that was not measured.
    pub fn is_possible(&self, usual: &Usual) -> bool {
        match self.kind {
            HarmKind::ServerErrorsMultiple => usual.server_errors > 0.0,
            HarmKind::Latency => !usual.latency.is_empty(),
            HarmKind::ServerErrors | HarmKind::NewErrorMessage => true,
        }
    }

    /// Share of the requests that it hits, 0 to 1; of latency none.
    pub fn share(&self, usual: &Usual) -> f64 {
        let share = match self.kind {
            HarmKind::ServerErrors | HarmKind::NewErrorMessage => self.size,
            HarmKind::ServerErrorsMultiple => (self.size - 1.0) * usual.server_errors,
            HarmKind::Latency => 0.0,
        };
        share.clamp(0.0, 1.0)
    }

    /// Whether it is more than the policy's margins allow for a PROCEED: beyond both the ratio and the excess, or slower than
    /// tolerated at any quantile.
    pub fn is_beyond_margins(&self, usual: &Usual, settings: &Settings) -> bool {
        let excess = self.share(usual);
        match self.kind {
            HarmKind::NewErrorMessage => excess > settings.margin_messages,
            HarmKind::ServerErrors | HarmKind::ServerErrorsMultiple => {
                let beyond_ratio = usual.server_errors + excess > settings.margin_ratio * usual.server_errors;
                beyond_ratio && excess > settings.margin_server_errors
            }
            HarmKind::Latency => settings
                .latency
                .iter()
                .any(|q| self.size > q.for_baseline(quantile(&usual.latency, q.quantile))),
        }
    }
}

/// Quantile of a histogram in milliseconds, by the upper end of its bin; `None` without measurements.
fn quantile(bins: &[u64], p: f64) -> Option<f64> {
    let total = bins.iter().fold(0_u64, |sum, n| sum.saturating_add(*n));
    if total == 0 {
        return None;
    }
    let (mut below, mut end) = (0_u64, 1.0);
    for n in bins {
        below = below.saturating_add(*n);
        end *= GAMMA;
        if below as f64 >= p * total as f64 {
            break;
        }
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::{BINS, bin_of};

    fn beyond(usual: &Usual) -> Vec<&'static str> {
        let settings = Settings::default();
        let harms = HARMS.iter().filter(|h| h.is_beyond_margins(usual, &settings));
        harms.map(|h| h.id).collect()
    }

    fn all_at(milliseconds: u64) -> Vec<u64> {
        let mut bins = vec![0; BINS];
        bins[usize::from(bin_of(milliseconds * 1_000_000))] = 1000;
        bins
    }

    #[test]
    fn margins_depend_on_what_is_usual() {
        let mut usual = Usual {
            server_errors: 0.0,
            latency: all_at(60),
        };
        let always = ["new-error-message-1-percent", "new-error-message-5-percent"];
        let found = beyond(&usual);
        assert!(always.iter().all(|id| found.contains(id)), "{found:?}");
        assert!(found.contains(&"server-errors-1-percent") && !found.contains(&"server-errors-0.1-percent"));
        assert!(found.contains(&"latency-100-ms") && !found.contains(&"latency-20-ms"));
        // 1 % more on top of 10 % is within half of it; twice of 10 % is not.
        usual.server_errors = 0.1;
        usual.latency = all_at(2000);
        let found = beyond(&usual);
        assert!(!found.contains(&"server-errors-1-percent") && found.contains(&"server-errors-x2"));
        assert!(!found.contains(&"latency-100-ms") && found.contains(&"latency-500-ms"));
    }

    #[test]
    fn what_the_logs_do_not_hold_is_not_possible() {
        let usual = Usual {
            server_errors: 0.0,
            latency: vec![],
        };
        let possible = HARMS.iter().filter(|h| h.is_possible(&usual)).count();
        assert_eq!(possible, 6);
        assert_eq!(quantile(&[], 0.5), None);
        assert!(HARMS.iter().all(|h| (0.0..=1.0).contains(&h.share(&usual))));
    }
}
