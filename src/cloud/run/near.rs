//! Names that were perhaps meant.

/// From here on two names are alike (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.8;
/// Names that are offered.
const OFFERED_MAX: usize = 3;

/// The names that are most like the one asked for, best first, at most three; those that hold it, or that it holds, too.
pub fn near_names(asked: &str, there: &[String]) -> Vec<String> {
    let lower = asked.to_lowercase();
    let score = |name: &String| {
        let other = name.to_lowercase();
        let holds = lower.len() > 2 && (other.contains(&lower) || (other.len() > 2 && lower.contains(&other)));
        strsim::jaro_winkler(&lower, &other).max(if holds { ALIKE } else { 0.0 })
    };
    let mut scored: Vec<(f64, &String)> = there
        .iter()
        .map(|n| (score(n), n))
        .filter(|(s, _)| *s >= ALIKE)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored
        .into_iter()
        .take(OFFERED_MAX)
        .map(|(_, name)| name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_offered() {
        let there: Vec<String> = ["chat-api", "chat-worker", "billing", "chat-api-canary"]
            .map(String::from)
            .into();
        assert_eq!(near_names("chat-apj", &there)[0], "chat-api");
        assert_eq!(near_names("Chat_API", &there)[0], "chat-api");
        assert!(near_names("api", &there).contains(&"chat-api".to_owned()));
        assert!(near_names("zzz", &there).is_empty() && near_names("", &there).is_empty());
    }
}
