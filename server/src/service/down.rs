//! Stored messages as their receivers get to see them: who it is from, which way it went, which bits it
//! carries (flows §7.6), and what 2.5.x web clients need rewritten (§7.9). Conversion only.

use std::sync::Arc;

use anser::model::ConversationType;
use anser::wire::{
    Body, ByteString, Bytes, DownFrame, DownPublish, FIRST_OF_INBOX, OUTSIDE_INBOX, PubAck, Qos, Topic, body,
    text,
};

use crate::bus::{Change, Live};
use crate::store::{Message, PullPage, Target};

/// Which generation of client a connection belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// Anser's own client.
    Anser,
    /// The web client 2.5.x (numeric `apiVer`).
    Web25,
    /// The web engine 4.x and later (`apiVer=normal` or `uniapp`).
    Engine4,
}

/// For whom a message is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Viewer<'a> {
    pub(crate) user: &'a str,
    pub(crate) family: Family,
}

/// Sender's flag bit -> receiver's status bit.
const STATUS_BITS: [(i32, i64); 6] =
    [(0x01, 0x10), (0x02, 0x20), (0x04, 0x40), (0x10, 0x100), (0x20, 0x200), (0x40, 0x400)];

fn status_of_flags(flags: i32) -> i64 {
    STATUS_BITS.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, bit)| bit).sum()
}

/// The content as this family can read it.
fn content_for(family: Family, content: &Bytes) -> Bytes {
    // Only 4-byte UTF-8 is a problem, and only inside JSON does an escape mean the same.
    if family != Family::Web25 || !content.iter().any(|byte| *byte >= 0xf0) {
        return content.clone();
    }
    match std::str::from_utf8(content) {
        Ok(json) if serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok() => {
            Bytes::from(text::escape_astral(json).into_owned())
        }
        _ => content.clone(),
    }
}

/// Whether `viewer` sees the message as sent by themselves. A note to oneself counts as received.
fn is_own(viewer: &str, sender: &str, target: &Target) -> bool {
    viewer == sender && !matches!(target, Target::User(peer) if &**peer == viewer)
}

struct Parts<'a> {
    sender: &'a str,
    target: &'a Target,
    object_name: &'a str,
    content: &'a Bytes,
    flags: i32,
    time: i64,
    uid: &'a str,
}

fn downstream(viewer: Viewer<'_>, parts: &Parts<'_>) -> body::DownstreamMessage {
    let own = is_own(viewer.user, parts.sender, parts.target);
    let (kind, from, group) = match parts.target {
        Target::Group(group) => (ConversationType::Group, parts.sender, &**group),
        // The peer on both places: the one form that both web generations file rightly.
        Target::User(peer) if own => (ConversationType::Private, &**peer, &**peer),
        Target::User(_) => (ConversationType::Private, parts.sender, viewer.user),
    };
    body::DownstreamMessage {
        from_user_id: Some(from.to_owned()),
        r#type: Some(kind.number()),
        group_id: Some(group.to_owned()),
        object_name: Some(parts.object_name.to_owned()),
        content: Some(content_for(viewer.family, parts.content)),
        data_time: Some(parts.time),
        status: Some(status_of_flags(parts.flags)),
        message_uid: Some(parts.uid.to_owned()),
        direction: Some(if own { 1 } else { 2 }),
        ..Default::default()
    }
}

/// A stored message as `viewer` sees it.
pub(crate) fn stored(viewer: Viewer<'_>, message: &Message) -> body::DownstreamMessage {
    let mut down = downstream(
        viewer,
        &Parts {
            sender: &message.sender,
            target: &message.target,
            object_name: &message.object_name,
            content: &message.content,
            flags: message.flags,
            time: message.stamp,
            uid: &message.uid,
        },
    );
    if down.direction == Some(1) {
        down.client_unique_id = message.client_id;
    }
    down.extra_content = message.expansion.as_deref().map(str::to_owned);
    down
}

/// The body that answers a pull; `asked` is the inbox cursor of the request.
pub(crate) fn pull_answer(viewer: Viewer<'_>, page: &PullPage, asked: i64) -> Bytes {
    body::DownstreamMessages {
        list: page.rows.iter().map(|row| stored(viewer, &row.message)).collect(),
        sync_time: Some(page.rows.last().map_or(asked, |row| row.message.stamp)),
        finished: Some(page.finished),
    }
    .to_bytes()
}

fn publish(topic: &str, target: &str, qos: Qos, date: u32, message_id: u16, body: Bytes) -> DownPublish {
    DownPublish {
        qos,
        dup: false,
        retain: false,
        date,
        topic: ByteString::from(topic),
        target: ByteString::from(target),
        message_id,
        body,
    }
}

/// `s_ntf`: something newer than `time` waits.
pub(crate) fn notice(user: &str, time: i64, date: u32) -> DownFrame {
    let body = body::Notify { r#type: Some(1), time: Some(time), chatroom_id: None }.to_bytes();
    DownFrame::Publish(publish(Topic::Notice.as_str(), user, Qos::AtMostOnce, date, 0, body))
}

/// Tells another device of the same user to ask again: `s_cmd` for states, `s_us` for settings. The 2.5
/// clients take a topic that they do not know for a message, so they are not told of settings.
pub(crate) fn change_notice(viewer: Viewer<'_>, change: Change, date: u32) -> Option<DownFrame> {
    let (topic, body) = match change {
        Change::States(version) => {
            let body = body::Notify { r#type: Some(3), time: Some(version), chatroom_id: None };
            (Topic::StateNotice, body.to_bytes())
        }
        Change::Settings(_) if viewer.family == Family::Web25 => return None,
        Change::Settings(version) => {
            let body = body::UserSettingVersion { version: Some(version), reserve: Some(false) };
            (Topic::SettingNotice, body.to_bytes())
        }
    };
    Some(DownFrame::Publish(publish(topic.as_str(), viewer.user, Qos::AtMostOnce, date, 0, body)))
}

/// `s_msg` of a stored message; `previous`, the stamp before it in that inbox, lets Anser's client see that
/// nothing is missing (no other client reads that field).
pub(crate) fn direct_message(
    viewer: Viewer<'_>,
    message: &Message,
    previous: Option<i64>,
    date: u32,
    message_id: u16,
) -> DownFrame {
    let mut down = stored(viewer, message);
    down.extra = previous.map(|stamp| stamp.max(FIRST_OF_INBOX));
    let body = down.to_bytes();
    DownFrame::Publish(publish(
        Topic::DirectMessage.as_str(),
        viewer.user,
        Qos::AtLeastOnce,
        date,
        message_id,
        body,
    ))
}

/// `s_msg` of a status message, with the time last shown to that session, so that it moves no cursor.
/// Without an id nobody is asked to confirm it.
pub(crate) fn live_message(
    viewer: Viewer<'_>,
    live: &Live,
    shown: i64,
    date: u32,
    message_id: Option<u16>,
) -> DownFrame {
    let mut down = downstream(
        viewer,
        &Parts {
            sender: &live.sender,
            target: &live.target,
            object_name: &live.object_name,
            content: &live.content,
            flags: live.flags,
            time: shown,
            uid: &live.uid,
        },
    );
    // Its kind may be one that is kept otherwise: it lies in no inbox, so there is nothing before it.
    down.extra = Some(OUTSIDE_INBOX);
    let topic = Topic::DirectMessage.as_str();
    let qos = if message_id.is_some() { Qos::AtLeastOnce } else { Qos::AtMostOnce };
    let message_id = message_id.unwrap_or(0);
    DownFrame::Publish(publish(topic, viewer.user, qos, date, message_id, down.to_bytes()))
}

/// A copy of the user's own status message for another device: the sync PUBLISH and the PUBACK that
/// releases it at the client. `None` when it is not the viewer's own.
pub(crate) fn sync_copy(
    viewer: Viewer<'_>,
    live: &Live,
    shown: i64,
    date: u32,
    message_id: u16,
) -> Option<[DownFrame; 2]> {
    if !is_own(viewer.user, &live.sender, &live.target) {
        return None;
    }
    let body = body::UpstreamMessage {
        flags: Some(live.flags),
        object_name: Some(live.object_name.to_string()),
        content: Some(content_for(viewer.family, &live.content)),
        ..Default::default()
    }
    .to_bytes();
    let mut copy = publish(&live.topic, live.target.id(), Qos::AtLeastOnce, date, message_id, body);
    copy.dup = true;
    let time = u64::try_from(shown).unwrap_or(0);
    let ack = PubAck::new(message_id, 0, time, ByteString::from(&*live.uid));
    Some([DownFrame::Publish(copy), DownFrame::PubAck(ack)])
}

/// An `Arc<str>` of what a frame carries.
pub(crate) fn text(value: &str) -> Arc<str> {
    Arc::from(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(sender: &str, target: Target, content: &str) -> Message {
        Message {
            uid: "0000-0000-0000-0000".into(),
            sender: sender.into(),
            target,
            object_name: "RC:TxtMsg".into(),
            content: Bytes::from(content.to_owned()),
            flags: 0x7,
            stamp: 7,
            client_id: Some(9),
            expansion: None,
        }
    }

    fn seen(viewer: &str, message: &Message) -> (String, String, i32) {
        let down = stored(Viewer { user: viewer, family: Family::Anser }, message);
        (down.from_user_id.unwrap(), down.group_id.unwrap(), down.direction.unwrap())
    }

    #[test]
    fn from_group_and_direction_follow_the_table() {
        let private = message("a", Target::User("b".into()), "{}");
        assert_eq!(seen("b", &private), ("a".into(), "b".into(), 2));
        assert_eq!(seen("a", &private), ("b".into(), "b".into(), 1));
        let group = message("a", Target::Group("g".into()), "{}");
        assert_eq!(seen("b", &group), ("a".into(), "g".into(), 2));
        assert_eq!(seen("a", &group), ("a".into(), "g".into(), 1));
        let note = message("a", Target::User("a".into()), "{}");
        assert_eq!(seen("a", &note), ("a".into(), "a".into(), 2));
    }

    #[test]
    fn flags_become_status_bits() {
        assert_eq!(status_of_flags(0x77), 0x10 | 0x20 | 0x40 | 0x100 | 0x200 | 0x400);
        assert_eq!(status_of_flags(3), 0x30);
        assert_eq!(status_of_flags(0), 0);
    }

    #[test]
    fn only_old_web_clients_get_escapes_and_only_inside_json() {
        let emoji = message("a", Target::User("b".into()), "{\"content\":\"😀\"}");
        let content = |family| stored(Viewer { user: "b", family }, &emoji).content.unwrap();
        assert_eq!(content(Family::Web25), "{\"content\":\"\\uD83D\\uDE00\"}");
        assert_eq!(content(Family::Engine4), "{\"content\":\"😀\"}");
        let raw = message("a", Target::User("b".into()), "😀");
        let down = stored(Viewer { user: "b", family: Family::Web25 }, &raw);
        assert_eq!(down.content.unwrap(), "😀");
    }
}
