//! Texts that are too long, cut where a character ends.

/// The start of a text: at most `bytes_max` bytes of it.
pub fn start_of(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Cuts a text that is longer than `bytes_max` bytes there, and marks the cut with an ellipsis.
pub fn shorten(text: &mut String, bytes_max: usize) {
    if text.len() > bytes_max {
        text.truncate(start_of(text, bytes_max).len());
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(
            [start_of("aé", 3), start_of("aé", 2), start_of("aé", 0)],
            ["aé", "a", ""]
        );
        let mut text = "aéb".to_owned();
        shorten(&mut text, 4);
        assert_eq!(text, "aéb");
        shorten(&mut text, 2);
        assert_eq!(text, "a…");
    }
}
