//! Compares what is expected with what a decoder gave. A field that the decoder has no name for is a
//! failure, never a pass.

use serde_json::{Map, Value};

use super::notes::EXPLAIN;
use super::report::Check;

/// Compares every expected field by `rule`, which answers `None` for a field it does not know.
pub(crate) fn fields(
    expected: &Map<String, Value>,
    mut rule: impl FnMut(&str, &Value) -> Option<Check>,
) -> Check {
    for (key, value) in expected.iter().filter(|(key, _)| !EXPLAIN.contains(&key.as_str())) {
        rule(key, value)
            .unwrap_or_else(|| Err("no rule reads this field".into()))
            .map_err(|reason| format!("{key}: {reason}"))?;
    }
    Ok(())
}

/// Compares one value with a decoded one; expected null means none.
pub(crate) fn value(expected: &Value, decoded: Option<&Value>) -> Check {
    let decoded = decoded.unwrap_or(&Value::Null);
    if expected == decoded { Ok(()) } else { Err(format!("expected {expected}, got {decoded}")) }
}

/// Compares every expected field with the decoded field of the same name.
pub(crate) fn plain(expected: &Map<String, Value>, decoded: &Map<String, Value>) -> Check {
    fields(expected, |key, item| known(item, decoded, key))
}

/// The rule of [`plain`] for one field: a name that the decoder never gives is not understood.
pub(crate) fn known(item: &Value, decoded: &Map<String, Value>, key: &str) -> Option<Check> {
    decoded.get(key).map(|got| value(item, Some(got)))
}

/// Compares bytes, or why there are none.
pub(crate) fn bytes(what: &str, expected: &[u8], got: Result<&[u8], String>) -> Check {
    match got {
        Ok(got) if got == expected => Ok(()),
        Ok(got) => Err(format!("{what} gives {}, not {}", cut(got), cut(expected))),
        Err(error) => Err(format!("{what} fails: {error}")),
    }
}

fn cut(bytes: &[u8]) -> String {
    let mut text = super::files::hex(bytes);
    if text.len() > 400 {
        text.truncate(400);
        text.push('…');
    }
    text
}
