//! `logverdict patterns group`: the template of each line of a text file.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use super::failure::Failure;
use super::output;
use crate::patterns::canonical::{INPUT_BYTES_MAX, canonical};
use crate::patterns::merge::{Text, id, merge};
use crate::report::escape;

/// Prints one line for each line of the file: the id of its template and, if asked for, the template.
///
/// All lines are of one class. The canonical texts are kept, the lines are not.
pub fn run(file: &Path, with_text: bool, out: &mut dyn Write) -> Result<u8, Failure> {
    let (texts, lines) = if file == Path::new("-") {
        read(std::io::stdin().lock())
    } else {
        File::open(file).and_then(|file| read(BufReader::new(file)))
    }
    .map_err(|error| Failure::file(file, &error))?;
    let inputs: Vec<Text> = texts.iter().map(|text| Text { class: "", text }).collect();
    let printed: Vec<String> = merge(&inputs)
        .iter()
        .map(|text| {
            let id = id("", text);
            if with_text {
                format!("{id}  {}\n", escape::terminal(text))
            } else {
                id + "\n"
            }
        })
        .collect();
    // A template's line may repeat a million times: written in pieces, never held as a whole.
    for lines in lines.chunks(10_000) {
        let piece: String = lines.iter().map(|text| printed[*text].as_str()).collect();
        output::write(&piece, None, out)?;
    }
    Ok(0)
}

/// The distinct canonical texts, and which of them each line has.
fn read(mut input: impl BufRead) -> std::io::Result<(Vec<String>, Vec<usize>)> {
    let mut numbers: HashMap<String, usize> = HashMap::new();
    let mut lines = Vec::new();
    let (mut line, mut text) = (Vec::new(), String::new());
    while input.read_until(b'\n', &mut line)? > 0 {
        let end = line.strip_suffix(b"\n").unwrap_or(&line);
        let end = end.strip_suffix(b"\r").unwrap_or(end);
        const CHARACTER_MAX: usize = 4; // so that no character is cut before the canonical text's own limit
        let start = &end[..end.len().min(INPUT_BYTES_MAX + CHARACTER_MAX)];
        text.clear();
        canonical(&String::from_utf8_lossy(start), &mut text);
        let next = numbers.len();
        let number = match numbers.get(&text) {
            Some(number) => *number,
            None => *numbers.entry(text.clone()).or_insert(next),
        };
        lines.push(number);
        line.clear();
    }
    let mut texts = vec![String::new(); numbers.len()];
    for (text, number) in numbers {
        texts[number] = text;
    }
    Ok((texts, lines))
}
