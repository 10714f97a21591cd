//! Bodies of frames, in both of their forms.

use anser::wire::json_body;
use anser::wire::schema::MessageInfo;

/// What reads as a body has a JSON form, and that reads back as the same body.
pub(crate) fn check(info: &'static MessageInfo, bytes: &[u8]) {
    let Ok(json) = json_body::to_json(info, bytes) else { return };
    let again = json_body::from_json(info, &json).expect("the JSON form of a body reads back");
    assert_eq!(json_body::to_json(info, &again).as_ref(), Ok(&json), "{}", info.name);
    // Through text, as it travels.
    let read: serde_json::Value = serde_json::from_str(&json.to_string()).expect("JSON text is JSON");
    assert_eq!(json_body::from_json(info, &read).as_ref(), Ok(&again), "{}", info.name);
}
