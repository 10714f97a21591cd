//! Frames and messages that tests give to a session. Included by the fuzzer in fuzz/, too: it names only what `super`
//! has.

use super::*;

pub(super) fn connack(status: u8) -> DownFrame {
    let accepted = Accepted { user_id: "me".into(), session_id: "s".into(), time: 1_700_000_000_000 };
    DownFrame::ConnAck(ConnAck { status, accepted: (status == 0).then_some(accepted) })
}

pub(super) fn downstream(time: i64, text: &str) -> body::DownstreamMessage {
    body::DownstreamMessage {
        from_user_id: Some("peer".into()),
        r#type: Some(1),
        object_name: Some("RC:TxtMsg".into()),
        content: Some(format!("{{\"content\":\"{text}\"}}").into_bytes().into()),
        data_time: Some(time),
        status: Some(0x30),
        message_uid: Some(format!("uid-{time}")),
        ..Default::default()
    }
}

/// A page of one message of `time` (none for 0), up to `time`.
pub(super) fn page(message_id: u16, time: i64, finished: bool) -> DownFrame {
    let list = if time > 0 { vec![downstream(time, "x")] } else { Vec::new() };
    let body = body::DownstreamMessages { list, sync_time: Some(time), finished: Some(finished) }.to_bytes();
    let (dup, retain) = (false, false);
    DownFrame::QueryAck(QueryAck { qos: Qos::AtLeastOnce, dup, retain, message_id, date: 0, status: 0, body })
}

pub(super) fn outgoing(message: i64, target: &str) -> Outgoing {
    Outgoing {
        message,
        conversation: ConversationKey::private(target),
        topic: Topic::PrivateMessage,
        target: target.into(),
        body: format!("body {message}").into_bytes().into(),
        tried: Tried::Never,
    }
}

pub(super) fn acks(message_id: u16, status: u16) -> DownFrame {
    DownFrame::PubAck(PubAck::new(message_id, status, 1_700_000_000_123, "uid-1"))
}
