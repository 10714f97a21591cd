//! What navigation says beside the servers: the switches and limits of an app. Read leniently: what is missing or
//! ill-typed has its default, and nothing of it fails an answer.

use serde_json::{Map, Value};

/// The switches and limits that navigation named last, each with its default where it named none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "client", derive(uniffi::Record))]
pub struct NavigationInfo {
    /// Who the token belongs to (`userId`), if it says so.
    pub user_id: Option<String>,
    /// Whether the server keeps a history (`historyMsg`); yes by default. Where it does not, reading it fails
    /// with 33007.
    pub history: bool,
    /// Whether the server keeps the history of chatrooms (`chatroomMsg`); yes by default.
    pub chatroom_history: bool,
    /// Whether chatrooms have entries (`kvStorage`); no by default.
    pub chatroom_entries: bool,
    /// Whether a user may be in several chatrooms (`joinMChrm`); no by default: joining one leaves the other.
    pub many_chatrooms: bool,
    /// Whether there are public services (`openMp`); no by default.
    pub public_services: bool,
    /// Whether the account has settings (`openUS`); yes by default. Where not, they are not asked for.
    pub user_settings: bool,
    /// Whether calls are possible (`strategy` of `voipCallInfo`); no by default.
    pub calls: bool,
    /// The version of group receipts (`grpRRVer`); 0 by default.
    pub group_receipts: u32,
    /// Largest GIF that may be sent, in KB of 1024 bytes (`gifSize`); `None` is no limit. A larger one fails with
    /// 34003.
    pub gif_kilobytes: Option<u32>,
    /// Longest short video that may be sent, in seconds (`videoTimes`); `None` is no limit. A longer one fails with
    /// 34002.
    pub video_seconds: Option<u32>,
    /// For how many days messages wait at the server (`compDays`), if it says so.
    pub offline_days: Option<u32>,
    /// Where files go by default (`uploadServer`), if it says so.
    pub upload_server: Option<String>,
    /// The whole answer as JSON, for what has no field here; `{}` before the first answer.
    pub json: String,
}

impl Default for NavigationInfo {
    fn default() -> Self {
        Self::read(&Map::new())
    }
}

impl NavigationInfo {
    /// Reads an answer's object.
    pub fn read(answer: &Map<String, Value>) -> Self {
        let switch = |key: &str| answer.get(key).and_then(switch);
        let text = |key: &str| {
            answer.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let count = |key: &str| answer.get(key).and_then(count);
        Self {
            user_id: text("userId"),
            history: switch("historyMsg").unwrap_or(true),
            chatroom_history: switch("chatroomMsg").unwrap_or(true),
            chatroom_entries: switch("kvStorage").unwrap_or(false),
            many_chatrooms: switch("joinMChrm").unwrap_or(false),
            public_services: switch("openMp").unwrap_or(false),
            user_settings: switch("openUS").unwrap_or(true),
            calls: text("voipCallInfo")
                .and_then(|inner| serde_json::from_str::<Value>(&inner).ok())
                .and_then(|calls| self::switch(calls.get("strategy")?))
                .unwrap_or(false),
            group_receipts: count("grpRRVer").unwrap_or(0),
            // A limit of nothing would be a switch, and there is none.
            gif_kilobytes: count("gifSize").filter(|limit| *limit > 0),
            video_seconds: count("videoTimes").filter(|limit| *limit > 0),
            offline_days: count("compDays"),
            upload_server: text("uploadServer"),
            json: Value::Object(answer.clone()).to_string(),
        }
    }

    /// Reads what [`NavigationInfo::json`] kept. `None` if it is no object.
    pub fn from_json(json: &str) -> Option<Self> {
        serde_json::from_str::<Value>(json).ok()?.as_object().map(Self::read)
    }
}

/// A switch is a boolean or a number, by some servers in quotes.
fn switch(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(on) => Some(*on),
        Value::Number(number) => number.as_f64().map(|number| number != 0.0),
        Value::String(text) => match text.trim() {
            "1" | "true" => Some(true),
            "0" | "false" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A number that counts something.
fn count(value: &Value) -> Option<u32> {
    let number = match value {
        Value::String(text) => text.trim().parse().ok()?,
        value => value.as_u64()?,
    };
    u32::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> NavigationInfo {
        NavigationInfo::from_json(json).unwrap()
    }

    #[test]
    fn the_vendors_answer_is_read() {
        let info = read(
            r#"{"code":200,"userId":"u","historyMsg":true,"chatroomMsg":false,"kvStorage":1,"joinMChrm":true,
                "openMp":1,"openUS":0,"grpRRVer":1,"gifSize":3072,"videoTimes":120,"compDays":6,"msgAck":null,
                "uploadServer":"upload.example.com","voipCallInfo":"{\"strategy\":1,\"callEngine\":[]}"}"#,
        );
        assert_eq!(
            (info.user_id.as_deref(), info.upload_server.as_deref()),
            (Some("u"), Some("upload.example.com"))
        );
        assert_eq!(
            (info.gif_kilobytes, info.video_seconds, info.offline_days),
            (Some(3072), Some(120), Some(6))
        );
        assert!(info.history && !info.chatroom_history && info.chatroom_entries && info.many_chatrooms);
        assert!(info.public_services && !info.user_settings && info.calls);
        assert_eq!(info.group_receipts, 1);
        assert_eq!(read(&info.json), info, "what is kept reads as it did");
    }

    #[test]
    fn what_is_missing_or_ill_typed_has_its_default() {
        let defaults = NavigationInfo::default();
        assert!(defaults.history && defaults.chatroom_history && defaults.user_settings);
        assert!(!defaults.chatroom_entries && !defaults.many_chatrooms && !defaults.public_services);
        assert_eq!((defaults.gif_kilobytes, defaults.video_seconds, defaults.calls), (None, None, false));
        assert_eq!(defaults.json, "{}");
        for nonsense in [r#""much""#, "null", "[]", "{}", "-1", "1.5e300"] {
            let json = format!(
                r#"{{"gifSize":{nonsense},"videoTimes":{nonsense},"compDays":{nonsense},"grpRRVer":{nonsense},
                     "userId":[],"uploadServer":7,"voipCallInfo":{nonsense}}}"#
            );
            let info = read(&json);
            assert_eq!(NavigationInfo { json: "{}".into(), ..info }, defaults, "{nonsense}");
        }
        for nonsense in [r#""much""#, "null", "[]", "{}"] {
            let json = format!(
                r#"{{"historyMsg":{nonsense},"kvStorage":{nonsense},"openMp":{nonsense},"openUS":{nonsense},
                     "joinMChrm":{nonsense},"chatroomMsg":{nonsense}}}"#
            );
            assert_eq!(NavigationInfo { json: "{}".into(), ..read(&json) }, defaults, "{nonsense}");
        }
        assert_eq!(NavigationInfo::from_json("[1]"), None);
        assert_eq!(read(r#"{"gifSize":0,"videoTimes":0}"#).gif_kilobytes, None, "no limit");
    }

    #[test]
    fn switches_are_booleans_numbers_or_either_in_quotes() {
        for (json, on) in
            [("true", true), ("1", true), ("\"1\"", true), ("false", false), ("0", false), ("\"0\"", false)]
        {
            let info = read(&format!(r#"{{"historyMsg":{json},"kvStorage":{json}}}"#));
            assert_eq!((info.history, info.chatroom_entries), (on, on), "{json}");
        }
    }
}
