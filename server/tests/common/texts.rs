//! Messages, and what stands in them.

use anser::wire::{Bytes, body};

/// An ordinary text message.
pub fn text(words: &str) -> body::UpstreamMessage {
    message("RC:TxtMsg", 3, &serde_json::json!({ "content": words }).to_string())
}

pub fn message(object_name: &str, flags: i32, content: &str) -> body::UpstreamMessage {
    body::UpstreamMessage {
        flags: Some(flags),
        object_name: Some(object_name.into()),
        content: Some(Bytes::from(content.to_owned())),
        config_flag: Some(0),
        ..Default::default()
    }
}

/// The text inside a text message.
pub fn words(message: &body::DownstreamMessage) -> String {
    let value: serde_json::Value = serde_json::from_slice(message.content.as_ref().unwrap()).unwrap();
    value["content"].as_str().unwrap().to_owned()
}
