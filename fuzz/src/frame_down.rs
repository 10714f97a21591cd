//! The bytes are a WebSocket message of a server. What reads as a frame is written and read again as the same
//! frame, and its body is read as every layer above reads it.

use anser::session::answer::Answer;
use anser::wire::{Bytes, DownFrame, Topic};

use crate::bodies;

/// Reads a frame.
pub fn run(data: &[u8]) {
    let Ok(frame) = DownFrame::decode(Bytes::copy_from_slice(data)) else { return };
    if let Ok(written) = frame.encode() {
        assert_eq!(DownFrame::decode(written).as_ref(), Ok(&frame));
    }
    match frame {
        DownFrame::Publish(publish) => {
            if let Some(info) = Topic::parse(&publish.topic).and_then(Topic::request) {
                bodies::check(info, &publish.body);
            }
        }
        DownFrame::QueryAck(ack) => {
            // An answer does not say what was asked: the id decides.
            let topic = Topic::ALL[usize::from(ack.message_id) % Topic::ALL.len()];
            if let Some(info) = topic.answer() {
                bodies::check(info, &ack.body);
            }
            let _ = Answer::read(topic, ack.status, ack.body, "me");
        }
        DownFrame::PubAck(ack) => {
            let _ = ack.time();
        }
        _ => {}
    }
}
