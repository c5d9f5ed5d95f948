//! GitHub's API for tests, with a memory: users, comments in pages, and faults by plan.

use std::collections::VecDeque;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};

use crate::publish::fake;

/// What becomes of a request instead of its answer.
pub(super) enum Fault {
    /// This answer: status, header lines, body.
    Say(u16, String, String),
    /// Nothing is done, and the connection ends.
    Close,
    /// It is done, and the connection ends.
    DoneClose,
    /// It is done, and the answer is this status.
    DoneSay(u16),
    /// Another comment with this body comes up, and the connection ends.
    OtherClose(String),
    /// The comments are deleted, and it is a 404.
    Deleted,
}

#[derive(Default)]
pub(super) struct State {
    pub comments: Vec<Value>,
    /// Login of the token; none for that of a run.
    pub login: Option<String>,
    /// Login that is written as.
    pub writes_as: String,
    /// Faults of the next requests whose first words are these.
    pub faults: VecDeque<(&'static str, Fault)>,
    pub has_links: bool,
    /// Every page is full.
    pub is_endless: bool,
    pub requests: Vec<String>,
}

pub(super) struct Github {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Github {
    pub(super) fn start() -> Github {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State {
            login: Some("deployer".to_owned()),
            writes_as: "deployer".to_owned(),
            has_links: true,
            ..State::default()
        }));
        let shared = state.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                serve(stream, &mut shared.lock().unwrap());
            }
        });
        Github { port, state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The first lines of all requests.
    pub(super) fn asked(&self) -> Vec<String> {
        let first = |r: &String| r.split(" HTTP/").next().unwrap_or_default().to_owned();
        self.state().requests.iter().map(first).collect()
    }

    pub(super) fn count(&self, start: &str) -> usize {
        self.asked().iter().filter(|a| a.starts_with(start)).count()
    }

    pub(super) fn bodies(&self) -> Vec<String> {
        let body = |c: &Value| c["body"].as_str().unwrap_or_default().to_owned();
        self.state().comments.iter().map(body).collect()
    }
}

impl State {
    pub(super) fn add(&mut self, login: &str, body: &str) {
        let id = 1000 + self.comments.len();
        let url = format!("https://github.com/acme/shop/issues/1061#issuecomment-{id}");
        let comment = json!({ "id": id, "body": body, "user": { "login": login }, "html_url": url, "reactions": {} });
        self.comments.push(comment);
    }

    pub(super) fn fault(&mut self, request: &'static str, fault: Fault) {
        self.faults.push_back((request, fault));
    }

    fn answer(&mut self, request: &str) -> (u16, String, Value) {
        let line = request.split(" HTTP/").next().unwrap_or_default();
        let (method, path) = line.split_once(' ').unwrap();
        let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        let text = || {
            serde_json::from_str::<Value>(body).unwrap()["body"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        match method {
            "GET" if path == "/user" => match &self.login {
                Some(login) => (200, String::new(), json!({ "login": login, "id": 1 })),
                None => (
                    403,
                    String::new(),
                    json!({ "message": "Resource not accessible by integration" }),
                ),
            },
            "GET" => self.page(path),
            "POST" => {
                self.add(&self.writes_as.clone(), &text());
                (201, String::new(), self.comments.last().unwrap().clone())
            }
            _ => {
                let id = path.rsplit('/').next().unwrap();
                let found = self.comments.iter_mut().find(|c| c["id"].as_u64() == id.parse().ok());
                let Some(comment) = found else {
                    return (404, String::new(), json!({ "message": "Not Found" }));
                };
                comment["body"] = json!(text());
                (200, String::new(), comment.clone())
            }
        }
    }

    fn page(&self, path: &str) -> (u16, String, Value) {
        let page: usize = path.rsplit_once("&page=").unwrap().1.parse().unwrap();
        let all = if self.is_endless {
            vec![json!({ "id": 1, "body": null, "user": null }); page * 100 + 1]
        } else {
            self.comments.clone()
        };
        let items: Vec<Value> = all.iter().skip((page - 1) * 100).take(100).cloned().collect();
        let link = match self.has_links && all.len() > page * 100 {
            // Nobody is to follow it.
            true => "link: <http://192.0.2.1/elsewhere>; rel=\"next\"\r\n".to_owned(),
            false => String::new(),
        };
        (200, link, json!(items))
    }
}

fn serve(mut stream: TcpStream, state: &mut State) {
    let Some(request) = fake::read(&stream) else { return };
    state.requests.push(request.clone());
    let is_next = |(start, _): &(&str, Fault)| request.starts_with(start);
    let fault = match state.faults.front().is_some_and(is_next) {
        true => state.faults.pop_front().map(|(_, fault)| fault),
        false => None,
    };
    let (status, headers, body) = match fault {
        Some(Fault::Close) => return,
        Some(Fault::DoneClose) => return drop(state.answer(&request)),
        Some(Fault::OtherClose(body)) => return state.add("deployer", &body),
        Some(Fault::DoneSay(status)) => {
            state.answer(&request);
            (status, String::new(), String::new())
        }
        Some(Fault::Say(status, headers, body)) => (status, headers, body),
        Some(Fault::Deleted) => {
            state.comments.clear();
            (404, String::new(), String::new())
        }
        None => {
            let (status, headers, body) = state.answer(&request);
            (status, headers, body.to_string())
        }
    };
    let length = body.len();
    let text =
        format!("HTTP/1.1 {status} Fake\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}");
    let _ = stream.write_all(text.as_bytes());
}
