//! A webhook's server for tests: answers each connection by plan, puts requests on record.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

/// What becomes of one connection, after its request was read.
pub(super) enum Plan {
    /// These bytes, then the end.
    Say(String),
    /// Bytes, then others without end, with a pause after each.
    SayForever(String, String, Duration),
    /// The end, without a word.
    Close,
    /// Nothing, and no end either.
    Silence,
}

/// An answer with a status, further header lines and a body.
pub(super) fn answer(status: u16, headers: &str, body: &str) -> Plan {
    let length = body.len();
    Plan::Say(format!(
        "HTTP/1.1 {status} Fake\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    ))
}

pub(super) struct Fake {
    pub port: u16,
    requests: Receiver<String>,
}

impl Fake {
    /// Answers as many connections as there are plans.
    pub(super) fn start(plans: Vec<Plan>) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            let mut silent = Vec::new();
            for plan in plans {
                let (mut stream, _) = listener.accept().unwrap();
                let Some(request) = read(&stream) else { continue };
                let _ = sender.send(request);
                match plan {
                    Plan::Say(text) => drop(stream.write_all(text.as_bytes())),
                    Plan::SayForever(text, more, pause) => forever(&mut stream, &text, &more, pause),
                    Plan::Close => {}
                    Plan::Silence => silent.push(stream),
                }
            }
            // Until the test is over.
            thread::sleep(Duration::from_secs(if silent.is_empty() { 0 } else { 60 }));
        });
        Fake { port, requests }
    }

    /// Every request so far, head and body.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests.try_iter().collect()
    }
}

fn forever(stream: &mut TcpStream, text: &str, more: &str, pause: Duration) {
    let mut is_heard = stream.write_all(text.as_bytes()).is_ok();
    while is_heard {
        is_heard = stream.write_all(more.as_bytes()).is_ok();
        thread::sleep(pause);
    }
}

/// Head and body of a request; `None` for what is no HTTP.
pub(super) fn read(stream: &TcpStream) -> Option<String> {
    let mut input = BufReader::new(stream);
    let (mut text, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        input.read_line(&mut line).ok()?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        text.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    input.read_exact(&mut body).ok()?;
    text.push_str(std::str::from_utf8(&body).ok()?);
    Some(text)
}
