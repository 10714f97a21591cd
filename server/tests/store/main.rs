//! The conformance suite of the store trait. It is written against the trait only; every implementation runs
//! all of it. What only the embedded store can do (full disk, newer file) is in `embedded`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;
mod effects;
mod embedded;
mod messages;

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

use effects::*;
use messages::*;

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
        answers: true,
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
