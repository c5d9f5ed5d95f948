//! Text for chat services, where a word of a log must not become a link, a mention or a ping.
//!
//! Input: any text. Output: text that reads the same, with no more than `max` characters of the input. What the services
//! would turn into something is split by a zero-width space, which they show as nothing.

use super::{cut, terminal};

/// Zero-width space. [`terminal`] has made those of the input visible, so that every one in the output is ours.
const SPLIT: char = '\u{200b}';

/// Text for Slack, in `mrkdwn` or `plain_text`: `&`, `<` and `>` are entities, as Slack asks, and nothing is a mention, a
/// channel or a link. Marks such as `*` stay: put foreign text into `plain_text`, where they mean nothing.
pub fn slack(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for c in inert(text, max).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

/// Text for a message in Google Chat. Chat knows no escape: characters that begin markup (`<users/all>`, `*bold*`) give way
/// to others that look like them.
pub fn google_chat(text: &str, max: usize) -> String {
    let look_alike = |c| match c {
        '<' => '‹',
        '>' => '›',
        '*' => '∗',
        '~' => '∼',
        '_' => '＿',
        '`' => 'ˋ',
        c => c,
    };
    inert(text, max).chars().map(look_alike).collect()
}

/// One line with the words split that services link or ping by themselves: `@here`, `#channel`, `https://`, `example.com`.
fn inert(text: &str, max: usize) -> String {
    let text: Vec<char> = cut(&terminal(text), max).chars().collect();
    let mut out = String::with_capacity(text.len());
    for (i, &c) in text.iter().enumerate() {
        out.push(c);
        let before = i.checked_sub(1).map(|i| text[i]);
        if begins_something(before, c, text.get(i + 1).copied()) {
            out.push(SPLIT);
        }
    }
    out
}

fn begins_something(before: Option<char>, c: char, after: Option<char>) -> bool {
    let Some(after) = after else { return false };
    match c {
        '@' => !after.is_whitespace(),
        '#' => after.is_alphanumeric(),
        ':' => after == '/',
        // A number such as 1.07 stays whole.
        '.' | '。' => after.is_alphabetic() && before.is_some_and(char::is_alphanumeric),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text as a reader sees it.
    fn seen(text: &str) -> String {
        text.replace(SPLIT, "")
    }

    #[test]
    fn sentences_of_ours_stay_as_they_are() {
        let text = "server errors rose from 0.13 % to 1.07 % of requests (48 of 4,500; ratio 8.0, at least 4.2)";
        assert_eq!((slack(text, 500), google_chat(text, 500)), (text.into(), text.into()));
        assert_eq!(
            slack("10:42, at 2026-03-01 10:42:00Z", 99),
            "10:42, at 2026-03-01 10:42:00Z"
        );
    }

    #[test]
    fn slack_sees_neither_markup_nor_mention_nor_link() {
        let hostile =
            "<!channel> <!here|x> <@U012> <#C01|y> <https://evil.example|ok> @here @everyone #general &lt;!channel&gt;";
        let out = slack(hostile, 500);
        assert!(!out.contains(['<', '>']), "{out}");
        for dead in ["@here", "@everyone", "#general", "://", "evil.example"] {
            assert!(!out.contains(dead), "{dead} in {out}");
        }
        let read = seen(&out)
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&");
        assert_eq!(read, hostile);
    }

    #[test]
    fn chat_sees_neither_markup_nor_mention_nor_link() {
        let hostile =
            "<users/all> <https://evil.example|ok> http://evil.example www.evil.example a@evil.example *b* _i_ ~s~ `c`";
        let out = google_chat(hostile, 500);
        assert!(!out.contains(['<', '>', '*', '_', '~', '`']), "{out}");
        for dead in ["://", "evil.example", "www.e", "a@e"] {
            assert!(!out.contains(dead), "{dead} in {out}");
        }
        assert!(seen(&out).contains("‹users/all›"), "{out}");
    }

    #[test]
    fn lines_controls_and_length_are_tamed() {
        for escape in [slack, google_chat] {
            assert_eq!(
                escape("a\nb\u{202e}c\u{200b}\u{0}", 99),
                "a\\nb\\u{202e}c\\u{200b}\\u{0}"
            );
            assert_eq!(escape("abcdef", 3), "ab…");
            assert_eq!(escape("", 3), "");
        }
    }
}
