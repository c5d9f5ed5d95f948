//! Where entries go: NDJSON or an array as gcloud prints it, plain or gzip, in order or newest first, whole or cut.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder, write::GzEncoder};

use crate::spec::FileSpec;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One compact entry a line.
    Ndjson,
    /// One array, indented by two with sorted keys, as `gcloud --format=json` prints it.
    Array,
}

/// The form that a file name asks for.
pub fn form_of(name: &str) -> Result<Form, String> {
    match name.strip_suffix(".gz").unwrap_or(name).rsplit_once('.') {
        Some((_, "ndjson")) => Ok(Form::Ndjson),
        Some((_, "json")) => Ok(Form::Array),
        _ => Err(format!(
            "{name}: the name must end in .ndjson or .json, with or without .gz"
        )),
    }
}

/// Writes entries one after another in a form.
pub struct Writer<W: Write> {
    out: W,
    form: Form,
    /// Bytes written, before compression.
    pub written: u64,
}

impl<W: Write> Writer<W> {
    /// Starts the file.
    pub fn new(mut out: W, form: Form) -> io::Result<Writer<W>> {
        let written = if form == Form::Array {
            out.write(b"[")? as u64
        } else {
            0
        };
        Ok(Writer { out, form, written })
    }

    /// Writes one entry.
    pub fn entry(&mut self, line: &[u8]) -> io::Result<()> {
        match self.form {
            Form::Ndjson => {
                self.out.write_all(line)?;
                self.out.write_all(b"\n")?;
                self.written += line.len() as u64 + 1;
            }
            Form::Array => {
                let separator: &[u8] = if self.written > 1 { b",\n" } else { b"\n" };
                let text = pretty(line)?;
                self.out.write_all(separator)?;
                self.out.write_all(text.as_bytes())?;
                self.written += (separator.len() + text.len()) as u64;
            }
        }
        Ok(())
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        if self.form == Form::Array {
            self.out.write_all(b"\n]\n")?;
        }
        self.out.flush()?;
        Ok(self.out)
    }
}

/// An entry as an element of gcloud's array.
fn pretty(line: &[u8]) -> io::Result<String> {
    let value: serde_json::Value = serde_json::from_slice(line)?;
    let text = serde_json::to_string_pretty(&value)?;
    Ok(format!("  {}", text.replace('\n', "\n  ")))
}

/// Writes a file of a recipe from entries in order of time.
pub fn write_file(path: &Path, spec: &FileSpec, mut lines: Vec<&[u8]>) -> Result<(), String> {
    let fail = |e: io::Error| format!("{}: {e}", path.display());
    if let Some(keep) = spec.keep_newest {
        lines.drain(..lines.len().saturating_sub(keep));
    }
    if spec.newest_first {
        lines.reverse();
    }
    let mut writer = Writer::new(Vec::new(), form_of(&spec.name)?).map_err(fail)?;
    for line in lines {
        writer.entry(line).map_err(fail)?;
    }
    let mut bytes = writer.finish().map_err(fail)?;
    if let Some(share) = spec.keep_bytes {
        bytes.truncate((bytes.len() as f64 * share) as usize);
    }
    if spec.name.ends_with(".gz") {
        bytes = gzip(&bytes).map_err(fail)?;
    }
    std::fs::write(path, bytes).map_err(fail)
}

/// Compresses without a time or a name, so that the same entries give the same bytes.
fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder: GzEncoder<Vec<u8>> = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Standard output, or a file when a path is given; compressed when its name says so.
pub fn open(path: Option<&Path>) -> io::Result<Box<dyn Write>> {
    const BUFFER: usize = 1 << 20;
    let Some(path) = path else {
        return Ok(Box::new(BufWriter::with_capacity(BUFFER, io::stdout())));
    };
    let file = BufWriter::with_capacity(BUFFER, File::create(path)?);
    if path.extension().is_some_and(|e| e == "gz") {
        return Ok(Box::new(GzBuilder::new().mtime(0).write(file, Compression::default())));
    }
    Ok(Box::new(file))
}
