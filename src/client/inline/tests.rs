//! The whole client on a disk that is full for a while.

use super::*;
use crate::model::ConnectionChannel;
use crate::store::Durability;
use crate::timing;
use crate::transport::Opened;
use crate::wire::{Accepted, Body, ConnAck, DownFrame, PubAck, Qos, QueryAck, Topic, body};

fn online() -> InlineClient {
    let options = ClientOptions::new("app", "http://127.0.0.1");
    let mut client = InlineClient::new(options, Clock::manual(1_700_000_000_000), 1).unwrap();
    client.connect("token");
    let channel = ConnectionChannel::Websocket;
    client.line(TransportEvent::Opened(Opened { channel, heartbeat: true, dedupe: true, history: true }));
    let accepted = Some(Accepted { user_id: "me".into(), session_id: "s".into(), time: 1_700_000_000_000 });
    client.line(TransportEvent::Frame(DownFrame::ConnAck(ConnAck { status: 0, accepted })));
    assert_eq!(client.connect_result().unwrap().unwrap(), "me");
    client
}

/// Lets the database grow no further, or again.
fn fill(client: &InlineClient, full: bool) {
    let store = &client.shared.user().unwrap().store;
    let work = move |connection: &rusqlite::Connection| {
        let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let most = if full { pages } else { i64::from(i32::MAX) };
        Ok(connection
            .query_row(&format!("PRAGMA max_page_count = {most}"), [], |row| row.get::<_, i64>(0))?)
    };
    store.run(Durability::Read, work, |result| assert!(result.is_ok()));
}

fn pull_id(frames: &[UpFrame]) -> Option<u16> {
    frames.iter().find_map(|frame| match frame {
        UpFrame::Query(query) if query.topic == Topic::PullMessages.as_str() => Some(query.message_id),
        _ => None,
    })
}

fn page(message_id: u16, text: &str) -> TransportEvent {
    let message = body::DownstreamMessage {
        from_user_id: Some("peer".into()),
        r#type: Some(1),
        object_name: Some("RC:TxtMsg".into()),
        content: Some(format!("{{\"content\":\"{text}\"}}").into_bytes().into()),
        data_time: Some(100),
        status: Some(0x30),
        message_uid: Some("uid-1".into()),
        ..Default::default()
    };
    let page = body::DownstreamMessages { list: vec![message], sync_time: Some(100), finished: Some(true) };
    let (qos, dup, retain, date, status) = (Qos::AtLeastOnce, false, false, 0, 0);
    let body = page.to_bytes();
    TransportEvent::Frame(DownFrame::QueryAck(QueryAck { qos, dup, retain, message_id, date, status, body }))
}

fn messages_told(told: &[Told]) -> usize {
    told.iter().map(|told| if let Told::Messages(messages) = told { messages.len() } else { 0 }).sum()
}

#[test]
fn a_full_disk_confirms_nothing_and_passes() {
    let mut client = online();
    client.line(TransportEvent::Frame(DownFrame::PingResp));
    let first = pull_id(&client.take_frames()).unwrap();
    client.take_told();
    fill(&client, true);

    let long = "x".repeat(100_000);
    client.line(page(first, &long));
    assert_eq!(client.take_frames(), [], "what is not stored is not confirmed");
    assert_eq!(messages_told(&client.take_told()), 0, "nor told");
    let peer = ConversationKey::private("peer");
    let messages = client.messages();
    let refused = client.now(messages.send_text(peer.clone(), long.clone())).unwrap().unwrap_err();
    assert_eq!(refused.code(), ErrorCode::DATABASE_FULL);
    assert_eq!(client.take_frames(), [], "what is not durable is not sent");

    fill(&client, false);
    client.advance(timing::PULL_RETRY);
    let second = pull_id(&client.take_frames()).expect("it asks again");
    client.line(page(second, &long));
    assert_eq!(client.take_frames().first(), Some(&UpFrame::QueryCon { message_id: second }));
    assert_eq!(messages_told(&client.take_told()), 1);

    let local = client.now(messages.send_text(peer, long)).unwrap().unwrap();
    let frames = client.take_frames();
    let [UpFrame::Publish(publish)] = &frames[..] else { panic!("one message goes: {frames:?}") };
    let ack = PubAck::new(publish.message_id, 0, 1_700_000_000_500, "uid-2");
    client.line(TransportEvent::Frame(DownFrame::PubAck(ack)));
    let told = client.take_told();
    assert!(
        told.iter().any(|told| matches!(told, Told::Sent(message) if message.id == local.id)),
        "{told:?}"
    );
}

#[test]
fn a_message_that_the_inbox_brought_is_told_once() {
    let mut client = online();
    client.take_frames();
    let peer = ConversationKey::private("peer");
    let messages = client.messages();
    client.now(messages.send_text(peer, "hello".into())).unwrap().unwrap();
    let frames = client.take_frames();
    let [UpFrame::Publish(publish)] = &frames[..] else { panic!("one message goes: {frames:?}") };
    let (message_id, sent) = (publish.message_id, body::UpstreamMessage::from_bytes(publish.body.clone()));
    client.line(TransportEvent::Frame(DownFrame::PingResp));
    let pull = pull_id(&client.take_frames()).unwrap();

    let own = body::DownstreamMessage {
        from_user_id: Some("peer".into()),
        r#type: Some(1),
        object_name: Some("RC:TxtMsg".into()),
        content: Some("{\"content\":\"hello\"}".into()),
        data_time: Some(100),
        status: Some(0x30),
        message_uid: Some("uid-1".into()),
        direction: Some(1),
        client_unique_id: sent.unwrap().client_unique_id,
        ..Default::default()
    };
    let page = body::DownstreamMessages { list: vec![own], sync_time: Some(0), finished: Some(true) };
    let (qos, dup, retain, date, status) = (Qos::AtMostOnce, false, false, 0, 0);
    let (message_id_of_page, body) = (pull, page.to_bytes());
    let ack = QueryAck { qos, dup, retain, message_id: message_id_of_page, date, status, body };
    client.line(TransportEvent::Frame(DownFrame::QueryAck(ack)));
    // The acknowledgement comes late, or a later attempt is refused: neither changes what is known.
    let late = [PubAck::new(message_id, 0, 100, "uid-1"), PubAck::new(message_id, 405, 100, "")];
    for ack in late {
        client.line(TransportEvent::Frame(DownFrame::PubAck(ack)));
    }
    let told = client.take_told();
    let sent: Vec<_> = told.iter().filter(|told| matches!(told, Told::Sent(_))).collect();
    assert_eq!(sent.len(), 1, "{told:?}");
}
