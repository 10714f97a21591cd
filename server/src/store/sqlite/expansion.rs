//! What is attached to a message, as it is stored: `{"key":{"v":"value"}}`, the form in which clients send
//! and read it. Computes only.

use serde_json::{Map, Value, json};

use crate::store::Expansion;

/// The attachment after `change`: `Some(None)` is an empty one, `None` is a change that is not allowed.
pub(super) fn changed(present: Option<&str>, change: &Expansion) -> Option<Option<String>> {
    let mut pairs: Map<String, Value> = match present {
        // Only this server wrote it; what it cannot read any more is lost rather than in the way for ever.
        Some(text) if !change.clear => serde_json::from_str(text).unwrap_or_default(),
        _ => Map::new(),
    };
    for key in &change.delete {
        pairs.shift_remove(key);
    }
    for (key, value) in &change.put {
        pairs.insert(key.clone(), json!({ "v": value }));
    }
    if pairs.len() > change.most_keys {
        return None;
    }
    Some((!pairs.is_empty()).then(|| Value::Object(pairs).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(pairs: &[(&str, &str)]) -> Expansion {
        Expansion {
            put: pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            most_keys: 2,
            ..Expansion::default()
        }
    }

    #[test]
    fn keys_come_change_go_and_are_counted() {
        let first = changed(None, &put(&[("a", "1"), ("b", "\"")])).unwrap().unwrap();
        assert_eq!(first, r#"{"a":{"v":"1"},"b":{"v":"\""}}"#);
        assert_eq!(changed(Some(&first), &put(&[("c", "3")])), None, "a third key");
        let second = changed(Some(&first), &put(&[("a", "2")])).unwrap().unwrap();
        assert_eq!(second, r#"{"a":{"v":"2"},"b":{"v":"\""}}"#);
        let gone = Expansion { delete: vec!["a".into(), "x".into()], most_keys: 2, ..Expansion::default() };
        assert_eq!(changed(Some(&second), &gone).unwrap().unwrap(), r#"{"b":{"v":"\""}}"#);
        let clear = Expansion { clear: true, most_keys: 2, ..Expansion::default() };
        assert_eq!(changed(Some(&second), &clear), Some(None));
    }
}
