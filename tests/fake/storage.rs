//! Cloud Storage: one object that honours generations.

use std::sync::{Arc, Mutex};

use super::http::{Request, Response};
use super::server::{Fake, lock};

const DATE: &str = "Sun, 01 Mar 2026 09:30:00 GMT";

/// What a bucket holds under one name.
#[derive(Default)]
pub struct Object {
    pub generation: u64,
    pub content: Option<Vec<u8>>,
    /// Its own metadata: names and values.
    pub metadata: Vec<(String, String)>,
}

impl Object {
    /// Serves an object that is not there yet, or all of a prefix with `*` as one.
    pub fn serve(fake: &Fake, path: &str) -> Arc<Mutex<Object>> {
        let object = Arc::new(Mutex::new(Object::default()));
        let on = |method: &str, answer: fn(&mut Object, &Request) -> Response| {
            let object = object.clone();
            fake.on(method, path, move |request| answer(&mut lock(&object), request));
        };
        on("PUT", Object::put);
        on("GET", |object, _| object.get(true));
        on("HEAD", |object, _| object.get(false));
        object
    }

    pub fn put(&mut self, request: &Request) -> Response {
        let current = if self.content.is_some() { self.generation } else { 0 };
        if request.header("x-goog-if-generation-match") != Some(&current.to_string()) {
            return xml(
                412,
                "PreconditionFailed",
                "At least one of the pre-conditions you specified did not hold.",
            );
        }
        self.write(request);
        self.headers(Response::new(200, "text/html", ""))
    }

    pub fn write(&mut self, request: &Request) {
        self.generation += 1;
        self.content = Some(request.body.clone());
        let own = |(name, _): &&(String, String)| name.starts_with("x-goog-meta-");
        self.metadata = request.headers.iter().filter(own).cloned().collect();
    }

    pub fn get(&self, has_body: bool) -> Response {
        match &self.content {
            Some(content) if has_body => self.headers(Response::new(200, "application/octet-stream", content.clone())),
            Some(_) => self.headers(Response::new(200, "application/octet-stream", "")),
            None if has_body => xml(404, "NoSuchKey", "The specified key does not exist."),
            None => Response::new(404, "application/xml", ""),
        }
    }

    pub fn headers(&self, response: Response) -> Response {
        let response = response
            .with_header("x-goog-generation", &self.generation.to_string())
            .with_header("etag", &format!("\"tag-{}\"", self.generation))
            .with_header("last-modified", DATE);
        let own = self.metadata.iter();
        own.fold(response, |response, (name, value)| response.with_header(name, value))
    }
}

pub fn xml(status: u16, code: &str, message: &str) -> Response {
    let body =
        format!("<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>");
    Response::new(status, "application/xml; charset=UTF-8", body)
}
