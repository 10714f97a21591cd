//! The conformance suite of the store trait. It is written against the trait only; every implementation runs
//! all of it. What only the embedded store can do (full disk, newer file) follows at the end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use anser_server::bus::LocalBus;
use anser_server::store::sqlite::SqliteStore;
use anser_server::store::{
    Appended, CommitSink, Committed, DAY_MS, Delivery, Draft, Effect, Expansion, HistoryRequest, Message,
    PullRequest, Retention, StateChange, Store, StoreError, Target, Window,
};
use anser_server::{Clock, Config, Parts, Server};
use bytes::Bytes;
use common::{Client, text};

#[derive(Default)]
struct Sink(Mutex<Vec<Committed>>);

impl CommitSink for Sink {
    fn committed(&self, committed: Committed) {
        self.0.lock().unwrap().push(committed);
    }
}

/// A store to be tested, with what the suite needs beside it.
struct Subject {
    store: Arc<dyn Store>,
    clock: Clock,
    sink: Arc<Sink>,
    folder: Option<Folder>,
}

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("anser-server-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn in_memory(_: &str) -> Subject {
    let (clock, sink) = (Clock::manual(1_000_000), Arc::new(Sink::default()));
    let store = Arc::new(SqliteStore::open(None, clock.clone(), sink.clone()).unwrap());
    Subject { store, clock, sink, folder: None }
}

fn in_a_file(name: &str) -> Subject {
    let folder = Folder::new(name);
    let (clock, sink) = (Clock::manual(1_000_000), Arc::new(Sink::default()));
    let store = Arc::new(SqliteStore::open(Some(&folder.0), clock.clone(), sink.clone()).unwrap());
    Subject { store, clock, sink, folder: Some(folder) }
}

macro_rules! conformance {
    ($($case:ident),* $(,)?) => {
        mod sqlite_memory {
            $(#[tokio::test] async fn $case() { super::$case(super::in_memory(stringify!($case))).await; })*
        }
        mod sqlite_file {
            $(#[tokio::test] async fn $case() { super::$case(super::in_a_file(stringify!($case))).await; })*
        }
    };
}

conformance!(
    stamps_are_above_every_head_concerned,
    a_login_raises_the_head,
    inbox_rows_know_their_predecessor,
    pulls_merge_both_boxes_and_page,
    client_ids_are_unique_per_sender,
    only_members_send_to_a_group,
    commits_are_told_in_order_with_their_inboxes,
    pruning_takes_the_inbox_but_not_history,
    views_hide_clear_and_mark,
    users_can_be_blocked_and_values_kept,
);

fn draft(sender: &str, target: Target, words: &str) -> Draft {
    Draft {
        sender: sender.into(),
        origin: "session".into(),
        target,
        only: Vec::new(),
        object_name: "RC:TxtMsg".into(),
        content: Bytes::from(words.to_owned()),
        flags: 3,
        kept: true,
        client_id: None,
        read_to: None,
        expansion: None,
        echo: true,
        effect: Effect::Nothing,
    }
}

fn to(user: &str) -> Target {
    Target::User(user.into())
}

fn group(id: &str) -> Target {
    Target::Group(id.into())
}

async fn stored(subject: &Subject, draft: Draft) -> i64 {
    match subject.store.append(draft).await.unwrap() {
        Appended::Stored { stamp, uid } => {
            assert_eq!(uid.len(), 19);
            stamp
        }
        other => panic!("{other:?}"),
    }
}

fn window(subject: &Subject) -> Window {
    Window { now: subject.clock.now_ms(), days: 7 }
}

async fn pulled(
    subject: &Subject,
    user: &str,
    inbox_after: i64,
    outbox_after: i64,
    limit: u32,
) -> Vec<String> {
    let window = window(subject);
    let request = PullRequest { user: user.into(), inbox_after, outbox_after, limit, window };
    let page = subject.store.pull(request).await.unwrap();
    page.rows.iter().map(|row| words(&row.message)).collect()
}

fn words(message: &Message) -> String {
    String::from_utf8(message.content.to_vec()).unwrap()
}

async fn stamps_are_above_every_head_concerned(subject: Subject) {
    let now = subject.clock.now_ms();
    assert_eq!(stored(&subject, draft("a", to("b"), "1")).await, now);
    assert_eq!(stored(&subject, draft("c", to("d"), "2")).await, now, "strangers do not wait for each other");
    assert_eq!(stored(&subject, draft("b", to("c"), "3")).await, now + 1, "above both heads");
    assert_eq!(stored(&subject, draft("d", to("c"), "4")).await, now + 2);
    subject.clock.set(now - 500);
    assert_eq!(stored(&subject, draft("a", to("b"), "5")).await, now + 2, "a clock that jumps back");
    assert_eq!(subject.store.head_lead().latest, 502);
    subject.clock.set(now + 1000);
    assert_eq!(stored(&subject, draft("a", to("b"), "6")).await, now + 1000);
    assert_eq!(subject.store.head_lead().latest, 0);
    assert_eq!(subject.store.head_lead().greatest, 502);
}

async fn a_login_raises_the_head(subject: Subject) {
    let now = subject.clock.now_ms();
    let first = subject.store.login("b").await.unwrap();
    assert_eq!((first.time, first.blocked), (now, false));
    assert_eq!(stored(&subject, draft("a", to("b"), "1")).await, now + 1, "after what the login showed");
    let second = subject.store.login("a").await.unwrap();
    assert!(second.serial > first.serial);
    assert_eq!(second.time, now, "the CONNACK shows the clock, not a head that ran ahead");
}

async fn inbox_rows_know_their_predecessor(subject: Subject) {
    let first = stored(&subject, draft("a", to("b"), "1")).await;
    stored(&subject, draft("b", to("c"), "own, not in the inbox")).await;
    stored(&subject, draft("c", to("b"), "2")).await;
    // The sink hears the last one after its answer.
    subject.store.set_meta("after", "it").await.unwrap();
    let heard = subject.sink.0.lock().unwrap();
    assert_eq!(heard[0].inboxes[0].previous, 0, "the first ever");
    assert_eq!(heard.last().unwrap().inboxes[0].previous, first);
}

async fn pulls_merge_both_boxes_and_page(subject: Subject) {
    for n in 0..6 {
        let (from, target) = if n % 2 == 0 { ("a", "b") } else { ("b", "a") };
        stored(&subject, draft(from, to(target), &n.to_string())).await;
    }
    stored(&subject, draft("a", to("a"), "note")).await;
    let window = window(&subject);
    let request =
        |inbox_after, limit| PullRequest { user: "a".into(), inbox_after, outbox_after: 0, limit, window };
    let page = subject.store.pull(request(0, 100)).await.unwrap();
    let seen: Vec<_> = page.rows.iter().map(|row| (words(&row.message), row.own)).collect();
    let expected =
        [("0", true), ("1", false), ("2", true), ("3", false), ("4", true), ("5", false), ("note", false)];
    assert_eq!(seen, expected.map(|(words, own)| (words.to_owned(), own)));
    let last = page.rows.last().unwrap().message.stamp;
    assert_eq!((page.finished, page.inbox_last, page.head), (true, last, last));
    let page = subject.store.pull(request(0, 6)).await.unwrap();
    assert_eq!((page.rows.len(), page.finished, page.inbox_last), (6, false, last));
    assert_eq!(pulled(&subject, "a", last, last, 10).await, [""; 0]);
    assert_eq!(pulled(&subject, "nobody", 0, 0, 10).await, [""; 0]);
}

async fn client_ids_are_unique_per_sender(subject: Subject) {
    let numbered = |sender: &str| Draft { client_id: Some(1), ..draft(sender, to("b"), "x") };
    let Appended::Stored { uid, stamp } = subject.store.append(numbered("a")).await.unwrap() else {
        panic!("stored")
    };
    assert_eq!(subject.store.append(numbered("a")).await.unwrap(), Appended::Duplicate { uid, stamp });
    assert!(matches!(subject.store.append(numbered("c")).await.unwrap(), Appended::Stored { .. }));
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await.len(), 2);
}

async fn only_members_send_to_a_group(subject: Subject) {
    let store = &subject.store;
    assert!(!store.join_group("g", vec!["a".into()]).await.unwrap());
    assert_eq!(store.append(draft("a", group("g"), "x")).await.unwrap(), Appended::NotInGroup);
    store.create_group("g", "G", vec!["b".into(), "a".into()]).await.unwrap();
    assert!(store.join_group("g", vec!["c".into(), "a".into()]).await.unwrap());
    let members = store.group_members("g").await.unwrap();
    assert_eq!(members.iter().map(|m| &**m).collect::<Vec<_>>(), ["a", "b", "c"]);
    stored(&subject, draft("a", group("g"), "all")).await;
    let directed =
        Draft { only: vec!["c".into(), "z".into()], kept: false, ..draft("a", group("g"), "some") };
    stored(&subject, directed).await;
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, ["all"]);
    assert_eq!(pulled(&subject, "c", 0, 0, 10).await, ["all", "some"]);
    assert_eq!(pulled(&subject, "z", 0, 0, 10).await, [""; 0]);
    assert!(store.quit_group("g", vec!["a".into()]).await.unwrap());
    assert_eq!(store.append(draft("a", group("g"), "x")).await.unwrap(), Appended::NotInGroup);
    let request = HistoryRequest {
        user: "a".into(),
        target: group("g"),
        time: 0,
        limit: 10,
        ascending: false,
        kept_after: 0,
    };
    assert!(store.history(request.clone()).await.unwrap().is_none());
    let page = store.history(HistoryRequest { user: "b".into(), ..request }).await.unwrap().unwrap();
    assert_eq!(page.messages.iter().map(words).collect::<Vec<_>>(), ["all"]);
}

async fn commits_are_told_in_order_with_their_inboxes(subject: Subject) {
    subject.store.create_group("g", "G", vec!["a".into(), "b".into(), "c".into()]).await.unwrap();
    let appends: Vec<_> = (0..50)
        .map(|n| {
            subject.store.append(draft("a", if n % 2 == 0 { group("g") } else { to("b") }, &n.to_string()))
        })
        .collect();
    for append in appends {
        append.await.unwrap();
    }
    subject.store.append(draft("b", to("b"), "note")).await.unwrap();
    subject.store.set_meta("after", "it").await.unwrap();
    let heard = subject.sink.0.lock().unwrap();
    let order: Vec<String> = heard.iter().map(|c| words(&c.message)).collect();
    let mut expected: Vec<String> = (0..50).map(|n| n.to_string()).collect();
    expected.push("note".into());
    assert_eq!(order, expected);
    assert!(heard.windows(2).all(|pair| pair[0].message.stamp < pair[1].message.stamp));
    let users: Vec<_> = heard[0].inboxes.iter().map(|entry| &*entry.user).collect();
    assert_eq!(users, ["b", "c"], "not the sender's own inbox");
    assert!(heard[0].echoed && !heard[50].echoed);
}

async fn pruning_takes_the_inbox_but_not_history(subject: Subject) {
    let old = stored(&subject, draft("a", to("b"), "kept")).await;
    stored(&subject, Draft { kept: false, ..draft("a", to("b"), "passing") }).await;
    subject.clock.advance(7 * DAY_MS + 1);
    let new = stored(&subject, draft("a", to("b"), "new")).await;
    subject.store.prune(Retention { window: window(&subject), history_days: None }).await.unwrap();
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, ["new"]);
    let request = HistoryRequest {
        user: "b".into(),
        target: to("a"),
        time: 0,
        limit: 10,
        ascending: true,
        kept_after: 0,
    };
    let page = subject.store.history(request).await.unwrap().unwrap();
    assert_eq!(page.messages.iter().map(|m| m.stamp).collect::<Vec<_>>(), [new, old]);
    // The chain of predecessors goes on across what was pruned.
    subject.store.append(draft("a", to("b"), "next")).await.unwrap();
    subject.store.set_meta("after", "it").await.unwrap();
    assert_eq!(subject.sink.0.lock().unwrap().last().unwrap().inboxes[0].previous, new);
}

async fn views_hide_clear_and_mark(subject: Subject) {
    let store = &subject.store;
    let first = stored(&subject, draft("a", to("b"), "1")).await;
    stored(&subject, draft("c", to("b"), "2")).await;
    stored(&subject, Draft { kept: false, ..draft("a", to("b"), "not listed") }).await;
    let listed = async |limit| -> Vec<String> {
        store.conversations("b", limit, 0).await.unwrap().iter().map(|row| words(&row.last)).collect()
    };
    assert_eq!(listed(0).await, ["2", "1"]);
    assert_eq!(listed(1).await, ["2"]);
    store.mark_read("b", &to("a"), 50).await.unwrap();
    store.mark_read("b", &to("a"), 40).await.unwrap();
    assert_eq!(store.conversations("b", 0, 0).await.unwrap()[1].read_to, 50, "marks only grow");
    store.hide_conversation("b", &to("a")).await.unwrap();
    assert_eq!(listed(0).await, ["2"]);
    stored(&subject, draft("b", to("a"), "3")).await;
    assert_eq!(listed(0).await, ["3", "2"]);
    store.clear_history("b", &to("a"), first).await.unwrap();
    let request = HistoryRequest {
        user: "b".into(),
        target: to("a"),
        time: 0,
        limit: 10,
        ascending: false,
        kept_after: 0,
    };
    let page = store.history(request.clone()).await.unwrap().unwrap();
    assert_eq!(page.messages.iter().map(words).collect::<Vec<_>>(), ["3"]);
    let uid = page.messages[0].uid.to_string();
    store.delete_messages("b", vec![uid, "unknown".into()]).await.unwrap();
    assert!(store.history(request).await.unwrap().unwrap().messages.is_empty());
    let theirs = HistoryRequest {
        user: "a".into(),
        target: to("b"),
        time: 0,
        limit: 10,
        ascending: false,
        kept_after: 0,
    };
    assert_eq!(store.history(theirs).await.unwrap().unwrap().messages.len(), 2, "only the own view");
}

async fn users_can_be_blocked_and_values_kept(subject: Subject) {
    let store = &subject.store;
    store.put_user("a", Some("A"), None).await.unwrap();
    store.set_blocked("a", true).await.unwrap();
    assert!(store.login("a").await.unwrap().blocked);
    store.set_blocked("a", false).await.unwrap();
    assert!(!store.login("a").await.unwrap().blocked);
    assert_eq!(store.meta("k").await.unwrap(), None);
    store.set_meta("k", "1").await.unwrap();
    store.set_meta("k", "2").await.unwrap();
    assert_eq!(store.meta("k").await.unwrap().as_deref(), Some("2"));
    assert!(store.transactions() > 0);
    drop(subject.folder);
}

#[tokio::test]
async fn a_restart_keeps_messages_heads_and_first_answers() {
    let folder = Folder::new("restart");
    let open = |ms| SqliteStore::open(Some(&folder.0), Clock::manual(ms), Arc::new(Sink::default())).unwrap();
    let numbered = Draft { client_id: Some(9), ..draft("a", to("b"), "x") };
    let store = open(5000);
    let Appended::Stored { uid, stamp } = store.append(numbered.clone()).await.unwrap() else { panic!() };
    drop(store);
    let store = open(10);
    assert_eq!(store.append(numbered).await.unwrap(), Appended::Duplicate { uid, stamp });
    let next = store.append(draft("c", to("b"), "y")).await.unwrap();
    assert!(matches!(next, Appended::Stored { stamp: 5001, .. }), "heads outlive the process: {next:?}");
}

#[tokio::test]
async fn a_newer_or_damaged_file_is_refused_and_left_alone() {
    let folder = Folder::new("refused");
    let open = || SqliteStore::open(Some(&folder.0), Clock::system(), Arc::new(Sink::default()));
    drop(open().unwrap());
    let file = folder.0.join("anser-server.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(connection);
    assert!(matches!(open(), Err(StoreError::Unusable(_))));
    std::fs::write(&file, "this is not a database, and long enough to be looked at").unwrap();
    assert!(matches!(open(), Err(StoreError::Unusable(_))));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("this is not"));
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing_acknowledged() {
    let folder = Folder::new("full");
    let bus = Arc::new(LocalBus::new());
    let store = Arc::new(SqliteStore::open(Some(&folder.0), Clock::system(), bus.clone()).unwrap());
    let parts = Parts { store: store.clone(), bus };
    let server = Server::start_with(Config::default(), parts).await.unwrap();
    let token = |user: &'static str| server.token(user);
    let (alices, bobs) = (token("alice").await.unwrap(), token("bob").await.unwrap());
    let open = |token: String| {
        let server = &server;
        async move { Client::open(server, server.app_key(), &token, "&apiVer=1").await.map_err(drop).unwrap() }
    };
    let mut alice = open(alices).await;
    store.set_page_limit(Some(100)).await.unwrap();
    let large =
        common::message("RC:TxtMsg", 3, &serde_json::json!({ "content": "x".repeat(20_000) }).to_string());
    let mut acknowledged = Vec::new();
    let refused = loop {
        let ack = alice.publish("ppMsgP", "bob", &large).await;
        if ack.status != 0 {
            break ack;
        }
        acknowledged.push(ack.uid.to_string());
        assert!(acknowledged.len() < 100, "the limit works");
    };
    assert_eq!((refused.status, &*refused.uid), (30003, ""));
    assert!(!acknowledged.is_empty());
    // The process lives, and when space returns so does the service.
    alice.ping().await;
    store.set_page_limit(None).await.unwrap();
    let after = alice.publish("ppMsgP", "bob", &text("again")).await;
    assert_eq!(after.status, 0);
    acknowledged.push(after.uid.to_string());
    let mut bob = open(bobs).await;
    bob.pull_all().await;
    let got: Vec<String> = bob.got.iter().map(|m| m.message_uid.clone().unwrap()).collect();
    assert_eq!(got, acknowledged);
    server.shutdown().await;
}
