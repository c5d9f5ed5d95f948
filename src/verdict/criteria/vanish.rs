//! `must-vanish`: is an error gone, or merely not seen yet?

use super::super::bounds::ERROR;
use super::super::counts::Counts;
use super::super::policy::SignalGlob;
use super::super::view::View;
use super::super::{wait, words};
use super::{Answer, CERTAIN_BLOCKS};

/// Independent events that make "still there" certain.
const SEEN_FOR_CERTAIN: f64 = 3.0;

pub(super) fn must_vanish(
    view: &View<'_>,
    glob: &SignalGlob,
    max_share: Option<f64>,
    for_minutes: Option<u64>,
) -> Answer {
    let counts = Counts::of_signals(view.case, glob);
    let counts = if max_share.is_some() {
        counts.per_request(view.case)
    } else {
        counts
    };
    let (minutes, expected) = (view.candidate.minutes, counts.expected());
    let answer = match () {
        () if counts.e1 == 0 => Answer::open(
            "The candidate shows nothing to look at.".to_owned(),
            "the candidate gets traffic",
        ),
        () if counts.x1 == 0 => unseen(view, &counts, max_share),
        () => seen(view, &counts, max_share),
    };
    let answer = match for_minutes {
        Some(wanted) if answer.met == Some(true) && minutes < wanted => Answer::open(
            format!(
                "{} So far: {} of the {} that the policy asks for.",
                answer.message,
                words::exact_duration(minutes),
                words::exact_duration(wanted)
            ),
            wait::exactly(wanted - minutes),
        ),
        Some(wanted) if answer.met.is_none() => answer.at_least((wanted.saturating_sub(minutes)) as f64),
        _ => answer,
    };
    answer.of(counts.signal.as_ref()).with(&[
        ("candidate_count", counts.x1 as f64),
        ("baseline_count", counts.x0 as f64),
        ("candidate_exposure", counts.e1 as f64),
        ("baseline_exposure", counts.e0 as f64),
        ("expected_at_baseline_rate", expected),
        ("upper_rate", counts.upper1()),
        ("dispersion", counts.phi),
    ])
}

/// None seen: is that proof?
fn unseen(view: &View<'_>, counts: &Counts, max_share: Option<f64>) -> Answer {
    let (expected, minutes) = (counts.expected(), view.candidate.minutes);
    let told = format!(
        "0 seen in {} {}, {} expected at the baseline rate",
        words::count(counts.e1),
        counts.unit,
        words::amount(expected)
    );
    let bunches = if counts.phi >= 1.5 {
        format!(" (they come in bunches of about {})", words::amount(counts.phi))
    } else {
        String::new()
    };
    if let Some(limit) = max_share {
        // An absolute limit needs no baseline.
        return if counts.upper1() <= limit {
            Answer::met(format!(
                "{told}{bunches}. At most {} remain with 95 % confidence.",
                words::percent(counts.upper1())
            ))
        } else {
            let ends = wait::for_share(minutes, counts, limit);
            Answer::open(
                format!(
                    "{told}{bunches}. Up to {} cannot be excluded yet.",
                    words::percent(counts.upper1())
                ),
                ends,
            )
        };
    }
    if counts.x0 == 0 {
        return Answer::open(
            "Seen on neither side: what the baseline did not show cannot be shown to be gone.".to_owned(),
            "the baseline covers a time in which it occurred, or the policy gives a `max-share`",
        );
    }
    let bound = counts.ratio_upper();
    if bound <= 1.0 {
        return Answer::met(format!(
            "{told}{bunches}. At most {} of the baseline rate remain with 95 % confidence.",
            words::percent(bound)
        ));
    }
    let wait = wait::until(minutes, expected / counts.phi, needed(counts.x0 as f64 / counts.phi));
    let ends = format!("none is seen for {}", wait.words());
    Answer::open(format!("{told}{bunches}: too few to tell."), wait.said(ends))
}

/// Independent events that must have been expected for "none seen" to show at 95 % that the rate fell, when the baseline's
/// rate was learnt from `seen` of them: where `ratio_upper` of none is 1. Three for many (the rule of three), four for ten, five
/// for three; 19 for a single one, which may have been bad luck itself.
fn needed(seen: f64) -> f64 {
    seen * (ERROR.powf(-1.0 / seen) - 1.0)
}

/// Some seen: still there, or nearly gone?
fn seen(view: &View<'_>, counts: &Counts, max_share: Option<f64>) -> Answer {
    let told = format!(
        "{} seen in {} {}, {} expected at the baseline rate",
        words::count(counts.x1),
        words::count(counts.e1),
        counts.unit,
        words::amount(counts.expected())
    );
    let fewer = counts.x0 > 0 && counts.p_below() <= ERROR;
    if let Some(limit) = max_share {
        let (low, high) = (counts.lower1(), counts.upper1());
        return match () {
            () if high <= limit && (fewer || counts.x0 == 0 || counts.e0 == 0) => Answer::met(format!(
                "{told}: at most {}, {} is tolerated.",
                words::percent(high),
                words::percent(limit)
            )),
            () if low > limit => {
                let certain = !fewer && counts.blocks >= CERTAIN_BLOCKS && enough(counts);
                Answer::broken(
                    format!(
                        "{told}: at least {}, {} is tolerated.",
                        words::percent(low),
                        words::percent(limit)
                    ),
                    certain,
                )
            }
            () => Answer::open(
                format!(
                    "{told}: between {} and {}, {} is tolerated.",
                    words::percent(low),
                    words::percent(high),
                    words::percent(limit)
                ),
                wait::for_share(view.candidate.minutes, counts, limit),
            ),
        };
    }
    if fewer {
        return Answer::open(
            format!("{told}: clearly fewer, but not gone."),
            "it is gone, or the policy tolerates the rest with a `max-share`",
        );
    }
    let certain = counts.blocks >= CERTAIN_BLOCKS && enough(counts);
    Answer::broken(format!("{told}: still there."), certain)
}

fn enough(counts: &Counts) -> bool {
    counts.x1 as f64 / counts.phi >= SEEN_FOR_CERTAIN
}
