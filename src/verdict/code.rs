//! The closed list of reason codes. Everything outside this module sees them as strings; `docs/reasons.md` explains each.

use super::Verdict;

/// Why a verdict is what it is. Declared worst first: reports list reasons in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// The candidate's containers do not start and it serves nothing.
    StartFailure,
    /// The candidate's containers exit again and again.
    CrashLoop,
    /// A criterion marked critical is broken for certain.
    CriticalCriterionBroken,
    /// Server errors rose for certain.
    ServerErrorsUp,
    /// Error messages rose for certain.
    ErrorsUp,
    /// Latency rose for certain.
    Slower,
    /// The service is not in a state in which the deploy could be judged: traffic pinned, revision not ready, and the like.
    DeployUnsettled,
    /// Neither side holds anything that could be compared.
    NothingToCompare,
    /// The baseline holds nothing to compare with.
    BaselineEmpty,
    /// The candidate holds no entries.
    CandidateEmpty,
    /// The candidate got no requests though the baseline did.
    NoRequests,
    /// The input is doubtful.
    InputIncomplete,
    /// A critical signal appeared on the candidate, not yet certain to come from it.
    NewCritical,
    /// A primary criterion is not met, or a critical one is not met in a way that a rollback would not mend.
    CriterionNotMet,
    /// Something rose by more than chance makes comfortable.
    SuspiciousIncrease,
    /// The baseline itself bursts or fails so much that nothing can be excluded.
    BaselineUnstable,
    /// Bursts of the baseline are why harm is not excluded.
    BaselineBursty,
    /// The baseline's own rate changes over its window.
    BaselineDrifting,
    /// A window is shorter than PROCEED asks.
    TooShort,
    /// More server errors cannot be excluded yet.
    ServerErrorsNotExcluded,
    /// More error messages cannot be excluded yet.
    ErrorsNotExcluded,
    /// Added latency cannot be excluded yet.
    LatencyNotExcluded,
    /// A primary or critical criterion cannot be told yet.
    CriterionNotShown,
    /// The watch goes on, and the candidate has not seen the baseline's busy hours yet.
    NoPeakYet,
    /// Harm beyond the policy's margins has been excluded.
    NonInferior,
}

impl Code {
    /// All codes, worst first.
    pub const ALL: [Code; 25] = [
        Code::StartFailure,
        Code::CrashLoop,
        Code::CriticalCriterionBroken,
        Code::ServerErrorsUp,
        Code::ErrorsUp,
        Code::Slower,
        Code::DeployUnsettled,
        Code::NothingToCompare,
        Code::BaselineEmpty,
        Code::CandidateEmpty,
        Code::NoRequests,
        Code::InputIncomplete,
        Code::NewCritical,
        Code::CriterionNotMet,
        Code::SuspiciousIncrease,
        Code::BaselineUnstable,
        Code::BaselineBursty,
        Code::BaselineDrifting,
        Code::TooShort,
        Code::ServerErrorsNotExcluded,
        Code::ErrorsNotExcluded,
        Code::LatencyNotExcluded,
        Code::CriterionNotShown,
        Code::NoPeakYet,
        Code::NonInferior,
    ];

    /// The stable name, kebab-case: part of the JSON contract.
    pub fn name(self) -> &'static str {
        match self {
            Code::StartFailure => "start-failure",
            Code::CrashLoop => "crash-loop",
            Code::CriticalCriterionBroken => "critical-criterion-broken",
            Code::ServerErrorsUp => "server-errors-up",
            Code::ErrorsUp => "errors-up",
            Code::Slower => "slower",
            Code::DeployUnsettled => "deploy-unsettled",
            Code::NothingToCompare => "nothing-to-compare",
            Code::BaselineEmpty => "baseline-empty",
            Code::CandidateEmpty => "candidate-empty",
            Code::NoRequests => "no-requests",
            Code::InputIncomplete => "input-incomplete",
            Code::NewCritical => "new-critical",
            Code::CriterionNotMet => "criterion-not-met",
            Code::SuspiciousIncrease => "suspicious-increase",
            Code::BaselineUnstable => "baseline-unstable",
            Code::BaselineBursty => "baseline-bursty",
            Code::BaselineDrifting => "baseline-drifting",
            Code::TooShort => "too-short",
            Code::ServerErrorsNotExcluded => "server-errors-not-excluded",
            Code::ErrorsNotExcluded => "errors-not-excluded",
            Code::LatencyNotExcluded => "latency-not-excluded",
            Code::CriterionNotShown => "criterion-not-shown",
            Code::NoPeakYet => "no-peak-yet",
            Code::NonInferior => "non-inferior",
        }
    }

    /// The code of a name, if there is one.
    pub fn of_name(name: &str) -> Option<Code> {
        Code::ALL.into_iter().find(|code| code.name() == name)
    }

    /// The verdict that a reason with this code asks for.
    pub fn asks_for(self) -> Verdict {
        match self {
            _ if self <= Code::Slower => Verdict::RollBack,
            Code::NonInferior => Verdict::Proceed,
            _ => Verdict::Hold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_read_back_in_order() {
        for (i, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(Code::of_name(code.name()), Some(code));
            assert_eq!(code as usize, i);
        }
        assert_eq!(Code::of_name("fine"), None);
    }

    #[test]
    fn the_document_lists_exactly_these_codes() {
        let doc = include_str!("../../docs/reasons.md");
        let listed: Vec<&str> = doc
            .lines()
            .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
            .collect();
        let known: Vec<&str> = Code::ALL.into_iter().map(Code::name).collect();
        assert_eq!(listed, known);
    }

    #[test]
    fn worse_codes_ask_for_worse_verdicts() {
        let asked: Vec<Verdict> = Code::ALL.into_iter().map(Code::asks_for).collect();
        assert!(asked.is_sorted_by(|a, b| a >= b));
        assert_eq!(asked.iter().filter(|v| **v == Verdict::RollBack).count(), 6);
        assert_eq!(asked.iter().filter(|v| **v == Verdict::Proceed).count(), 1);
    }
}
