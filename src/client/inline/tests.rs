//! The whole client on a disk that is full for a while, suspended and woken at awkward moments, cleared in vain.

use super::*;
use crate::client::event::Care;
use crate::client::{InsertedMessage, SyncReport};
use crate::model::{ConnectionChannel, MessageChangeKind, NavigationInfo, SentStatus};
use crate::timing;
use crate::transport::Opened;
use crate::wire::{Accepted, Body, ConnAck, DownFrame, PubAck, Qos, QueryAck, Topic, body};

fn online() -> InlineClient {
    online_with(ClientOptions::new("app", "http://127.0.0.1"))
}

/// Data in a fresh folder.
fn online_in_folder(name: &str) -> InlineClient {
    let folder = std::env::temp_dir().join(format!("anser-inline-{}-{name}", std::process::id()));
    // What an earlier process of this number left.
    let _ = std::fs::remove_dir_all(&folder);
    online_with(ClientOptions::new("app", "http://127.0.0.1").data_dir(folder.to_str().unwrap()))
}

fn online_with(options: ClientOptions) -> InlineClient {
    let mut client = InlineClient::new(options, Clock::manual(1_700_000_000_000), 1).unwrap();
    client.connect("token");
    log_in(&mut client);
    assert_eq!(client.connect_result().unwrap().unwrap(), "me");
    client
}

fn log_in(client: &mut InlineClient) {
    client.take_frames();
    let channel = ConnectionChannel::Websocket;
    client.line(TransportEvent::Opened(Opened { channel, heartbeat: true, dedupe: true, history: true }));
    let accepted = Some(Accepted { user_id: "me".into(), session_id: "s".into(), time: 1_700_000_000_000 });
    client.line(TransportEvent::Frame(DownFrame::ConnAck(ConnAck { status: 0, accepted })));
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
fn settings_are_asked_for_unless_navigation_says_that_there_are_none() {
    for (said, expected) in [("{}", true), (r#"{"openUS":1}"#, true), (r#"{"openUS":0}"#, false)] {
        let options = ClientOptions::new("app", "http://127.0.0.1");
        let mut client = InlineClient::new(options, Clock::manual(1_700_000_000_000), 1).unwrap();
        client.connect("token");
        let said = NavigationInfo::from_json(said).unwrap();
        client.line(TransportEvent::Navigated(Arc::new(said)));
        log_in(&mut client);
        client.line(TransportEvent::Frame(DownFrame::PingResp));
        let pull = pull_id(&client.take_frames()).unwrap();
        client.line(page(pull, "the end"));
        let asks = |topic: Topic, frames: &[UpFrame]| {
            frames.iter().any(|frame| matches!(frame, UpFrame::Query(query) if query.topic == topic.as_str()))
        };
        let frames = client.take_frames();
        assert!(asks(Topic::ConversationStates, &frames));
        assert_eq!(asks(Topic::UserSettings, &frames), expected);
    }
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

type Answer<T> = oneshot::Receiver<Result<T>>;

fn care<T>(client: &mut InlineClient, request: impl FnOnce(oneshot::Sender<Result<T>>) -> Care) -> Answer<T> {
    let (reply, answer) = oneshot::channel();
    client.event(Event::Care(request(reply)));
    answer
}

fn sync_once(client: &mut InlineClient) -> Answer<SyncReport> {
    care(client, |reply| Care::SyncOnce { deadline: 60_000, token: None, reply })
}

/// Answers every pull until the client asks for nothing more, and returns what the sync was answered.
fn bring_all(client: &mut InlineClient, mut answer: Answer<SyncReport>) -> Result<SyncReport> {
    client.line(TransportEvent::Frame(DownFrame::PingResp));
    while let Some(pull) = pull_id(&client.take_frames()) {
        client.line(page(pull, "waits"));
    }
    answer.try_recv().expect("the sync has ended")
}

#[test]
fn a_sync_for_a_push_undoes_nothing_that_the_host_asked_for_meanwhile() {
    // Alone it leaves everything as it was.
    let mut client = online();
    care(&mut client, Care::Suspend);
    let answer = sync_once(&mut client);
    log_in(&mut client);
    assert_eq!(bring_all(&mut client, answer).unwrap(), SyncReport { new_messages: 1, complete: true });
    assert!(client.shared.is_suspended());

    // The host comes to the foreground while it runs.
    let answer = sync_once(&mut client);
    care(&mut client, Care::Resume).try_recv().unwrap().unwrap();
    client.connect("token");
    log_in(&mut client);
    bring_all(&mut client, answer).unwrap();
    assert_eq!(client.connect_result().unwrap().unwrap(), "me");
    assert!(client.shared.user().is_ok(), "the store stays open");
    assert_eq!(client.shared.status(), ConnectionStatus::Connected);

    // It only resumes: the store stays open, the line does not.
    care(&mut client, Care::Suspend);
    let answer = sync_once(&mut client);
    care(&mut client, Care::Resume);
    log_in(&mut client);
    bring_all(&mut client, answer).unwrap();
    assert!(client.shared.user().is_ok());
    assert_eq!(client.shared.status(), ConnectionStatus::Disconnected);
}

#[test]
fn a_sync_for_a_push_does_not_leave_a_line_that_the_host_wants() {
    let mut client = online();
    client.disconnect();
    let answer = sync_once(&mut client);
    client.connect("token");
    log_in(&mut client);
    bring_all(&mut client, answer).unwrap();
    assert_eq!(client.shared.status(), ConnectionStatus::Connected);

    // It connects when the sync has ended and is about to leave.
    client.disconnect();
    let mut answer = sync_once(&mut client);
    log_in(&mut client);
    client.line(TransportEvent::Frame(DownFrame::PingResp));
    let generation = client.record().generation;
    while answer.try_recv().is_err() {
        let event = match pull_id(&client.take_frames()) {
            Some(pull) => Event::Transport(generation, page(pull, "waits")),
            None => client.inbox.try_recv().expect("it ends"),
        };
        client.core.handle(event);
    }
    client.connect("token");
    assert_eq!(client.connect_result().unwrap().unwrap(), "me");
    assert_eq!(client.shared.status(), ConnectionStatus::Connected);

    // It was trying by itself, and goes on doing so.
    client.line(TransportEvent::Lost(ErrorCode::RC_SOCKET_DISCONNECTED));
    let mut answer = sync_once(&mut client);
    client.line(TransportEvent::Lost(ErrorCode::RC_SOCKET_DISCONNECTED));
    assert!(answer.try_recv().unwrap().is_err());
    client.take_opened();
    client.advance(timing::RECONNECT_CAP);
    assert_eq!(client.take_opened().len(), 1);
}

#[test]
fn what_was_written_down_while_suspending_is_told() {
    let mut client = online();
    client.take_frames();
    let messages = client.messages();
    let sending = messages.send_text(ConversationKey::private("peer"), "hello".into());
    let local = client.now(sending).unwrap().unwrap();
    let frames = client.take_frames();
    let [UpFrame::Publish(publish)] = &frames[..] else { panic!("one message goes: {frames:?}") };
    let ack = DownFrame::PubAck(PubAck::new(publish.message_id, 0, 1_700_000_000_500, "uid"));
    let generation = client.record().generation;
    client.core.handle(Event::Transport(generation, TransportEvent::Frame(ack)));
    let (reply, _) = oneshot::channel();
    client.core.handle(Event::Care(Care::Suspend(reply)));
    client.settle();
    let told = client.take_told();
    let sent = |told: &Told| matches!(told, Told::Sent(sent) if sent.id == local.id);
    assert!(told.iter().any(sent), "{told:?}");
}

#[test]
fn a_message_destroys_itself_offline_whoever_opened_the_store() {
    let mut client = online_in_folder("destruct");
    client.disconnect();
    let message = InsertedMessage {
        conversation: ConversationKey::private("peer"),
        sender_user_id: "peer".into(),
        object_name: "RC:TxtMsg".into(),
        content: r#"{"content":"burn","burnDuration":10}"#.into(),
        sent_time: 0,
        sent_status: None,
        received_status: 0,
        counted: false,
        uid: None,
        extra: String::new(),
    };
    let messages = client.messages();
    let message = client.now(messages.insert(message)).unwrap().unwrap();
    client.now(messages.begin_destruct(message.id)).unwrap().unwrap();
    care(&mut client, Care::Suspend);
    // Nobody is open when it is due.
    client.advance(10_000);
    care(&mut client, Care::Resume);
    client.take_told();
    client.advance(0);
    let told = client.take_told();
    let gone =
        |told: &Told| matches!(told, Told::Changed(changes) if changes[0].kind == MessageChangeKind::Deleted);
    assert!(told.iter().any(gone), "{told:?}");
}

#[test]
fn data_that_cannot_be_cleared_leaves_the_user_open() {
    let mut client = online_in_folder("clear");
    client.disconnect();
    let messages = client.messages();
    let sending = messages.send_text(ConversationKey::private("peer"), "waits".into());
    let waiting = client.now(sending).unwrap().unwrap();
    let (reply, mut fate) = oneshot::channel();
    client.event(Event::AwaitSent { message: waiting.id, reply });
    // A folder is nothing that was set aside, and cannot be removed as that.
    let obstacle = client.shared.database("me").unwrap().with_file_name("anser.db.damaged-1");
    std::fs::create_dir(&obstacle).unwrap();
    client.take_told();
    assert!(care(&mut client, Care::Clear).try_recv().unwrap().is_err());
    assert_eq!(client.shared.user_id().as_deref(), Some("me"));
    // What is gone all the same is told.
    assert_eq!(client.now(messages.get(waiting.id)).unwrap().unwrap_err().code().0, 61001);
    assert_eq!(fate.try_recv().unwrap().unwrap_err().code(), ErrorCode::REQUEST_CANCELLED);
    let failed = |told: &Told| matches!(told, Told::Sent(sent) if sent.sent_status == SentStatus::Failed);
    assert!(client.take_told().iter().any(failed));
    std::fs::remove_dir(&obstacle).unwrap();
    care(&mut client, Care::Clear).try_recv().unwrap().unwrap();
    let sending = messages.send_text(ConversationKey::private("peer"), "next".into());
    assert!(client.now(sending).unwrap().unwrap().id > waiting.id, "numbers are not used twice");
}

/// Frames that carry messages.
fn published(frames: &[UpFrame]) -> Vec<&crate::wire::UpPublish> {
    fn message(frame: &UpFrame) -> Option<&crate::wire::UpPublish> {
        if let UpFrame::Publish(publish) = frame { Some(publish) } else { None }
    }
    frames.iter().filter_map(message).collect()
}

/// Logs in to a server that knows no client ids.
fn log_in_without_dedupe(client: &mut InlineClient) {
    client.take_frames();
    let channel = ConnectionChannel::XhrPolling;
    client.line(TransportEvent::Opened(Opened { channel, heartbeat: false, dedupe: false, history: true }));
    let accepted = Some(Accepted { user_id: "me".into(), session_id: "s".into(), time: 1_700_000_000_000 });
    client.line(TransportEvent::Frame(DownFrame::ConnAck(ConnAck { status: 0, accepted })));
}

/// A page with these texts of the user's own to the peer, without any client id.
fn own_page(message_id: u16, texts: &[&str]) -> TransportEvent {
    let own = |(time, text): (i64, &&str)| body::DownstreamMessage {
        from_user_id: Some("peer".into()),
        r#type: Some(1),
        object_name: Some("RC:TxtMsg".into()),
        content: Some(format!("{{ \"extra\" : \"\", \"content\" : \"{text}\" }}").into_bytes().into()),
        data_time: Some(time),
        status: Some(0x30),
        message_uid: Some(format!("uid-{time}")),
        direction: Some(1),
        ..Default::default()
    };
    let list: Vec<_> = (1_700_000_000_500..).zip(texts).map(own).collect();
    let sync_time = list.last().map_or(Some(0), |message| message.data_time);
    let body = body::DownstreamMessages { list, sync_time, finished: Some(true) }.to_bytes();
    let (qos, dup, retain, date, status) = (Qos::AtLeastOnce, false, false, 0, 0);
    TransportEvent::Frame(DownFrame::QueryAck(QueryAck { qos, dup, retain, message_id, date, status, body }))
}

#[test]
fn what_a_dead_client_left_unanswered_is_found_among_what_it_pulls() {
    let folder = std::env::temp_dir().join(format!("anser-inline-{}-unanswered", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let options = ClientOptions::new("app", "http://127.0.0.1").data_dir(folder.to_str().unwrap());
    let peer = ConversationKey::private("peer");
    let live = || {
        let mut client = InlineClient::new(options.clone(), Clock::manual(1_700_000_000_000), 1).unwrap();
        client.connect("token");
        log_in_without_dedupe(&mut client);
        client
    };

    let mut first = live();
    let pull = pull_id(&first.take_frames()).unwrap();
    first.line(own_page(pull, &[]));
    first.take_frames();
    let messages = first.messages();
    for text in ["one", "two"] {
        first.now(messages.send_text(peer.clone(), text.into())).unwrap().unwrap();
    }
    let frames = first.take_frames();
    assert_eq!(published(&frames).len(), 1, "it is written down and goes; the second one waits for it");
    // It dies before the answer.
    drop(first);

    let mut second = live();
    let frames = second.take_frames();
    assert!(published(&frames).is_empty(), "neither the one in doubt nor what is behind it");
    second.take_told();
    second.line(own_page(pull_id(&frames).unwrap(), &["one"]));
    let frames = second.take_frames();
    let next = published(&frames);
    assert_eq!(next.len(), 1);
    let body = body::UpstreamMessage::from_bytes(next[0].body.clone()).unwrap();
    assert_eq!(
        body.content.unwrap(),
        "{\"content\":\"two\",\"extra\":\"\"}",
        "the first one is there already"
    );
    let told = second.take_told();
    let sent: Vec<_> = told
        .iter()
        .filter_map(|told| if let Told::Sent(message) = told { Some(message) } else { None })
        .collect();
    assert_eq!(sent.len(), 1, "{told:?}");
    assert_eq!((sent[0].uid.as_deref(), sent[0].sent_time), (Some("uid-1700000000500"), 1_700_000_000_500));
    assert_eq!(messages_told(&told), 0, "it is no message from another device");
    drop(second);

    // The second one was lost on its way: the pull does not bring it, and it goes again.
    let mut third = live();
    let frames = third.take_frames();
    assert!(published(&frames).is_empty());
    third.line(own_page(pull_id(&frames).unwrap(), &[]));
    let frames = third.take_frames();
    assert_eq!(published(&frames).len(), 1);
    third.line(TransportEvent::Frame(DownFrame::PubAck(PubAck::new(
        published(&frames)[0].message_id,
        0,
        1_700_000_000_900,
        "uid-9",
    ))));
    let messages = third.messages();
    let all = third.now(messages.history(peer, 0, 10)).unwrap().unwrap();
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|message| message.sent_status == SentStatus::Sent));
    drop(third);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn what_the_server_has_answered_does_not_go_again_though_the_disk_was_full() {
    let mut client =
        InlineClient::new(ClientOptions::new("app", "http://127.0.0.1"), Clock::manual(1_700_000_000_000), 1)
            .unwrap();
    client.connect("token");
    log_in_without_dedupe(&mut client);
    let pull = pull_id(&client.take_frames()).unwrap();
    client.line(own_page(pull, &[]));
    client.take_frames();
    let messages = client.messages();
    let long = "x".repeat(100_000);
    client.now(messages.send_text(ConversationKey::private("peer"), long)).unwrap().unwrap();
    let frames = client.take_frames();
    let message_id = published(&frames)[0].message_id;
    refuse_writing(&client, true);
    client.take_opened();
    let ack = PubAck::new(message_id, 0, 1_700_000_000_500, "uid-1");
    client.line(TransportEvent::Frame(DownFrame::PubAck(ack)));
    client.line(TransportEvent::Lost(ErrorCode::RC_SOCKET_DISCONNECTED));
    while client.take_opened().is_empty() {
        let due = client.next_deadline().unwrap();
        client.advance(due);
    }
    log_in_without_dedupe(&mut client);
    let frames = client.take_frames();
    client.line(own_page(pull_id(&frames).unwrap(), &[]));
    assert!(published(&frames).is_empty() && published(&client.take_frames()).is_empty());
    refuse_writing(&client, false);
    client.take_told();
    client.advance(timing::SEND_RETRY);
    assert!(client.take_told().iter().any(|told| matches!(told, Told::Sent(_))), "it is written down later");
    assert!(published(&client.take_frames()).is_empty());
}

/// Lets the database take no change, or again.
fn refuse_writing(client: &InlineClient, refuse: bool) {
    let store = &client.shared.user().unwrap().store;
    let work =
        move |connection: &rusqlite::Connection| Ok(connection.pragma_update(None, "query_only", refuse)?);
    store.run(Durability::Read, work, |result| assert!(result.is_ok()));
}
