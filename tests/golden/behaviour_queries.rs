//! `query-outcomes.json`: a request of the host, the server's answer, and what the call reports.

use anser::model::{ConversationKey, ErrorCode, Message, MessageFlags};
use anser::session::{Answer, Incoming, Input, Request, SendOutcome};
use anser::store::{self, NewMessage};
use anser::wire::{Body, Bytes, DownFrame, Query, Topic, UpFrame, UpPublish, body, json_body};
use serde_json::{Map, Value, json};

use super::behaviour_client::{Client, USER};
use super::files::{array, bytes, known_keys};
use super::notes::Note;
use super::report::{Check, FileReport};
use super::{behaviour, bodies, compare, enums, frames, typed};

/// What a call reported: the values of its success, or its error.
enum Outcome {
    Success { values: Vec<Value>, members_of: &'static str },
    Sent(Known),
    Failure { code: ErrorCode, known: Option<Known> },
}

/// What is known of a message: what the server calls it is reported, whatever the store keeps of it.
struct Known {
    uid: Option<String>,
    time: i64,
    message: Message,
}

/// Reads the file.
pub(crate) fn check_file(file: &Map<String, Value>, report: &mut FileReport) -> Check {
    known_keys(file, &["count", "vectors"])?;
    report.entries(array(file, "vectors")?, None, &["fields", "hex", "request"], |entry| {
        let request = bytes(entry.object, "request")?;
        let came = bytes(entry.object, "hex")?;
        if entry.goes_up()? {
            return Err("an answer comes down".into());
        }
        let request = frames::passes(&request, true).map_err(|error| format!("request: {error}"))?;
        typed_request(&request).map_err(|error| format!("request: {error}"))?;
        if let Note::Reject = entry.note {
            return match frames::Frame::decode(&came, false) {
                Err(_) => Ok(()),
                Ok(_) => Err("decodes, but is to be refused".into()),
            };
        }
        let answer = frames::passes_as(&entry.note, &came, false)?;
        let got = frames::fields_of(&answer, &came)?;
        let (frames::Frame::Up(request), frames::Frame::Down(answer)) = (request, answer) else {
            return Err("a request that does not go up, or an answer that does not come down".into());
        };
        let outcome = match request {
            UpFrame::Query(query) => run_query(query, answer)?,
            UpFrame::Publish(publish) => run_publish(publish, answer)?,
            other => return Err(format!("{other:?} is no request")),
        };
        let expected = entry.expected(&[], |key| ["status", "onSuccess", "onError"].contains(&key))?;
        let reports = |key| expected.get(key).is_some_and(|value: &Value| !value.is_null());
        if reports("onSuccess") == reports("onError") && entry.note.counts("onSuccess") {
            return Err("a call ends with success or with an error, not with both or neither".into());
        }
        compare::fields(&expected, |key, value| match key {
            "status" => compare::known(value, &got, key),
            "onSuccess" => Some(compare_success(value, &outcome)),
            "onError" => Some(compare_error(value, &outcome)),
            _ => None,
        })
    });
    Ok(())
}

/// The body of a request is that of its topic and encodes to the same bytes.
fn typed_request(frame: &frames::Frame) -> Check {
    let (topic, body) = match frame {
        frames::Frame::Up(UpFrame::Query(query)) => (&query.topic, &query.body),
        frames::Frame::Up(UpFrame::Publish(publish)) => (&publish.topic, &publish.body),
        _ => return Err("is no request".into()),
    };
    let info =
        Topic::parse(topic).and_then(Topic::request).ok_or_else(|| format!("topic {topic} is not known"))?;
    let written = typed::find(info.name)?(body.clone()).map_err(|error| error.to_string())?;
    compare::bytes("encoding the body", body, Ok(&written))
}

fn run_query(query: Query, answer: DownFrame) -> Result<Outcome, String> {
    let mut client = Client::at_rest()?;
    let topic = Topic::parse(&query.topic).ok_or_else(|| format!("topic {} is not known", query.topic))?;
    client.input(Input::Request(Request {
        id: 5,
        topic,
        target: query.target.to_string(),
        body: query.body.clone(),
        qos: query.qos,
    }))?;
    let [UpFrame::Query(sent)] = &client.sent[..] else {
        return Err(format!("the client sends {:?}", client.sent));
    };
    if (Query { message_id: query.message_id, ..sent.clone() }) != query {
        return Err(format!("the client sends {sent:?}, not {query:?}"));
    }
    let DownFrame::QueryAck(mut ack) = answer else { return Err("a QUERY is answered by a QUERYACK".into()) };
    if ack.message_id != query.message_id {
        return Err("the answer is to another request".into());
    }
    // Every client numbers its requests for itself.
    ack.message_id = sent.message_id;
    client.frame(DownFrame::QueryAck(ack))?;
    match client.resolved.pop() {
        Some((5, Ok(answer))) if client.resolved.is_empty() => success(topic, answer),
        Some((5, Err(code))) if client.resolved.is_empty() => Ok(Outcome::Failure { code, known: None }),
        other => Err(format!("the request ends as {other:?}")),
    }
}

fn run_publish(publish: UpPublish, answer: DownFrame) -> Result<Outcome, String> {
    let mut client = Client::at_rest()?;
    let topic =
        Topic::parse(&publish.topic).ok_or_else(|| format!("topic {} is not known", publish.topic))?;
    let message =
        body::UpstreamMessage::from_bytes(publish.body.clone()).map_err(|error| error.to_string())?;
    let content = message.content.unwrap_or_default();
    let new = NewMessage {
        conversation: ConversationKey {
            conversation_type: topic.conversation_type().ok_or("the topic carries no message")?,
            target_id: publish.target.to_string(),
        },
        sender: USER.into(),
        object_name: message.object_name.unwrap_or_default(),
        content: anser::wire::string::read(&content).map_err(|at| format!("content at {at}"))?.into_owned(),
        flags: MessageFlags(message.flags.unwrap_or_default()),
        client_id: 1,
        time: 1,
        topic,
        body: publish.body.clone(),
        expansion: None,
        search_words: None,
    };
    let (_, outgoing) = store::enqueue(client.store(), &new).map_err(|error| error.to_string())?;
    client.input(Input::Send(outgoing))?;
    let [UpFrame::Publish(sent)] = &client.sent[..] else {
        return Err(format!("the client sends {:?}", client.sent));
    };
    if (UpPublish { message_id: publish.message_id, ..sent.clone() }) != publish {
        return Err(format!("the client sends {sent:?}, not {publish:?}"));
    }
    let DownFrame::PubAck(mut ack) = answer else { return Err("a PUBLISH is answered by a PUBACK".into()) };
    if ack.message_id != publish.message_id {
        return Err("the answer is to another message".into());
    }
    ack.message_id = sent.message_id;
    client.frame(DownFrame::PubAck(ack))?;
    match client.settled.pop() {
        Some((SendOutcome::Sent { uid, time }, Some(message))) => {
            if message.uid.as_deref() != Some(&*uid) || message.sent_time != time {
                return Err(format!("the store keeps {message:?}"));
            }
            Ok(Outcome::Sent(Known { uid: Some(uid), time, message }))
        }
        Some((SendOutcome::Refused { code, uid, time }, Some(message))) => {
            if message.error_code != code.0 {
                return Err(format!("the store keeps {message:?}"));
            }
            Ok(Outcome::Failure { code, known: Some(Known { uid, time, message }) })
        }
        other => Err(format!("the message ends as {other:?}")),
    }
}

/// An answer with the names of the web client, and the enum that names in capitals come from.
fn success(topic: Topic, answer: Answer) -> Result<Outcome, String> {
    let mut members_of = "";
    let values = match answer {
        Answer::Nothing => vec![],
        Answer::Muted(status) => {
            members_of = "ConversationNotificationStatus";
            vec![status.number().into()]
        }
        Answer::Blacklisted(status) => {
            members_of = "BlacklistStatus";
            vec![status.number().into()]
        }
        Answer::Blacklist(users) => vec![users.into()],
        Answer::UploadToken { deadline, token } => vec![json!({ "deadline": deadline, "token": token })],
        Answer::Discussion { id, name, creator_id, member_ids, open_status } => vec![json!({
            "id": id,
            "name": name,
            "creatorId": creator_id,
            "memberIdList": member_ids,
            "openStatus": open_status,
        })],
        Answer::UserStatus { user_id, online, platforms, status } => vec![json!({
            "userId": user_id,
            "status": { "online": online, "platform": platforms, "status": status },
        })],
        Answer::ChatroomInfo { total, members } => {
            let members: Vec<_> =
                members.iter().map(|(id, time)| json!({ "time": time, "id": id })).collect();
            vec![json!({ "userTotalNums": total, "userInfos": members })]
        }
        Answer::History { messages, has_more, .. } => {
            vec![messages.iter().map(history_row).collect(), has_more.into()]
        }
        Answer::Published { .. } => return Err("a QUERY is not answered like a PUBLISH".into()),
        Answer::Conversations { body, .. } | Answer::RoomEntries { body, .. } | Answer::Body(body) => {
            vec![body_json(topic, &body)?]
        }
    };
    Ok(Outcome::Success { values, members_of })
}

fn history_row(message: &Incoming) -> Value {
    json!([message.uid, message.sent_time, message.conversation.target_id, message.direction.number()])
}

fn body_json(topic: Topic, body: &Bytes) -> Result<Value, String> {
    let info = topic.answer().ok_or("an answer without a body has one")?;
    json_body::to_json(info, body).map_err(|error| error.to_string())
}

fn compare_known(expected: &Value, known: &Known) -> Check {
    let expected = expected.as_object().ok_or("what is known of a message is no object")?;
    compare::fields(expected, |key, value| {
        let got = match key {
            "messageUId" => known.uid.clone().map_or(Value::Null, Value::from),
            "sentTime" => known.time.into(),
            "sentStatus" => known.message.sent_status.number().into(),
            _ => return behaviour::compare_message(key, value, &known.message),
        };
        Some(compare::value(value, Some(&got)))
    })
}

fn compare_success(expected: &Value, outcome: &Outcome) -> Check {
    let expected = match (expected, outcome) {
        (Value::Null, Outcome::Failure { .. }) => return Ok(()),
        (Value::Array(expected), _) => expected,
        (Value::Null, _) => return Err("succeeds, but is to fail".into()),
        _ => return Err("is not an array".into()),
    };
    let (values, members_of) = match outcome {
        Outcome::Success { values, members_of } => (values, *members_of),
        Outcome::Sent(known) => {
            return match &expected[..] {
                [] => Ok(()),
                [message] => compare_known(message, known),
                _ => Err("a sent message is one value".into()),
            };
        }
        Outcome::Failure { code, .. } => return Err(format!("fails with {}", code.0)),
    };
    if expected.len() != values.len() {
        return Err(format!("{values:?}, not {expected:?}"));
    }
    expected.iter().zip(values).try_for_each(|(expected, got)| {
        let expected = match expected {
            Value::String(member) if is_member(member) && got.is_i64() => {
                enums::number(members_of, member)?.into()
            }
            other => other.clone(),
        };
        let (mut expected, mut got) = (expected, got.clone());
        if got.is_object() {
            // A body's unset lists read as empty ones.
            bodies::drop_empty_lists(&mut expected);
            bodies::drop_empty_lists(&mut got);
        }
        compare::value(&expected, Some(&got))
    })
}

/// Names in capitals are members of an enum.
fn is_member(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
}

fn compare_error(expected: &Value, outcome: &Outcome) -> Check {
    let (code, got) = match (expected, outcome) {
        (Value::Null, Outcome::Success { .. } | Outcome::Sent(_)) => return Ok(()),
        (Value::Null, Outcome::Failure { code, .. }) => return Err(format!("fails with {}", code.0)),
        (_, Outcome::Success { values, .. }) => return Err(format!("succeeds with {values:?}")),
        (_, Outcome::Sent(known)) => return Err(format!("is sent as {:?}", known.uid)),
        (_, Outcome::Failure { code, known }) => (code, known),
    };
    let (expected, known) = match expected {
        Value::Array(list) => match &list[..] {
            [code] => (code, None),
            [code, known] => (code, Some(known)),
            _ => return Err("is neither a code nor a code with a message".into()),
        },
        other => (other, None),
    };
    if expected != "any" {
        compare::value(expected, Some(&code.0.into()))?;
    }
    match (known, got) {
        (None, _) => Ok(()),
        (Some(known), Some(got)) => compare_known(known, got),
        (Some(_), None) => Err("nothing is known of a message".into()),
    }
}
