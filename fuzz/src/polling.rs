//! Long polling. The first byte chooses: an answer that a client reads, or a request that a server reads (its query
//! on the first line, its body below). What is understood is written and read again as the same frames.

use std::collections::HashMap;

use anser::wire::polling::{Family, Signal, request, write_answer};
use anser::wire::{DownFrame, Topic};

/// Reads an answer or a request.
pub fn run(data: &[u8]) {
    let Some((first, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    if first % 2 == 0 { answer(text) } else { ask(text) }
}

/// What was asked under an id.
fn asked(id: u16) -> Option<Topic> {
    (id != 0).then(|| Topic::ALL[usize::from(id) % Topic::ALL.len()])
}

fn read(text: &str) -> Option<Vec<Result<DownFrame, ()>>> {
    let signals = Signal::parse_answer(text).ok()?;
    Some(signals.into_iter().map(|signal| signal.into_frame(asked).map_err(drop)).collect())
}

fn answer(text: &str) {
    let Some(frames) = read(text) else { return };
    for frame in frames.into_iter().flatten() {
        for family in [Family::Web25, Family::Engine] {
            let Ok(written) = write_answer(std::slice::from_ref(&frame), family, asked) else { continue };
            assert_eq!(read(&written), Some(vec![Ok(frame.clone())]), "{written}");
        }
    }
}

fn ask(text: &str) {
    let (query, body) = text.split_once('\n').unwrap_or((text, ""));
    let parameters = parameters(query);
    let Ok(frame) = request::read_send(|name| parameters.get(name).map(String::as_str), body) else { return };
    let Ok(request) = request::send(&frame, "session", "pid") else { return };
    let (_, query) = request.path.split_once('?').expect("a request has a query");
    let parameters = self::parameters(query);
    let body = request.body.unwrap_or_default();
    let again = request::read_send(|name| parameters.get(name).map(String::as_str), &body);
    assert_eq!(again.as_ref(), Ok(&frame), "{query} {body}");
}

/// The parameters of a query, decoded.
fn parameters(query: &str) -> HashMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, tail)) = rest.split_first() {
        rest = tail;
        let code = (*byte == b'%').then(|| tail.get(..2)).flatten();
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        match code {
            Some(code) => {
                out.push(code);
                rest = &tail[2..];
            }
            None => out.push(*byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
