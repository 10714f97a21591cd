//! Message content as text.
//!
//! Content is JSON. Web clients 2.5.x read its bytes with their frame-string reader, which mangles
//! 4-byte UTF-8; escapes inside the JSON reach every client intact.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Rewrites characters above U+FFFF in JSON text as `\uD83D\uDE00` pairs, for sessions of 2.5.x web
/// clients. Anything else stays byte for byte.
pub fn escape_astral(json: &str) -> Cow<'_, str> {
    if !json.bytes().any(|byte| byte >= 0xf0) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 16);
    let mut units = [0; 2];
    for character in json.chars() {
        if u32::from(character) > 0xffff {
            for unit in character.encode_utf16(&mut units) {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "\\u{unit:04X}");
            }
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_astral_characters_change() {
        assert_eq!(escape_astral("{\"content\":\"你好 é\"}"), "{\"content\":\"你好 é\"}");
        assert_eq!(escape_astral("\"a😀b\""), "\"a\\uD83D\\uDE00b\"");
        assert_eq!(serde_json::from_str::<String>(&escape_astral("\"𠮷\"")).unwrap(), "𠮷");
    }
}
