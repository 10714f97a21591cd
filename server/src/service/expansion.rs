//! What is attached to messages: reading it from a sender's message and from the RC:MsgExMsg that changes
//! it, within limits. Reads only; the store does it.

use std::sync::Arc;

use anser::model::ErrorCode;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::usable_id;
use crate::store::{Effect, Expansion};

/// The object name of a change.
pub(super) const CHANGE: &str = "RC:MsgExMsg";
/// The sender's flag bit of a message to which something may be attached.
const EXPANDABLE: i32 = 64;
/// Limits of one message.
const MOST_KEYS: usize = 300;
const LONGEST_KEY: usize = 32;
const LONGEST_VALUE: usize = 4096;

/// The content of RC:MsgExMsg.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    mid: String,
    #[serde(default)]
    put: Map<String, Value>,
    #[serde(default)]
    del: Vec<String>,
    #[serde(default)]
    remove_all: i32,
}

fn fits(key: &str, value: &str) -> bool {
    !key.is_empty() && key.len() <= LONGEST_KEY && value.len() <= LONGEST_VALUE
}

/// What a new message brings along in `extraContent`; without the flag that allows it, nothing.
pub(super) fn initial(flags: i32, extra: Option<&str>) -> Result<Option<Arc<str>>, ErrorCode> {
    let Some(extra) = extra.filter(|extra| flags & EXPANDABLE != 0 && !extra.is_empty()) else {
        return Ok(None);
    };
    let invalid = ErrorCode::BIZ_ERROR_INVALID_PARAMETER;
    let pairs: Map<String, Value> = serde_json::from_str(extra).map_err(|_| invalid)?;
    let mut kept = Map::new();
    for (key, value) in pairs {
        match value.get("v").and_then(Value::as_str) {
            Some(text) if fits(&key, text) => kept.insert(key, serde_json::json!({ "v": text })),
            _ => return Err(invalid),
        };
    }
    if kept.len() > MOST_KEYS {
        return Err(invalid);
    }
    Ok((!kept.is_empty()).then(|| Value::Object(kept).to_string().into()))
}

/// What a RC:MsgExMsg does.
pub(super) fn change(content: &[u8]) -> Result<Effect, ErrorCode> {
    let invalid = ErrorCode::BIZ_ERROR_INVALID_PARAMETER;
    let change: Change = serde_json::from_slice(content).map_err(|_| invalid)?;
    let mut put = Vec::with_capacity(change.put.len());
    for (key, value) in change.put {
        match value {
            Value::String(value) if fits(&key, &value) => put.push((key, value)),
            _ => return Err(invalid),
        }
    }
    let clear = change.remove_all != 0;
    if !usable_id(&change.mid) || (put.is_empty() && change.del.is_empty() && !clear) {
        return Err(invalid);
    }
    let change_of = Expansion { clear, delete: change.del, put, most_keys: MOST_KEYS };
    Ok(Effect::Expand { uid: change.mid.into(), change: change_of })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_expandable_messages_bring_something_and_only_texts() {
        let first =
            |flags, extra| initial(flags, Some(extra)).map(|found| found.map(|text| text.to_string()));
        assert_eq!(first(3, r#"{"a":{"v":"1"}}"#), Ok(None));
        let known = r#"{"a":{"v":"1"}}"#.to_owned();
        assert_eq!(first(67, r#"{"a":{"v":"1","ts":5}}"#), Ok(Some(known)));
        assert_eq!(first(67, "{}"), Ok(None));
        for bad in ["[]", r#"{"a":"1"}"#, r#"{"a":{"v":1}}"#, r#"{"":{"v":"1"}}"#] {
            assert!(first(67, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn limits_are_in_bytes_and_inclusive() {
        let put = |key: &str, value: &str| {
            change(serde_json::json!({ "mid": "U", "put": { key: value } }).to_string().as_bytes())
        };
        assert!(put(&"k".repeat(32), &"v".repeat(4096)).is_ok());
        assert!(put(&"键".repeat(11), "v").is_err());
        assert!(put("k", &"v".repeat(4097)).is_err());
        assert!(change(br#"{"mid":"U"}"#).is_err(), "nothing to do");
        assert!(change(br#"{"mid":"U","removeAll":1}"#).is_ok());
    }
}
