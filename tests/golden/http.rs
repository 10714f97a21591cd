//! URLs and requests as the vectors record them, and their comparison with native ones. Free values
//! stand as placeholders: `<pid>`, `<ts>`, `<rand>`.

use anser::wire::polling::request::HttpRequest;
use serde_json::{Map, Value};

use super::files::{known_keys, text};
use super::report::Check;

/// A URL taken apart, its query decoded.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Url {
    /// Scheme and host; empty for a path of its own.
    pub(crate) origin: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
}

impl Url {
    /// Takes a URL or a path with its query apart.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let start = text.find("://").map_or(0, |at| at + 3);
        let path =
            text[start..].find('/').map(|at| at + start).ok_or_else(|| format!("{text} has no path"))?;
        let (origin, rest) = text.split_at(path);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').ok_or_else(|| format!("{pair} has no value"))?;
                Ok((name.to_owned(), decode(value)?))
            })
            .collect::<Result<Vec<_>, String>>()?;
        let mut names: Vec<_> = query.iter().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        if names.len() != query.len() {
            return Err(format!("{text} names a parameter twice"));
        }
        Ok(Self { origin: origin.into(), path: path.into(), query })
    }

    /// The decoded value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that must be there.
    pub(crate) fn need(&self, name: &str) -> Result<&str, String> {
        self.parameter(name).ok_or_else(|| format!("the URL has no {name}"))
    }

    /// The same with every placeholder filled in.
    pub(crate) fn filled(&self) -> Result<Self, String> {
        let query = self
            .query
            .iter()
            .map(|(name, value)| {
                let value = match placeholder(value)? {
                    None => value.clone(),
                    Some(Free::Text) => "16420572203860.25".into(),
                    Some(Free::Digits) => "1642057220386".into(),
                };
                Ok((name.clone(), value))
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { origin: self.origin.clone(), path: self.path.clone(), query })
    }

    /// Compares with what the native client builds. `free` names parameters whose value is any number;
    /// `more` says whether it may add parameters after these.
    pub(crate) fn compare(&self, native: &Self, free: &[&str], more: bool) -> Check {
        if self.path != native.path {
            return Err(format!("path {}, not {}", native.path, self.path));
        }
        for (name, value) in &self.query {
            let got = native.need(name).map_err(|_| format!("parameter {name} is missing"))?;
            let free = if free.contains(&name.as_str()) { Some(Free::Digits) } else { placeholder(value)? };
            let fits = match free {
                None => got == value,
                Some(Free::Text) => !got.is_empty(),
                Some(Free::Digits) => is_number(got) && (value.starts_with('<') || is_number(value)),
            };
            if !fits {
                return Err(format!("{name} is {got:?}, not {value:?}"));
            }
        }
        let (first, added) = native.query.split_at(self.query.len().min(native.query.len()));
        match added.iter().find(|_| !more) {
            Some((name, _)) => Err(format!("an unknown parameter {name}")),
            None if more => {
                let own = first.iter().find(|(name, _)| self.parameter(name).is_none());
                own.map_or(Ok(()), |(name, _)| Err(format!("{name} stands before the known parameters")))
            }
            None => Ok(()),
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

enum Free {
    Text,
    Digits,
}

/// What a placeholder stands for; an unknown one is an error.
fn placeholder(value: &str) -> Result<Option<Free>, String> {
    match value {
        "<pid>" => Ok(Some(Free::Text)),
        "<ts>" | "<rand>" => Ok(Some(Free::Digits)),
        _ if value.contains(['<', '>']) => Err(format!("the placeholder {value} is not known")),
        _ => Ok(None),
    }
}

fn decode(value: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
            let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
            bytes.push(byte.ok_or_else(|| format!("{value} is badly encoded"))?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

/// A recorded request.
pub(crate) struct Recorded {
    pub(crate) method: String,
    pub(crate) url: Url,
    /// The body's text; `None` for a GET.
    pub(crate) body: Option<String>,
}

impl Recorded {
    /// Reads it. Headers are free.
    pub(crate) fn parse(value: &Value) -> Result<Self, String> {
        let object: &Map<String, Value> = value.as_object().ok_or("a request is an object")?;
        known_keys(object, &["method", "url", "headers", "body"])?;
        let body = match object.get("body") {
            None | Some(Value::Null) => None,
            Some(body) => Some(body.as_str().ok_or("body is not text")?.to_owned()),
        };
        let method = text(object, "method")?.to_owned();
        Ok(Self { method, url: Url::parse(text(object, "url")?)?, body })
    }

    /// Compares with a request that the native client makes.
    pub(crate) fn compare(&self, native: &HttpRequest, more: bool) -> Check {
        if native.method != self.method {
            return Err(format!("method {}, not {}", native.method, self.method));
        }
        self.url.compare(&Url::parse(&native.path)?, &[], more)?;
        match (&self.body, &native.body) {
            (None, None) => Ok(()),
            (Some(recorded), Some(native)) => {
                let (recorded, native) = (body_json(recorded)?, body_json(native)?);
                if recorded == native { Ok(()) } else { Err(format!("body {native}, not {recorded}")) }
            }
            (recorded, native) => Err(format!("body {native:?}, not {recorded:?}")),
        }
    }
}

/// A body as JSON, the text of every `content` in it as JSON too.
fn body_json(text: &str) -> Result<Value, String> {
    let mut value = serde_json::from_str(text).map_err(|error| format!("body {text}: {error}"))?;
    open_content(&mut value);
    Ok(value)
}

/// Replaces every `content` that is JSON text by that JSON.
pub(crate) fn open_content(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, item) in object {
                let opened = match (key.as_str(), &*item) {
                    ("content", Value::String(text)) => serde_json::from_str(text).ok(),
                    _ => None,
                };
                match opened {
                    Some(opened) => *item = opened,
                    None => open_content(item),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(open_content),
        _ => {}
    }
}
