//! `must-appear` and `may-rise`: a signal that is wanted, and one that is tolerated up to a rate.

use super::super::counts::Counts;
use super::super::policy::SignalGlob;
use super::super::view::View;
use super::super::{wait, words};
use super::{Answer, CERTAIN_BLOCKS, CERTAIN_P};

pub(super) fn must_appear(view: &View<'_>, glob: &SignalGlob, for_minutes: Option<u64>) -> Answer {
    let counts = Counts::of_signals(view.case, glob);
    let minutes = view.candidate.minutes;
    let answer = match for_minutes {
        _ if counts.x1 > 0 => Answer::met(format!(
            "Seen {} in {} {}.",
            words::plural(counts.x1, "time"),
            words::count(counts.e1),
            counts.unit
        )),
        // Absence is never certain harm: the occasion may have been missing.
        Some(limit) if minutes >= limit => {
            Answer::broken(format!("Not seen in {}.", words::exact_duration(minutes)), false)
        }
        _ => Answer::open(
            format!("Not seen yet in {}.", words::exact_duration(minutes)),
            "it is seen once",
        ),
    };
    answer.of(counts.signal.as_ref()).with(&[
        ("candidate_count", counts.x1 as f64),
        ("baseline_count", counts.x0 as f64),
        ("candidate_exposure", counts.e1 as f64),
    ])
}

pub(super) fn may_rise(view: &View<'_>, glob: &SignalGlob, to: f64) -> Answer {
    let counts = Counts::of_signals(view.case, glob).per_request(view.case);
    let (rate, low, high) = (counts.rate1(), counts.lower1(), counts.upper1());
    let told = format!(
        "{} in {} {} ({}), up to {} is allowed",
        words::count(counts.x1),
        words::count(counts.e1),
        counts.unit,
        words::percent(rate),
        words::percent(to)
    );
    let risen = counts.p_above(1.0) <= view.policy.statistics.suspect;
    let answer = match () {
        () if counts.e1 == 0 => Answer::open(
            "The candidate shows nothing to look at.".to_owned(),
            "the candidate gets traffic",
        ),
        () if high <= to => Answer::met(format!(
            "{told}; at most {} with 95 % confidence.",
            words::percent(high)
        )),
        // No more than before: whatever it is, it did not come with the deploy.
        () if rate <= to && counts.e0 > 0 && !risen => Answer::met(format!("{told}; it did not rise.")),
        () if low > to => {
            let worse = counts.p_above(1.0) <= CERTAIN_P;
            let certain = worse && counts.blocks >= CERTAIN_BLOCKS;
            Answer::broken(
                format!("{told}; at least {} with 95 % confidence.", words::percent(low)),
                certain,
            )
        }
        () => Answer::open(
            format!(
                "{told}; between {} and {} with 95 % confidence.",
                words::percent(low),
                words::percent(high)
            ),
            wait::for_share(view.candidate.minutes, &counts, to),
        ),
    };
    answer.of(counts.signal.as_ref()).with(&[
        ("candidate_count", counts.x1 as f64),
        ("candidate_exposure", counts.e1 as f64),
        ("candidate_rate", rate),
        ("baseline_rate", counts.rate0()),
        ("low_rate", low),
        ("upper_rate", high),
        ("allowed_rate", to),
    ])
}
