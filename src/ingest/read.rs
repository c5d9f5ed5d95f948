//! Drives the reading: every source and feed, all threads, one accounting.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use super::coverage::{self, Described};
use super::dedupe::Dedupe;
use super::feed::{Feed, FeedOutcome};
use super::fetched;
use super::formats::{self, Decoded, Encoding, Format};
use super::join::{Joiner, Limits, Outcome};
use super::overlap::Overlap;
use super::ranges::{self, read_chunk};
use super::source::{Source, SourceError};
use super::stream::{self, Batch, Content};
use super::tally::{Chunk, Tally};
use super::worker::Worker;
use super::{Coverage, Reason, Selection, Sink};

/// How to read.
pub struct Options<'a> {
    /// Which entries to count.
    pub selection: Selection,
    /// Worker threads, at least 1.
    pub threads: usize,
    /// Memory for telling duplicates, bytes: see [`super::Dedupe`] for what happens beyond.
    pub dedupe_bytes: usize,
    /// What a reading before knows and one after needs to, where they overlap: for one feed alone.
    pub overlap: Option<&'a Overlap>,
    /// Whether entries tell when they were received, which costs a little.
    pub received: bool,
    /// Told how many more bytes of the sources (as stored, or decoded for streams) have been read.
    pub progress: &'a (dyn Fn(u64) + Sync),
}

/// Memory for telling duplicates unless told otherwise: twelve million entries.
pub const DEDUPE_BYTES: usize = 84 << 20;

/// Runs of chunks that each thread takes at least, so that all end at about the same time.
const RUNS_PER_THREAD: usize = 16;
/// Chunks of a run at most: 16 MiB.
const RUN_CHUNKS_MAX: usize = 64;

/// Bytes that are looked at to tell a format.
const HEAD_BYTES: u64 = 64 * 1024;

/// A source, opened, with what its first bytes tell.
struct Opened {
    described: Described,
    /// Path and chunks of a regular file of plain lines, which threads share in ranges. Anything else is a [`Stream`].
    ranges: Option<(PathBuf, u64)>,
}

/// A source that one thread reads from its start.
type Stream = (Format, Box<dyn BufRead + Send>);

/// Reads all sources and feeds; `new_sink` makes one sink for each worker and one for what is joined at the end. Returns
/// the sinks and what was covered.
///
/// # Errors
/// A source that cannot be opened at all, or a feed that may not be read. Whatever else goes wrong is in the coverage.
pub fn read<S: Sink>(
    sources: &[Source],
    feeds: &[&dyn Feed],
    options: &Options<'_>,
    new_sink: impl Fn() -> S,
) -> Result<(Vec<S>, Coverage), SourceError> {
    read_within(Limits::default(), (sources, feeds), options, new_sink)
}

/// [`read`] with other limits for what waits to be joined.
pub(super) fn read_within<S: Sink>(
    limits: Limits,
    (sources, feeds): (&[Source], &[&dyn Feed]),
    options: &Options<'_>,
    new_sink: impl Fn() -> S,
) -> Result<(Vec<S>, Coverage), SourceError> {
    let (mut opened, mut streams) = (vec![], vec![]);
    for (number, source) in sources.iter().enumerate() {
        let (source, stream) = open(source)?;
        opened.push(source);
        streams.extend(stream.map(|(format, reader)| (number, format, reader)));
    }
    let mut dedupe = Dedupe::new(options.dedupe_bytes);
    if let Some(overlap) = options.overlap {
        dedupe.insert_all(overlap.known(), &mut vec![]);
    }
    let dedupe = Mutex::new(dedupe);
    let joiner = Joiner::new(new_sink(), limits);
    let ranges = all_ranges(&opened);
    let work = Work {
        opened: &opened,
        next_range: AtomicUsize::new(0),
        run: (ranges.len() / (RUNS_PER_THREAD * options.threads.max(1))).clamp(1, RUN_CHUNKS_MAX),
        ranges,
        progress: options.progress,
    };
    let threads = options.threads.max(1);
    let mut total = Tally::default();
    let mut sinks = vec![];
    let mut outcomes = vec![];
    let readers = threads.min(streams.len());
    let streams = &Mutex::new(streams.into_iter());
    std::thread::scope(|scope| {
        let (send, batches) = sync_channel(2 * threads);
        // Owned by the workers alone: when they are gone, the readers notice.
        let batches = Arc::new(Mutex::new(batches));
        let reading: Vec<_> = (0..readers)
            .map(|_| {
                let send = send.clone();
                scope.spawn(move || {
                    let mut tally = Tally::default();
                    while let Some((number, format, mut reader)) = lock(streams).next() {
                        tally.add(stream::read(number, format, &mut reader, &send));
                    }
                    tally
                })
            })
            .collect();
        let feeding: Vec<_> = (opened.len()..)
            .zip(feeds)
            .map(|(number, feed)| {
                let send = send.clone();
                let seed = (opened.len() + feeds.len() > 1).then(|| xxh3_64(&number.to_le_bytes()));
                scope.spawn(move || run_feed(*feed, number, seed, &send))
            })
            .collect();
        drop(send);
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let worker = Worker::new(new_sink(), options, &dedupe, &joiner);
                let (work, batches) = (&work, Arc::clone(&batches));
                scope.spawn(move || work.run(worker, &batches))
            })
            .collect();
        drop(batches);
        for worker in workers {
            let (sink, tally) = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            sinks.push(sink);
            total.add(tally);
        }
        for reader in reading {
            total.add(reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        for feed in feeding {
            outcomes.push(feed.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    });
    if let Some(failure) = outcomes.iter_mut().find_map(|o| o.failure.take()) {
        return Err(SourceError::Cloud(failure));
    }
    let forgotten = lock(&dedupe).forgotten();
    let is_newest_first = |source| total.sources.get(&source).is_some_and(|s| s.is_newest_first());
    let Outcome { sink, joined, unjoined } = joiner.finish(is_newest_first);
    sinks.push(sink);
    (total.joined, total.unjoined) = (joined, unjoined);
    let files = opened.into_iter().map(|o| o.described);
    let fed = feeds.iter().zip(outcomes).map(|(feed, outcome)| Described {
        name: feed.name(),
        format: feed.format(),
        outcome: Some(outcome),
        ..Described::default()
    });
    Ok((sinks, coverage::of(total, files.chain(fed), forgotten)))
}

/// Passes what a feed hands on to the workers, who count what comes.
fn run_feed(feed: &dyn Feed, source: usize, seed: Option<u64>, send: &SyncSender<Batch>) -> FeedOutcome {
    feed.read(&|page| {
        let batch = Batch {
            source,
            bytes: page.bytes,
            what: Content::Page(page.records, seed),
        };
        // Nobody takes it when a worker panicked, and the panic will be reported.
        let _ = send.send(batch);
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// (source, chunk) of all files that are read in ranges.
fn all_ranges(opened: &[Opened]) -> Vec<(usize, u64)> {
    let chunks = opened
        .iter()
        .enumerate()
        .filter_map(|(number, o)| o.ranges.as_ref().map(|(_, chunks)| (number, *chunks)));
    chunks
        .flat_map(|(number, chunks)| (0..chunks).map(move |chunk| (number, chunk)))
        .collect()
}

struct Work<'a> {
    opened: &'a [Opened],
    ranges: Vec<(usize, u64)>,
    next_range: AtomicUsize,
    /// Chunks that a thread takes at a time: neighbours, so that what is near in time is counted by one thread.
    run: usize,
    progress: &'a (dyn Fn(u64) + Sync),
}

impl Work<'_> {
    /// One worker's life: ranges first, then batches until the readers are done.
    fn run<S: Sink>(&self, mut worker: Worker<'_, S>, batches: &Mutex<Receiver<Batch>>) -> (S, Tally) {
        let mut buffer = vec![];
        let mut file: Option<(usize, File)> = None;
        let (mut next, mut end) = (0, 0);
        loop {
            if next == end {
                next = self.next_range.fetch_add(self.run, Ordering::Relaxed);
                end = next + self.run;
            }
            let Some(&(source, chunk)) = self.ranges.get(next) else {
                break;
            };
            next += 1;
            if let Err(error) = self.range(&mut worker, (source, chunk), &mut file, &mut buffer) {
                worker.tally().records += 1;
                worker
                    .tally()
                    .problem(Reason::Unreadable, source, chunk, 0, error.to_string().as_bytes());
            }
        }
        drop(buffer);
        loop {
            let batch = lock(batches).recv();
            let Ok(batch) = batch else { break };
            match &batch.what {
                Content::Records(records) => {
                    worker.batch(&batch.bytes, records, batch.source);
                    (self.progress)(batch.bytes.len() as u64);
                }
                Content::Page(records, seed) => worker.page(&batch.bytes, records, batch.source, *seed),
            }
        }
        worker.finish()
    }

    fn range<S: Sink>(
        &self,
        worker: &mut Worker<'_, S>,
        (source, chunk): (usize, u64),
        open_file: &mut Option<(usize, File)>,
        buffer: &mut Vec<u8>,
    ) -> io::Result<()> {
        let Some((path, _)) = &self.opened[source].ranges else {
            return Ok(());
        };
        if open_file.as_ref().is_none_or(|(number, _)| *number != source) {
            *open_file = Some((source, File::open(path)?));
        }
        let Some((_, file)) = open_file else { return Ok(()) };
        let found = read_chunk(file, chunk, buffer)?;
        let lines = worker.lines(&buffer[found.start..found.end], source, chunk);
        let tally = worker.tally();
        tally.sources.entry(source).or_default().chunks.push(Chunk {
            index: chunk,
            lines: lines + u64::from(found.oversized),
            hash: found.hash,
        });
        if found.oversized {
            tally.records += 1;
            tally.problem(Reason::Oversized, source, chunk, lines, b"");
        }
        (self.progress)(ranges::CHUNK_BYTES.min(buffer.len() as u64));
        Ok(())
    }
}

fn open(source: &Source) -> Result<(Opened, Option<Stream>), SourceError> {
    match source {
        Source::Stdin => describe("-".into(), 0, formats::decode(io::stdin()), Path::new("-"), false),
        Source::File(path) => {
            let refused = |e: io::Error| SourceError::Refused(path.clone(), e.to_string());
            let file = File::open(path).map_err(refused)?;
            let metadata = file.metadata().map_err(refused)?;
            describe(
                path.display().to_string(),
                metadata.len(),
                formats::decode(file),
                path,
                metadata.is_file(),
            )
        }
    }
}

fn describe(
    name: String,
    bytes: u64,
    decoded: io::Result<Decoded>,
    path: &Path,
    regular: bool,
) -> Result<(Opened, Option<Stream>), SourceError> {
    let mut decoded = decoded.map_err(|e| SourceError::Refused(path.into(), e.to_string()))?;
    let mut head = vec![];
    // An error here comes again when the source is read, and is counted then.
    let failed = decoded.reader.by_ref().take(HEAD_BYTES).read_to_end(&mut head).err();
    let format = formats::sniff(&head);
    let encoding = (decoded.encoding != Encoding::Utf8).then(|| decoded.encoding.name());
    let parts = [Some(format.name()), encoding, decoded.compression];
    let label = parts.into_iter().flatten().collect::<Vec<_>>().join("+");
    let plain = decoded.compression.is_none() && decoded.encoding == Encoding::Utf8;
    let in_ranges = plain && regular && format == Format::Ndjson && failed.is_none();
    let opened = Opened {
        described: Described {
            name,
            bytes,
            format: label,
            outcome: None,
            manifest: if regular { fetched::manifest_beside(path) } else { None },
        },
        ranges: in_ranges.then(|| (path.into(), ranges::chunks(bytes))),
    };
    if in_ranges {
        return Ok((opened, None));
    }
    let rest: Box<dyn BufRead + Send> = match failed {
        Some(error) => Box::new(BufReader::new(Failing(Some(error)))),
        None => decoded.reader,
    };
    let stream: Stream = (format, Box::new(Cursor::new(head).chain(rest)));
    Ok((opened, Some(stream)))
}

/// Ends with the error that the head of the source ended with.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
