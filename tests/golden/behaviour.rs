//! The behaviour files: every vector runs on a fresh client with an empty store. What came out of it is
//! compared as the README says.

use anser::model::{ErrorCode, Message};
use anser::session::{Input, Request};
use anser::wire::polling::{Signal, request};
use anser::wire::{Body, DownFrame, DownPublish, Qos, Topic, UpFrame, body};
use serde_json::{Map, Value};

use super::behaviour_client::{Client, SESSION, answer};
use super::files::{array, bytes, hex, known_keys, text, unhex};
use super::http::{Recorded, Url};
use super::notes::{Entry, Note};
use super::report::{Check, FileReport};
use super::{compare, frames};

/// `pipeline.json`: frames in, messages and acknowledgements out.
pub(crate) fn check_pipeline(file: &Map<String, Value>, report: &mut FileReport) -> Check {
    known_keys(file, &["count", "vectors"])?;
    let known = ["fields", "hex", "input", "reply"];
    report.entries(array(file, "vectors")?, None, &known, |entry| {
        if let Note::Reject = entry.note {
            return Err("a client refuses no pipeline".into());
        }
        if entry.goes_up()? {
            return Err("what arrives comes down".into());
        }
        frames::passes_as(&entry.note, &bytes(entry.object, "hex")?, false)?;
        for reply in array(entry.object, "reply")? {
            frames::passes(&unhex(reply.as_str().ok_or("reply is not text")?)?, true)?;
        }
        let expected = entry.expected(&["reply"], |key| ["messages", "statuses", "reply"].contains(&key))?;
        let mut client = Client::at_rest()?;
        if let Some(Value::Object(query)) = expected.get("query") {
            join_if_room(&mut client, query)?;
        }
        for input in array(entry.object, "input")? {
            let input = input.as_object().ok_or("input is not an object")?;
            known_keys(input, &["hex"])?;
            let came = bytes(input, "hex")?;
            frames::passes(&came, false)?;
            client.bytes(&came)?;
        }
        compare::fields(&expected, |key, value| match key {
            "messages" => Some(compare_messages(value, &client.messages)),
            "statuses" => Some(compare_statuses(value, &client.statuses)),
            "reply" => Some(compare::value(value, Some(&acknowledgements(&client)))),
            "query" => Some(compare_query(value, &client)),
            _ => None,
        })
    });
    Ok(())
}

/// A notice about a chatroom means something to a client that is in the room.
fn join_if_room(client: &mut Client, query: &Map<String, Value>) -> Check {
    let topic = Topic::parse(text(query, "topic")?);
    if !matches!(topic, Some(Topic::PullChatroomEntries | Topic::PullChatroom)) {
        return Ok(());
    }
    let joined = body::RequiredPlaceholder { nothing: Some(1) }.to_bytes();
    client.input(Input::Request(Request {
        id: 1,
        topic: Topic::JoinChatroom,
        target: text(query, "targetId")?.into(),
        body: joined.clone(),
        qos: Qos::AtMostOnce,
    }))?;
    let Some(UpFrame::Query(join)) = client.sent.last() else { return Err("joining sends nothing".into()) };
    let ack = answer(join.message_id, 0, joined);
    client.frame(DownFrame::QueryAck(ack))?;
    client.forget();
    Ok(())
}

/// PUBACK and QUERYCON in the order sent, in hex.
fn acknowledgements(client: &Client) -> Value {
    let acks = client.sent.iter().filter(|frame| is_acknowledgement(frame));
    acks.map(|frame| frame.encode().map_or(Value::Null, |bytes| hex(&bytes).into())).collect()
}

fn is_acknowledgement(frame: &UpFrame) -> bool {
    matches!(frame, UpFrame::PubAck { .. } | UpFrame::QueryCon { .. })
}

fn compare_query(expected: &Value, client: &Client) -> Check {
    let expected = expected.as_object().ok_or("is not an object")?;
    known_keys(expected, &["topic", "targetId"])?;
    let (topic, target) = (text(expected, "topic")?, text(expected, "targetId")?);
    let found = client.sent.iter().any(|frame| match frame {
        UpFrame::Query(query) => &*query.topic == topic && &*query.target == target,
        _ => false,
    });
    if found { Ok(()) } else { Err(format!("no {topic} about {target} among {:?}", client.sent)) }
}

fn compare_messages(expected: &Value, messages: &[Message]) -> Check {
    let expected = expected.as_array().ok_or("is not an array")?;
    if expected.len() != messages.len() {
        return Err(format!("{} messages, not {}", messages.len(), expected.len()));
    }
    expected.iter().zip(messages).try_for_each(|(expected, message)| {
        let expected = expected.as_object().ok_or("a message is not an object")?;
        compare::fields(expected, |key, value| compare_message(key, value, message))
    })
}

/// The rule for one field of a message.
pub(crate) fn compare_message(key: &str, value: &Value, message: &Message) -> Option<Check> {
    let got = match key {
        "content" => return Some(compare_content(value, &message.content)),
        // A class name of the web client, and what the user did locally with a message.
        "messageType" | "receivedStatus" => return Some(Ok(())),
        "conversationType" => message.conversation.conversation_type.number().into(),
        "targetId" => message.conversation.target_id.as_str().into(),
        "objectName" => message.object_name.as_str().into(),
        "messageDirection" => message.direction.number().into(),
        "senderUserId" => message.sender_user_id.as_str().into(),
        "sentTime" => message.sent_time.into(),
        "messageUId" => message.uid.clone().map_or(Value::Null, Value::from),
        "offLineMessage" => message.offline.into(),
        _ => return None,
    };
    Some(compare::value(value, Some(&got)))
}

/// The content without the class name that the web client puts into it.
fn compare_content(expected: &Value, content: &str) -> Check {
    let mut expected = expected.clone();
    if let Value::Object(object) = &mut expected {
        object.shift_remove("messageName");
    }
    let got = serde_json::from_str(content).map_err(|error| format!("{content:?}: {error}"))?;
    compare::value(&expected, Some(&got))
}

/// Without 201 to 204 and repeats, the expected ones are the start of the client's; none means none.
fn compare_statuses(expected: &Value, got: &[i32]) -> Check {
    let expected = expected.as_array().ok_or("is not an array")?;
    let numbers: Option<Vec<i64>> = expected.iter().map(Value::as_i64).collect();
    let reduce = |numbers: Vec<i64>| {
        let mut numbers: Vec<_> =
            numbers.into_iter().filter(|number| !(201..=204).contains(number)).collect();
        numbers.dedup();
        numbers
    };
    let expected = reduce(numbers.ok_or("holds something that is no number")?);
    let got = reduce(got.iter().map(|number| i64::from(*number)).collect());
    let fits = if expected.is_empty() { got.is_empty() } else { got.starts_with(&expected) };
    if fits { Ok(()) } else { Err(format!("{got:?} does not start with {expected:?}")) }
}

/// What an outcome may record.
const OUTCOME: &[&str] = &[
    "onSuccess",
    "onError",
    "onTokenIncorrect",
    "statuses",
    "naviRequestedAgain",
    "exception",
    "socketClosedByClient",
];

/// `outcomes.json`: what a client reports after a CONNACK, a DISCONNECT or a stray acknowledgement.
pub(crate) fn check_outcomes(file: &Map<String, Value>, report: &mut FileReport) -> Check {
    known_keys(file, &["count", "vectors"])?;
    report.entries(array(file, "vectors")?, None, &["fields", "hex"], |entry| {
        if entry.goes_up()? {
            return Err("what arrives comes down".into());
        }
        let came = bytes(entry.object, "hex")?;
        let name = text(entry.object, "name")?;
        // The README tells by these names what comes first, and that one is no binary message.
        let is_text = name.starts_with("text_frame");
        let first = name.starts_with("connack_") || is_text;
        let mut client = if first { Client::opening(true)? } else { Client::at_rest()? };
        if let Note::Reject = entry.note {
            return check_refused(&mut client, &came, is_text);
        }
        if is_text {
            return Err("a text message can only be refused".into());
        }
        frames::passes_as(&entry.note, &came, false)?;
        client.bytes(&came)?;
        let expected = entry.expected(&[], |key| OUTCOME.contains(&key))?;
        compare_outcome(&expected, &client)?;
        goes_on(client)
    });
    Ok(())
}

fn check_refused(client: &mut Client, came: &[u8], is_text: bool) -> Check {
    if frames::Frame::decode(came, false).is_ok() {
        return Err("decodes, but is to be refused".into());
    }
    if is_text {
        client.garbage()?
    } else {
        client.bytes(came)?
    };
    if client.status() == anser::model::ConnectionStatus::Connected.number() {
        return Err("the client is connected after a protocol error".into());
    }
    if client.connected.iter().any(Result::is_ok) {
        return Err("connecting succeeds after a protocol error".into());
    }
    if client.closed == 1 { Ok(()) } else { Err("the client keeps a broken transport".into()) }
}

fn compare_outcome(expected: &Map<String, Value>, client: &Client) -> Check {
    let success = client.connected.iter().find_map(|result| result.as_ref().ok());
    let error = client.connected.iter().find_map(|result| result.as_ref().err()).copied();
    if client.connected.len() > 1 {
        return Err(format!("connecting ends more than once: {:?}", client.connected));
    }
    compare::fields(expected, |key, value| {
        let got = match key {
            "statuses" => return Some(compare_statuses(value, &client.statuses)),
            "onError" if value == "any" => {
                return Some(error.map(|_| ()).ok_or_else(|| "there is no error".to_owned()));
            }
            // Nothing is thrown here at all: a panic would have failed the entry.
            "exception" if value.is_null() => return Some(Ok(())),
            "exception" => return Some(Err("a native client throws nothing".into())),
            "onSuccess" => success.map_or(Value::Null, |user| user.as_str().into()),
            "onError" => error.map_or(Value::Null, |code| code.0.into()),
            "onTokenIncorrect" => (error == Some(ErrorCode::RC_CONN_USER_OR_PASSWD_ERROR)).into(),
            "naviRequestedAgain" => (client.fresh_navigation > 0).into(),
            "socketClosedByClient" => (client.closed > 0).into(),
            _ => return None,
        };
        Some(compare::value(value, Some(&got)))
    })
}

/// A client that keeps its transport still acknowledges what comes.
fn goes_on(mut client: Client) -> Check {
    let online = client.status() == anser::model::ConnectionStatus::Connected.number();
    if client.closed > 0 || !online {
        return Ok(());
    }
    client.forget();
    client.frame(DownFrame::Publish(DownPublish {
        qos: Qos::AtLeastOnce,
        dup: false,
        retain: false,
        date: 0,
        topic: "none".into(),
        target: "".into(),
        message_id: 777,
        body: Default::default(),
    }))?;
    if client.sent.contains(&UpFrame::PubAck { message_id: 777 }) {
        Ok(())
    } else {
        Err("the client does not go on".into())
    }
}

/// `trigger` of an up frame: a client at rest answers it with this frame.
pub(crate) fn check_trigger(trigger: &[u8], expected: &[u8]) -> Check {
    let mut client = Client::at_rest()?;
    client.bytes(trigger)?;
    let written: Vec<_> = client.sent.iter().filter_map(|frame| frame.encode().ok()).collect();
    if written.iter().any(|frame| frame == expected) {
        Ok(())
    } else {
        Err(format!("the client sends {:?}, not {}", client.sent, hex(expected)))
    }
}

/// The side of `polling.json` that is a client's: status, messages, further requests.
pub(crate) fn check_polling(entry: &Entry<'_>) -> Check {
    let mut expected = entry.expected(&["requests"], super::polling_answers::is_field)?;
    if let Note::Reject = entry.note {
        return Ok(());
    }
    expected.retain(|key, _| ["requests", "messages", "statuses"].contains(&key.as_str()));
    if expected.is_empty() {
        return Ok(());
    }
    let text = text(entry.object, "text")?;
    let gone = text == super::polling_answers::SESSION_GONE;
    let signals =
        if gone { Vec::new() } else { Signal::parse_answer(text).map_err(|error| error.to_string())? };
    let connecting = signals.first().is_some_and(|signal| signal.header.kind == 2);
    let mut client = if connecting { Client::opening(false)? } else { Client::connected(false)? };
    client.sent.clear();
    for signal in signals {
        let frame = signal.into_frame(|id| client.asked(id)).map_err(|error| error.to_string())?;
        client.frame(frame)?;
    }
    if gone {
        client.lost()?;
    }
    compare::fields(&expected, |key, value| match key {
        "messages" => Some(compare_messages(value, &client.messages)),
        "statuses" => Some(compare_statuses(value, &client.statuses)),
        "requests" => Some(compare_requests(value, &client)),
        _ => None,
    })
}

/// The acknowledgements, each once and no other, and the next hold of a transport that is still wanted.
fn compare_requests(expected: &Value, client: &Client) -> Check {
    let pid = "1642057220386042";
    let mut made = Vec::new();
    for frame in client.sent.iter().filter(|frame| is_acknowledgement(frame)) {
        made.push(request::send(frame, SESSION, pid).map_err(|error| error.to_string())?);
    }
    if client.has_transport() {
        made.push(request::hold(SESSION, 1_642_057_220_386, pid));
    }
    for value in expected.as_array().ok_or("is not an array")? {
        let recorded = Recorded::parse(value)?;
        super::polling::check_recorded(&recorded)?;
        if is_other_query(&recorded.url)? {
            continue;
        }
        let at = made.iter().position(|made| recorded.compare(made, false).is_ok());
        made.remove(at.ok_or_else(|| format!("the client does not request {:?}", recorded.url))?);
    }
    match made.first() {
        // A vector that wants nothing to follow says so with an empty list.
        Some(extra) => Err(format!("the client requests {extra:?} too")),
        None => Ok(()),
    }
}

fn is_other_query(url: &Url) -> Result<bool, String> {
    let Some(header) = url.parameter("header") else { return Ok(false) };
    let header: u8 = header.parse().map_err(|error| format!("header: {error}"))?;
    match header {
        64 | 112 => Ok(false),
        80 | 82 => Ok(true),
        other => Err(format!("a request with header {other} is neither an acknowledgement nor a query")),
    }
}
