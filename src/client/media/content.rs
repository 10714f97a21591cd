//! Where a media message's content names its file's address, and how it gets there: every other byte of
//! the content's values stays as the host wrote it.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::model::ErrorCode;

/// The key of kinds that have none of their own.
const DEFAULT_KEY: &str = "remoteUrl";

/// The content's key that holds the file's address. Built-in kinds have their own answer.
pub(super) fn url_key<'a>(object_name: &str, custom: Option<&'a str>) -> &'a str {
    match object_name {
        "RC:ImgMsg" => "imageUri",
        "RC:HQVCMsg" | "RC:GIFMsg" | "RC:CombineMsg" => DEFAULT_KEY,
        "RC:FileMsg" => "fileUrl",
        "RC:SightMsg" => "sightUrl",
        _ => custom.filter(|key| !key.is_empty()).unwrap_or(DEFAULT_KEY),
    }
}

/// The address that a content names.
pub(super) fn url_of(content: &str, key: &str) -> Option<String> {
    let json: serde_json::Value = serde_json::from_str(content).ok()?;
    json.get(key)?.as_str().filter(|url| !url.is_empty()).map(str::to_owned)
}

/// The name that a content gives its file.
pub(super) fn name_of(content: &str) -> Option<String> {
    url_of(content, "name")
}

/// The content with the address at its key.
///
/// # Errors
/// 34205 if the content is no JSON object.
pub(super) fn with_url(content: &str, key: &str, url: &str) -> Result<String, ErrorCode> {
    let mut object: Object = serde_json::from_str(content).map_err(|_| ErrorCode::CONTENT_INVALID)?;
    let url = serde_json::value::to_raw_value(url).map_err(|_| ErrorCode::CONTENT_INVALID)?;
    match object.0.iter_mut().find(|(known, _)| known == key) {
        Some((_, value)) => *value = url,
        None => object.0.push((key.to_owned(), url)),
    }
    serde_json::to_string(&object).map_err(|_| ErrorCode::CONTENT_INVALID)
}

/// A JSON object with its keys in their order and its values untouched.
struct Object(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Object;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_goes_in_and_nothing_else_changes() {
        let content =
            r#"{ "size": 1.50e3, "名": "a\u0062", "fileUrl" : "old", "big": 12345678901234567890123 }"#;
        assert_eq!(
            with_url(content, "fileUrl", "http://f/\"1\"").unwrap(),
            r#"{"size":1.50e3,"名":"a\u0062","fileUrl":"http://f/\"1\"","big":12345678901234567890123}"#
        );
        assert_eq!(with_url("{}", "remoteUrl", "u").unwrap(), r#"{"remoteUrl":"u"}"#);
        for broken in ["[]", "1", "", "{"] {
            assert_eq!(with_url(broken, "k", "u"), Err(ErrorCode::CONTENT_INVALID), "{broken}");
        }
    }

    #[test]
    fn kinds_have_their_keys() {
        assert_eq!(url_key("RC:ImgMsg", Some("mine")), "imageUri");
        assert_eq!(url_key("RC:SightMsg", None), "sightUrl");
        assert_eq!(url_key("App:Plan", Some("plan")), "plan");
        assert_eq!(url_key("App:Plan", None), "remoteUrl");
        assert_eq!(url_of(r#"{"plan":"http://x"}"#, "plan").as_deref(), Some("http://x"));
        assert_eq!(url_of(r#"{"plan":""}"#, "plan"), None);
        assert_eq!(url_of(r#"{"plan":7}"#, "plan"), None);
    }
}
