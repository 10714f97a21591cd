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
    an_effect_and_its_message_are_one,
    a_recalled_message_is_offered_no_more,
    receipts_of_a_group_are_noted_once,
    deliveries_only_grow,
    unread_is_what_counts_and_lies_above_the_mark,
    states_and_settings_have_growing_versions,
    windows_differ_by_user_and_history_has_its_own,
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

async fn uid_of(subject: &Subject, draft: Draft) -> (Arc<str>, i64) {
    match subject.store.append(draft).await.unwrap() {
        Appended::Stored { uid, stamp } => (uid, stamp),
        other => panic!("{other:?}"),
    }
}

async fn page(subject: &Subject, user: &str, target: Target, kept_after: i64) -> Vec<Message> {
    let request =
        HistoryRequest { user: user.into(), target, time: 0, limit: 10, ascending: false, kept_after };
    subject.store.history(request).await.unwrap().unwrap().messages
}

fn recall(sender: &str, target: Target, uid: &Arc<str>, not_before: i64) -> Draft {
    let effect = Effect::Recall { uid: uid.clone(), not_before };
    Draft {
        object_name: "RC:RcCmd".into(),
        kept: false,
        flags: 1,
        effect,
        ..draft(sender, target, "command")
    }
}

async fn an_effect_and_its_message_are_one(subject: Subject) {
    let expandable =
        Draft { flags: 67, expansion: Some(r#"{"a":{"v":"1"}}"#.into()), ..draft("a", to("b"), "x") };
    let (uid, _) = uid_of(&subject, expandable).await;
    let (plain, _) = uid_of(&subject, draft("a", to("b"), "plain")).await;
    let change = |sender: &str, target, uid: &Arc<str>, keys: usize| {
        let put = (0..keys).map(|n| (n.to_string(), "v".to_owned())).collect();
        let change = Expansion { delete: vec!["a".into()], put, most_keys: 2, clear: false };
        let effect = Effect::Expand { uid: uid.clone(), change };
        Draft {
            kept: false,
            effect,
            client_id: Some(i64::try_from(keys).unwrap()),
            ..draft(sender, target, "change")
        }
    };
    let append = |draft| subject.store.append(draft);
    for refused in [
        change("a", to("b"), &plain, 1),
        change("a", to("b"), &uid, 3),
        change("a", to("c"), &uid, 1),
        change("c", to("b"), &uid, 1),
    ] {
        assert_eq!(append(refused).await.unwrap(), Appended::Refused);
    }
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, ["x", "plain"], "a refused one leaves no message");
    let (_, stamp) = uid_of(&subject, change("b", to("a"), &uid, 2)).await;
    let now = r#"{"0":{"v":"v"},"1":{"v":"v"}}"#;
    assert_eq!(page(&subject, "a", to("b"), 0).await[1].expansion.as_deref(), Some(now));
    let again = append(change("b", to("a"), &uid, 2)).await.unwrap();
    assert!(matches!(again, Appended::Duplicate { stamp: first, .. } if first == stamp));
}

async fn a_recalled_message_is_offered_no_more(subject: Subject) {
    let (uid, stamp) = uid_of(&subject, draft("a", to("b"), "secret")).await;
    let append = |draft| subject.store.append(draft);
    assert_eq!(append(recall("b", to("a"), &uid, 0)).await.unwrap(), Appended::Refused, "not the sender");
    assert_eq!(append(recall("a", to("c"), &uid, 0)).await.unwrap(), Appended::Refused, "not there");
    assert_eq!(append(recall("a", to("b"), &uid, stamp + 1)).await.unwrap(), Appended::Refused, "too old");
    let (command, at) = uid_of(&subject, recall("a", to("b"), &uid, stamp)).await;
    assert_eq!(
        append(recall("a", to("b"), &uid, 0)).await.unwrap(),
        Appended::Duplicate { uid: command, stamp: at }
    );
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, ["command"]);
    assert_eq!(pulled(&subject, "a", 0, 0, 10).await, ["command"]);
    let kept = page(&subject, "b", to("a"), 0).await;
    assert_eq!((kept.len(), &kept[0].uid, kept[0].stamp, kept[0].flags), (1, &uid, stamp, 1));
    assert_eq!((words(&kept[0]), &*kept[0].object_name), ("command".into(), "RC:RcCmd"));
    // Its row stays in the chain of predecessors.
    subject.store.append(draft("a", to("b"), "next")).await.unwrap();
    subject.store.set_meta("after", "it").await.unwrap();
    let heard = subject.sink.0.lock().unwrap();
    assert_eq!(heard.iter().map(|c| c.inboxes[0].previous).collect::<Vec<_>>(), [0, stamp, at]);
}

async fn receipts_of_a_group_are_noted_once(subject: Subject) {
    let store = &subject.store;
    store.create_group("g", "G", vec!["a".into(), "b".into()]).await.unwrap();
    let (uid, _) = uid_of(&subject, draft("a", group("g"), "1")).await;
    let uids = vec![uid.to_string(), "unknown".into()];
    assert_eq!(store.authors("g", uids.clone()).await.unwrap(), [(uid.clone(), "a".into())]);
    assert!(store.authors("h", uids).await.unwrap().is_empty());
    let notice = |reader: &str| Draft {
        only: vec!["a".into()],
        kept: false,
        echo: false,
        effect: Effect::GroupRead { uids: vec![uid.clone()] },
        ..draft(reader, group("g"), "notice")
    };
    subject.clock.advance(5);
    assert!(matches!(store.append(notice("b")).await.unwrap(), Appended::Stored { .. }));
    assert_eq!(store.append(notice("b")).await.unwrap(), Appended::Refused, "known");
    assert_eq!(store.append(notice("a")).await.unwrap(), Appended::Refused, "the own message");
    assert_eq!(store.append(notice("z")).await.unwrap(), Appended::NotInGroup);
    let found = store.readers("b", "g", &uid).await.unwrap().unwrap();
    assert_eq!((found.members, found.readers.len()), (2, 1));
    assert_eq!((&*found.readers[0].user, found.readers[0].time), ("b", subject.clock.now_ms()));
    assert_eq!(store.readers("z", "g", &uid).await.unwrap(), None);
    assert_eq!(store.readers("b", "g", "unknown").await.unwrap(), None);
    assert_eq!(pulled(&subject, "a", 0, 0, 10).await, ["1", "notice"]);
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, ["1"], "no echo");
}

async fn deliveries_only_grow(subject: Subject) {
    let store = &subject.store;
    stored(&subject, draft("a", to("b"), "1")).await;
    let delivery = |sender: &str, time| Delivery { user: "b".into(), sender: sender.into(), time };
    let durable = store.transactions();
    assert_eq!(store.mark_delivered(vec![delivery("a", 5), delivery("c", 6)]).await.unwrap().len(), 2);
    assert_eq!(store.transactions(), durable, "it waits for no sync");
    let raised = store.mark_delivered(vec![delivery("a", 5), delivery("c", 7)]).await.unwrap();
    assert_eq!(raised, [delivery("c", 7)]);
    let list = store.conversations("a", 0, 0).await.unwrap();
    assert_eq!((list[0].peer_delivered_to, list[0].peer_read_to, list[0].read_to > 0), (5, 0, true));
    let receipt = Draft { kept: false, read_to: Some(4), flags: 0, ..draft("b", to("a"), "receipt") };
    stored(&subject, receipt).await;
    assert_eq!(store.conversations("a", 0, 0).await.unwrap()[0].peer_read_to, 4);
    assert_eq!(store.conversations("b", 0, 0).await.unwrap()[0].peer_delivered_to, 0);
}

async fn unread_is_what_counts_and_lies_above_the_mark(subject: Subject) {
    let store = &subject.store;
    let unread = async || store.has_unread("b", window(&subject)).await.unwrap();
    assert!(!unread().await);
    stored(&subject, Draft { flags: 1, ..draft("a", to("b"), "does not count") }).await;
    assert!(!unread().await);
    let first = stored(&subject, draft("a", to("b"), "1")).await;
    assert!(unread().await);
    store.mark_read("b", &to("a"), first - 1).await.unwrap();
    assert!(unread().await);
    store.mark_read("b", &to("a"), i64::MAX).await.unwrap();
    assert!(!unread().await);
    stored(&subject, draft("a", to("b"), "2")).await;
    assert!(unread().await, "a mark in the future counted as now");
    store.hide_conversation("b", &to("a")).await.unwrap();
    assert!(!unread().await);
}

async fn states_and_settings_have_growing_versions(subject: Subject) {
    let store = &subject.store;
    let now = subject.clock.now_ms();
    let change = |target: &str, silent: Option<&str>, top: Option<&str>| StateChange {
        kind: 1,
        target: target.into(),
        silent: silent.map(Into::into),
        top: top.map(Into::into),
    };
    assert_eq!(store.states("a", 0).await.unwrap(), Default::default());
    let changes = vec![change("b", Some("1"), None), change("c", None, Some("1"))];
    assert_eq!(store.set_states("a", changes).await.unwrap(), now);
    assert_eq!(store.set_states("a", vec![change("b", None, Some("1"))]).await.unwrap(), now + 1);
    subject.clock.set(5);
    assert_eq!(store.set_states("a", vec![change("d", Some("0"), None)]).await.unwrap(), now + 2);
    let found = store.states("a", now).await.unwrap();
    assert_eq!(found.version, now + 2);
    assert_eq!(found.rows.iter().map(|row| &*row.target).collect::<Vec<_>>(), ["b", "d"]);
    assert_eq!((found.rows[0].silent.as_deref(), found.rows[0].top.as_deref()), (Some("1"), Some("1")));
    assert_eq!(store.state("a", 1, "c").await.unwrap().unwrap().silent, None);
    assert_eq!(store.state("a", 3, "c").await.unwrap(), None);
    assert_eq!(store.set_offline_days("a", "days", 3).await.unwrap(), 5);
    assert_eq!(store.set_offline_days("a", "days", 2).await.unwrap(), 6);
    let settings = store.settings("a", 5).await.unwrap();
    assert_eq!((settings.version, settings.rows.len(), &*settings.rows[0].value), (6, 1, "2"));
    assert!(store.settings("a", 6).await.unwrap().rows.is_empty());
}

async fn windows_differ_by_user_and_history_has_its_own(subject: Subject) {
    let store = &subject.store;
    store.set_offline_days("b", "days", 1).await.unwrap();
    let to_b = stored(&subject, draft("a", to("b"), "1")).await;
    stored(&subject, draft("a", to("c"), "2")).await;
    let prune = async |history_days| {
        store.prune(Retention { window: window(&subject), history_days }).await.unwrap();
    };
    subject.clock.set(to_b + DAY_MS - 1);
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, ["1"]);
    subject.clock.advance(1);
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, [""; 0]);
    prune(None).await;
    subject.clock.set(to_b);
    assert_eq!(pulled(&subject, "b", 0, 0, 10).await, [""; 0], "the rows are gone");
    assert_eq!(pulled(&subject, "c", 0, 0, 10).await, ["2"]);
    // History shorter than the window must not take what still waits.
    subject.clock.advance(3 * DAY_MS);
    prune(Some(2)).await;
    assert_eq!(pulled(&subject, "c", 0, 0, 10).await, ["2"]);
    let kept_after = subject.clock.now_ms() - 2 * DAY_MS;
    assert!(page(&subject, "a", to("b"), kept_after).await.is_empty());
    assert!(store.conversations("a", 0, kept_after).await.unwrap().is_empty());
    assert_eq!(page(&subject, "a", to("b"), 0).await.len(), 1);
    subject.clock.advance(5 * DAY_MS);
    prune(Some(2)).await;
    assert!(page(&subject, "a", to("b"), 0).await.is_empty());
    assert!(store.conversations("a", 0, 0).await.unwrap().is_empty());
    // A row number that is given again is nobody's last message.
    stored(&subject, draft("x", to("y"), "another")).await;
    assert!(store.conversations("a", 0, 0).await.unwrap().is_empty());
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

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_to_date_with_what_it_holds() {
    let folder = Folder::new("migrated");
    std::fs::create_dir_all(&folder.0).unwrap();
    let connection = rusqlite::Connection::open(folder.0.join("anser-server.db")).unwrap();
    connection.execute_batch(include_str!("data/first-version.sql")).unwrap();
    drop(connection);
    let store = SqliteStore::open(Some(&folder.0), Clock::manual(2000), Arc::new(Sink::default())).unwrap();
    let list = store.conversations("b", 0, 0).await.unwrap();
    assert_eq!((words(&list[0].last), list[0].read_to, list[0].peer_delivered_to), ("old".into(), 7, 0));
    let request = PullRequest {
        user: "b".into(),
        inbox_after: 0,
        outbox_after: 0,
        limit: 10,
        window: Window { now: 2000, days: 7 },
    };
    assert_eq!(words(&store.pull(request).await.unwrap().rows[0].message), "old");
    let recalled = store.append(recall("a", to("b"), &"OLD".into(), 0)).await.unwrap();
    assert!(matches!(recalled, Appended::Stored { .. }));
}
