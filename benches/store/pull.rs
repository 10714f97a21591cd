//! 100,000 offline messages in pages of the server's size: the session decodes, the store's thread tells
//! doubles, indexes and commits; beside plain rusqlite writing the same rows, tokens included, of messages
//! that are decoded and cut already.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use anser::session::{Action, Cursors, Incoming, Input, Session};
use anser::store::{self, Store, search};
use anser::wire::{Accepted, Body, Bytes, ConnAck, DownFrame, Qos, QueryAck, Topic, UpFrame, body};
use rusqlite::{Connection, params};

use crate::fixture::{Source, USER, location, transaction};

pub(crate) const MESSAGES: usize = 100_000;
/// The server's default.
const PAGE: usize = 100;

pub(crate) struct Pages {
    messages: Vec<Incoming>,
    bodies: Vec<Bytes>,
}

impl Pages {
    pub(crate) fn new() -> Self {
        let mut source = Source::new(11);
        let messages: Vec<Incoming> = (0..MESSAGES).map(|_| source.next()).collect();
        let last = messages.last().unwrap().sent_time;
        let bodies = messages.chunks(PAGE).map(|page| {
            let end = page.last().unwrap().sent_time;
            body::DownstreamMessages {
                list: page.iter().map(downstream).collect(),
                sync_time: Some(end),
                finished: Some(end == last),
            }
            .to_bytes()
        });
        let bodies = bodies.collect();
        Self { messages, bodies }
    }
}

fn downstream(message: &Incoming) -> body::DownstreamMessage {
    let kind = message.conversation.conversation_type.number();
    let target = Some(message.conversation.target_id.clone());
    let own = message.is_own();
    body::DownstreamMessage {
        from_user_id: if own && kind == 1 { target.clone() } else { Some(message.sender.clone()) },
        r#type: Some(kind),
        group_id: target.filter(|_| kind == 3),
        object_name: Some(message.object_name.clone()),
        content: Some(message.content.clone().into_bytes().into()),
        data_time: Some(message.sent_time),
        status: Some(0x30),
        message_uid: message.uid.clone(),
        direction: Some(i32::from(own)),
        ..Default::default()
    }
}

/// As a client does it. Returns the time from the first page's bytes to the last commit.
pub(crate) fn anser(pages: &Pages, folder: &Path) -> Duration {
    let location = location(folder);
    let store = Store::on_thread(store::open(&location).unwrap(), location).unwrap();
    let mut session = Session::new(1);
    let (done, stored) = channel();
    let mut frames = VecDeque::new();
    let mut bodies = pages.bodies.iter();
    let (mut left, mut generation) = (pages.bodies.len(), 0);
    session.handle(Input::Connect, 0);
    let start = Instant::now();
    while left > 0 {
        while let Some(action) = session.poll() {
            match action {
                Action::OpenTransport { generation: opened, .. } => {
                    generation = opened;
                    session.handle(Input::TransportOpened { generation, heartbeat: true, dedupe: true }, 0);
                    let accepted =
                        Accepted { user_id: USER.into(), session_id: "s".into(), time: 1_800_000_000_000 };
                    let connack = DownFrame::ConnAck(ConnAck { status: 0, accepted: Some(accepted) });
                    session.handle(Input::Frame { generation, frame: connack }, 0);
                }
                Action::LoggedIn { .. } => {
                    let ready = Input::StoreReady { cursors: Cursors::default(), outbox: Vec::new() };
                    session.handle(ready, 0);
                    session.handle(Input::Frame { generation, frame: DownFrame::PingResp }, 0);
                }
                Action::SendFrame { frame: UpFrame::Query(query), .. }
                    if query.topic == Topic::PullMessages.as_str() =>
                {
                    frames.extend(bodies.next().map(|body| page(query.message_id, body)));
                }
                Action::Store(batch) => {
                    let (done, ticket) = (done.clone(), batch.ticket);
                    store.receive(batch, USER, 1, move |result| {
                        done.send((ticket, result.unwrap().new.len())).unwrap();
                    });
                }
                _ => {}
            }
        }
        if let Some(bytes) = frames.pop_front() {
            let frame = DownFrame::decode(bytes).unwrap();
            session.handle(Input::Frame { generation, frame }, 0);
        } else {
            let (ticket, new) = stored.recv_timeout(Duration::from_secs(60)).unwrap();
            assert_eq!(new, PAGE);
            left -= 1;
            session.handle(Input::Stored { ticket }, 0);
        }
    }
    let time = start.elapsed();
    store.close();
    time
}

fn page(message_id: u16, body: &Bytes) -> Bytes {
    let (qos, dup, retain) = (Qos::AtLeastOnce, false, false);
    let ack = QueryAck { qos, dup, retain, message_id, date: 0, status: 0, body: body.clone() };
    DownFrame::QueryAck(ack).encode().unwrap()
}

/// Plain inserts of the same rows, page by page; `indexed`: the search index's rows as well.
pub(crate) fn plain(pages: &Pages, folder: &Path, indexed: bool) -> Duration {
    let connection = store::open(&location(folder)).unwrap();
    connection.pragma_update(None, "synchronous", "NORMAL").unwrap();
    let entries: Vec<(i64, String)> =
        pages.messages.iter().zip(1..).map(|(message, id)| entry(message, id)).collect();
    let start = Instant::now();
    for (page, entries) in pages.messages.chunks(PAGE).zip(entries.chunks(PAGE)) {
        transaction(&connection, |connection| {
            page.iter().for_each(|message| insert(connection, message));
            let mut statement =
                connection.prepare_cached("INSERT INTO search (rowid, tokens) VALUES (?1, ?2)").unwrap();
            for (key, tokens) in entries.iter().filter(|_| indexed) {
                statement.execute(params![key, tokens]).unwrap();
            }
            let mut cursor = connection
                .prepare_cached(
                    "INSERT INTO cursor (name, time) VALUES (?1, ?2)
                     ON CONFLICT (name) DO UPDATE SET time = max(time, excluded.time)",
                )
                .unwrap();
            let time = page.last().unwrap().sent_time;
            cursor.execute(params!["inbox", time]).unwrap();
            cursor.execute(params!["outbox", time]).unwrap();
        });
    }
    start.elapsed()
}

fn insert(connection: &Connection, message: &Incoming) {
    let kind = message.conversation.conversation_type.number();
    let target = &message.conversation.target_id;
    let known = connection
        .prepare_cached("SELECT id FROM conversation WHERE type = ?1 AND target = ?2")
        .unwrap()
        .query_row(params![kind, target], |row| row.get::<_, i64>(0));
    let conversation = known.unwrap_or_else(|_| {
        connection
            .prepare_cached("INSERT INTO conversation (type, target) VALUES (?1, ?2)")
            .unwrap()
            .execute(params![kind, target])
            .unwrap();
        connection.last_insert_rowid()
    });
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO message (conversation, uid, direction, sender, object_name, content, sent_time,
               received_time, sent_status, counted, mentioned, offline)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, 30, ?8, ?9, ?10)",
        )
        .unwrap()
        .execute(params![
            conversation,
            message.uid,
            message.direction.number(),
            message.sender,
            message.object_name,
            message.content,
            message.sent_time,
            message.counted,
            message.mentioned,
            message.offline,
        ])
        .unwrap();
    connection
        .prepare_cached("UPDATE conversation SET sort_time = ?2 WHERE id = ?1 AND sort_time < ?2")
        .unwrap()
        .execute(params![conversation, message.sent_time])
        .unwrap();
}

/// The tokens that [`anser`] cuts by itself, ready made.
fn entry(message: &Incoming, id: i64) -> (i64, String) {
    let entry = search::Entry::new(
        id,
        message.sent_time,
        id % 10_000,
        message.conversation.conversation_type,
        &message.sender,
        &message.object_name,
        &message.content,
        None,
    );
    (entry.key, entry.tokens)
}
