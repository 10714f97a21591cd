//! Protobuf bodies: read as their type, compared field by field, written again, and both once more by
//! way of the JSON form.

use anser::wire::schema::{Kind, MessageInfo};
use anser::wire::{Bytes, Topic, json_body};
use serde_json::{Map, Value};

use super::files::{array, bytes, known_keys, text};
use super::modules::Names;
use super::notes::{Entry, Note, TableNote};
use super::report::{Check, FileReport};
use super::{Context, compare, proto, typed};

/// `bodies.json`: every entry is one body of a module.
pub(crate) fn check_bodies(context: &Context, file: &Map<String, Value>, report: &mut FileReport) -> Check {
    known_keys(file, &["count", "vectors"])?;
    // Their fields are looked up by number when they are compared, none is left out unread.
    report.entries(array(file, "vectors")?, None, &["module", "fields", "hex"], |entry| {
        let module = text(entry.object, "module")?;
        let info = context.modules.message(module)?;
        let bytes = bytes(entry.object, "hex")?;
        if let Note::Reject = entry.note {
            return refused(info, &bytes);
        }
        let expected = entry.expected(&[], |_| true)?;
        let written =
            check(info, Names::Module(&context.modules, module), &bytes, Some(&expected), &entry.note)?;
        same_or_other(&entry.note, &bytes, Ok(&written))
    });
    Ok(())
}

/// Messages that topics carry beside the one they are typed with: two generations of clients send
/// different bodies under one topic, and the server reads both.
const SECOND_BODIES: &[(Topic, &str)] = &[(Topic::RemoveConversation, "ConversationsQueryV4")];

/// `engine-4.4.2.json`: every entry is one body of the later engine under a topic. The other keys of the
/// file compare web clients with each other; its own note says that they are no tests.
pub(crate) fn check_engine(file: &Map<String, Value>, report: &mut FileReport) -> Check {
    let explained =
        ["clientFramesDifferent", "decodeDifferences", "bodyDifferences", "absentModules", "stringDecode"];
    known_keys(file, &[&["count", "vectors", "native"], &explained[..]].concat())?;
    let table = TableNote::of(file)?;
    report.entries(array(file, "vectors")?, table.as_ref(), &["topic", "bodyHex"], |entry| {
        if !entry.goes_up()? {
            return Err("these bodies only go up".into());
        }
        let name = text(entry.object, "topic")?;
        let topic = Topic::parse(name).ok_or_else(|| format!("topic {name} is not known"))?;
        let bytes = bytes(entry.object, "bodyHex")?;
        if let Note::Reject = entry.note {
            let second = SECOND_BODIES.iter().filter(|(of, _)| *of == topic);
            let second = second.filter_map(|(_, message)| anser::wire::schema::find(message));
            return topic.request().into_iter().chain(second).try_for_each(|info| refused(info, &bytes));
        }
        let expected = entry.expected(&[], |_| true)?;
        known_keys(&expected, &["message", "fields"])?;
        let message = text(&expected, "message")?;
        let info = topic.request().filter(|info| info.name == message);
        let second = SECOND_BODIES.contains(&(topic, message)).then(|| anser::wire::schema::find(message));
        let info =
            info.or(second.flatten()).ok_or_else(|| format!("topic {name} does not carry {message}"))?;
        let fields = super::files::map(&expected, "fields")?;
        let written = check(info, Names::Proto, &bytes, Some(fields), &entry.note)?;
        same_or_other(&entry.note, &bytes, Ok(&written))
    });
    Ok(())
}

/// Reads a body and compares it with the recorded fields, if there are any. Gives what its type writes.
pub(crate) fn check(
    info: &'static MessageInfo,
    names: Names<'_>,
    bytes: &[u8],
    recorded: Option<&Map<String, Value>>,
    note: &Note,
) -> Result<Bytes, String> {
    let written = typed::find(info.name)?(Bytes::copy_from_slice(bytes))
        .map_err(|error| format!("{} does not decode: {error}", info.name))?;
    let Some(recorded) = recorded else { return Ok(written) };
    let complete = proto::compare(info, names, bytes, recorded)?;
    // What was read and written again still holds the fields, whatever its bytes.
    proto::compare(info, names, &written, recorded)?;
    let Some((form, plain)) = proto::polling_form(info, names, recorded)? else {
        return match json_body::to_json(info, bytes) {
            Ok(form) => Err(format!("bytes that are no text become {form}")),
            Err(_) => Ok(written),
        };
    };
    let mut json = json_body::to_json(info, bytes).map_err(|error| format!("JSON form: {error}"))?;
    let back = json_body::from_json(info, &json).map_err(|error| format!("from the JSON form: {error}"))?;
    if plain && note.reencode() {
        compare::bytes("from the JSON form", bytes, Ok(&back))?;
    }
    if complete {
        let encoded =
            json_body::from_json(info, &form).map_err(|error| format!("encoding fields: {error}"))?;
        if plain && note.reencode() {
            compare::bytes("encoding the fields", bytes, Ok(&encoded))?;
        } else {
            compare::bytes("encoding the fields", &back, Ok(&encoded))?;
        }
        drop_empty_lists(&mut json);
        if json != form {
            return Err(format!("JSON form: expected {form}, got {json}"));
        }
    }
    Ok(written)
}

/// A recorded body leaves empty lists out, the JSON form has them.
pub(crate) fn drop_empty_lists(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.retain(|_, item| !matches!(item, Value::Array(list) if list.is_empty()));
            object.values_mut().for_each(drop_empty_lists);
        }
        Value::Array(list) => list.iter_mut().for_each(drop_empty_lists),
        _ => {}
    }
}

/// Whether a recorded body of `module` may stand for one of `carried`: some bodies are recorded under
/// another one's module, of which they are a part.
pub(crate) fn is_part(carried: &MessageInfo, module: &MessageInfo) -> bool {
    carried.name == module.name
        || carried.fields.iter().all(|field| {
            module.field(field.number).is_some_and(|other| {
                let kinds = match (field.kind, other.kind) {
                    (Kind::Message(a), Kind::Message(b)) => a.name == b.name,
                    (a, b) => std::mem::discriminant(&a) == std::mem::discriminant(&b),
                };
                kinds && (field.json_name, field.label) == (other.json_name, other.label)
            })
        })
}

/// Neither reader takes these bytes.
fn refused(info: &'static MessageInfo, bytes: &[u8]) -> Check {
    if typed::find(info.name)?(Bytes::copy_from_slice(bytes)).is_ok() {
        return Err(format!("{} decodes, but is to be refused", info.name));
    }
    match json_body::to_json(info, bytes) {
        Ok(json) => Err(format!("the JSON form decodes, but is to be refused: {json}")),
        Err(_) => Ok(()),
    }
}

/// Encoding gives the bytes that came, or, where the note says so, other ones or none.
pub(crate) fn same_or_other(note: &Note, came: &[u8], written: Result<&[u8], String>) -> Check {
    if note.reencode() {
        return compare::bytes("encoding", came, written);
    }
    match written {
        Ok(written) if written == came => {
            Err("encoding gives the same bytes, the note says it does not".into())
        }
        _ => Ok(()),
    }
}

/// The recorded body of a frame, unless the note leaves it out.
pub(crate) fn body_of(
    entry: &Entry<'_>,
    expected: &Map<String, Value>,
) -> Result<Option<Map<String, Value>>, String> {
    if !entry.note.counts("body") {
        return Ok(None);
    }
    match expected.get("body") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(body)) => Ok(Some(body.clone())),
        Some(_) => Err("body is not an object".into()),
    }
}
