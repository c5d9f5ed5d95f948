//! Walks one JSON value with the help of the marked quotes: the second pass of the scanner.
//!
//! Checks the grammar of RFC 8259 as it goes, save that it takes any control character inside strings and any run of
//! number characters as a number. Never looks outside of its record.

/// Nesting that is still read; Cloud Logging itself allows far less.
const DEPTH_MAX: u32 = 128;

/// Stands before the next token of a record.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    quotes: &'a [u32],
    next_quote: usize,
    depth: u32,
}

/// The record is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotJson;

/// A JSON value met by the walk, as raw bytes. Containers are to be walked or skipped by the one who met them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'a> {
    /// A string, without its quotes, escapes left as they are.
    String(&'a [u8]),
    /// A number as written, or `true`, `false`, `null`.
    Scalar(&'a [u8]),
    /// `{` is next.
    Object,
    /// `[` is next.
    Array,
}

impl<'a> Cursor<'a> {
    /// A cursor at `start` of a block, which sees nothing from `end` on. `next_quote` is the number of quotes before `start`.
    pub fn new(block: &'a [u8], start: usize, end: usize, quotes: &'a [u32], next_quote: usize) -> Cursor<'a> {
        Cursor {
            bytes: &block[..end],
            at: start,
            quotes,
            next_quote,
            depth: 0,
        }
    }

    /// Offset of the next byte in the block.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Number of quotes passed, for the record after this one.
    pub fn quotes_passed(&self) -> usize {
        self.next_quote
    }

    /// The bytes between an earlier position and the cursor.
    pub fn passed_since(&self, start: usize) -> &'a [u8] {
        &self.bytes[start..self.at]
    }

    /// The next byte that is not white space.
    #[inline(always)]
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(&b) = self.bytes.get(self.at) {
            if !matches!(b, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(b);
            }
            self.at += 1;
        }
        None
    }

    /// Jumps over `text` when it stands at the cursor: a value met before, of which `quotes` are known.
    #[inline(always)]
    pub fn jump(&mut self, text: &[u8], quotes: usize) -> bool {
        let found = self.bytes[self.at..].starts_with(text);
        if found {
            self.at += text.len();
            self.next_quote += quotes;
        }
        found
    }

    #[inline(always)]
    fn expect(&mut self, wanted: u8) -> Result<(), NotJson> {
        if self.peek() != Some(wanted) {
            return Err(NotJson);
        }
        self.at += 1;
        Ok(())
    }

    /// The string that starts at the cursor, without its quotes.
    #[inline(always)]
    fn string(&mut self) -> Result<&'a [u8], NotJson> {
        let open = *self.quotes.get(self.next_quote).ok_or(NotJson)? as usize;
        let close = *self.quotes.get(self.next_quote + 1).ok_or(NotJson)? as usize;
        if open != self.at {
            return Err(NotJson);
        }
        let text = self.bytes.get(open + 1..close).ok_or(NotJson)?;
        if close >= self.bytes.len() {
            return Err(NotJson);
        }
        self.next_quote += 2;
        self.at = close + 1;
        Ok(text)
    }

    /// Meets the next value: strings and scalars are passed, containers are not.
    #[inline(always)]
    pub fn value(&mut self) -> Result<Token<'a>, NotJson> {
        match self.peek() {
            Some(b'"') => self.string().map(Token::String),
            Some(b'{') => Ok(Token::Object),
            Some(b'[') => Ok(Token::Array),
            _ => self.scalar().map(Token::Scalar),
        }
    }

    fn scalar(&mut self) -> Result<&'a [u8], NotJson> {
        let rest = &self.bytes[self.at..];
        let length = rest
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.'))
            .count();
        let text = &rest[..length];
        let number = matches!(text.first(), Some(b'-' | b'0'..=b'9'))
            && text
                .iter()
                .all(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E'));
        if !number && !matches!(text, b"true" | b"false" | b"null") {
            return Err(NotJson);
        }
        self.at += length;
        Ok(text)
    }

    /// Walks an object: `field` is called at each value with its raw key and must meet the value and pass it whole.
    #[inline(always)]
    pub fn object(&mut self, mut field: impl FnMut(&mut Self, &'a [u8]) -> Result<(), NotJson>) -> Result<(), NotJson> {
        self.expect(b'{')?;
        self.deeper()?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(NotJson);
            }
            let key = self.string()?;
            self.expect(b':')?;
            field(self, key)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(NotJson),
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }

    /// Passes the next value, whatever it is.
    pub fn skip(&mut self) -> Result<(), NotJson> {
        match self.value()? {
            Token::String(_) | Token::Scalar(_) => Ok(()),
            Token::Object => self.object(|c, _| c.skip()),
            Token::Array => self.array(Self::skip),
        }
    }

    /// Walks an array: `element` is called at each value and must pass it whole.
    pub fn array(&mut self, mut element: impl FnMut(&mut Self) -> Result<(), NotJson>) -> Result<(), NotJson> {
        self.expect(b'[')?;
        self.deeper()?;
        if self.peek() != Some(b']') {
            loop {
                element(self)?;
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b']') => break,
                    _ => return Err(NotJson),
                }
            }
        }
        self.at += 1;
        self.depth -= 1;
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), NotJson> {
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err(NotJson) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::marks::Marks;
    use super::*;
    use proptest::prelude::*;

    fn is_json(text: &str) -> bool {
        let mut marks = Marks::default();
        marks.mark(text.as_bytes());
        let mut cursor = Cursor::new(text.as_bytes(), 0, text.len(), marks.quotes(), 0);
        cursor.skip().is_ok() && cursor.peek().is_none()
    }

    #[test]
    fn grammar_is_checked() {
        for good in [
            r#"{}"#,
            r#"{"a":1}"#,
            r#" { "a" : [ 1 , "x\"]" , { } , [] ] , "b":null } "#,
            r#"{"a":-1.5e+3,"b":true}"#,
            r#""s""#,
        ] {
            assert!(is_json(good), "{good}");
        }
        for bad in [
            r#"{"#,
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            r#"{"a" 1}"#,
            r#"{"a":tru}"#,
            r#"{"a":"x}"#,
            r#"{"a":[1,]}"#,
            r#"{"a":1]"#,
            r#"{a:1}"#,
            "",
            r#"{"a":1}}"#,
        ] {
            assert!(!is_json(bad), "{bad}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        assert!(is_json(&format!("{}{}", "[".repeat(100), "]".repeat(100))));
        assert!(!is_json(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000))));
    }

    proptest! {
        #[test]
        fn what_serde_json_writes_is_json(keys in prop::collection::vec(".{0,12}", 0..6), text in ".{0,40}", number in any::<f64>()) {
            let value: serde_json::Value = keys.iter().map(|k| (k.clone(), serde_json::json!([text, number, {k: k}]))).collect();
            prop_assert!(is_json(&value.to_string()));
            prop_assert!(is_json(&serde_json::to_string_pretty(&value).unwrap()));
        }

        #[test]
        fn any_bytes_are_survived(text in "[\\[\\]{}\",:\\\\a1 ]{0,60}") {
            // Whatever we accept, serde_json accepts too, save for numbers and escapes.
            let accepted = is_json(&text);
            if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
                prop_assert!(accepted, "{}", text);
            }
        }
    }
}
