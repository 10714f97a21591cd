//! The bytes are a WebSocket message of a client. What reads as a frame is written and read again as the same
//! frame.

use anser::wire::{Bytes, Topic, UpFrame};

use crate::bodies;

/// Reads a frame.
pub fn run(data: &[u8]) {
    let Ok(frame) = UpFrame::decode(Bytes::copy_from_slice(data)) else { return };
    if let Ok(written) = frame.encode() {
        assert_eq!(UpFrame::decode(written).as_ref(), Ok(&frame));
    }
    let (topic, body) = match &frame {
        UpFrame::Publish(publish) => (&publish.topic, &publish.body),
        UpFrame::Query(query) => (&query.topic, &query.body),
        _ => return,
    };
    if let Some(info) = Topic::parse(topic).and_then(Topic::request) {
        bodies::check(info, body);
    }
}
