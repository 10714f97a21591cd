//! The care of a user's data, seen by its host: salvage while the client lives, checks, suspending, waking up
//! for a push, clearing, sizes, and a log that stays small.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use anser::client::{ClientOptions, DatabaseListener, StorageProgress};
use anser::model::{ConnectionStatus, ConversationKey, SentStatus};
use anser::store::care::{DatabaseEvent, DatabaseReport};
use anser::store::{self, Durability, Folder, Store};
use anser_testkit::{DEADLINE, Person, World, new_folder, text_of};
use rusqlite::Connection;

struct Told(Mutex<Sender<DatabaseReport>>);

impl DatabaseListener for Told {
    fn on_database(&self, report: DatabaseReport) {
        self.0.lock().unwrap().send(report).unwrap();
    }
}

struct Steps(Mutex<Sender<(u64, u64)>>);

impl StorageProgress for Steps {
    fn on_progress(&self, done: u64, total: u64) -> bool {
        self.0.lock().unwrap().send((done, total)).unwrap();
        true
    }
}

fn database(person: &Person) -> PathBuf {
    Path::new(&person.client.storage_info().path.unwrap()).join("alice").join("anser.db")
}

async fn alice(world: &World, name: &str) -> (Person, ClientOptions) {
    let options = world.options().data_dir(new_folder(name).to_str().unwrap());
    let alice = world.person("alice", options.clone()).await;
    alice.connect().await;
    (alice, options)
}

async fn history(person: &Person, key: &ConversationKey) -> Vec<String> {
    person.messages().history(key.clone(), 0, 1000).await.unwrap().iter().map(text_of).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_met_while_running_is_salvaged_on_the_spot() {
    let world = World::new().await;
    let bob = world.join("bob").await;
    let (alice, options) = alice(&world, "on-the-spot").await;
    let to_bob = ConversationKey::private("bob");
    for number in 0..200 {
        alice.messages().send_text(to_bob.clone(), format!("message {number}")).await.unwrap();
    }
    let last = alice.say(&to_bob, "last").await;
    bob.messages().send_text(ConversationKey::private("alice"), "answer".into()).await.unwrap();
    alice.heard.wait_messages(1);
    let before = history(&alice, &to_bob).await;
    alice.client.storage().suspend().await.unwrap();

    // The root of the messages' tree goes; every message's own page stays.
    let file = database(&alice);
    let root: usize = Connection::open(&file)
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'message'", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap() as usize;
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[(root - 1) * 4096..root * 4096].fill(0);
    std::fs::write(&file, &bytes).unwrap();

    let (sender, told) = channel();
    let _subscription = alice.client.add_database_listener(Arc::new(Told(Mutex::new(sender))));
    alice.client.storage().resume().await.unwrap();
    // Whoever meets it first gets an error that says "again".
    if let Err(error) = alice.messages().get(last.id).await {
        assert_eq!(error.code().0, 34309, "{error}");
        assert!(error.code().retryable());
    }
    let report = told.recv_timeout(DEADLINE).unwrap();
    assert_eq!(report.kind, DatabaseEvent::Salvaged);
    assert_eq!(report.messages as usize, before.len());
    assert!(!report.complete, "what the tree did not lead to was found by its pages");
    assert_eq!(alice.client.storage().last_report(), Some(report.clone()));
    assert_eq!(std::fs::read(report.set_aside.unwrap()).unwrap(), bytes, "set aside as it was");
    assert_eq!(alice.messages().get(last.id).await.unwrap().uid, last.uid);
    assert_eq!(history(&alice, &to_bob).await, before);
    let checked = alice.client.storage().verify(None).await.unwrap();
    assert_eq!((checked.messages as usize, checked.reindexed), (before.len(), 0), "the new one is whole");

    // The inbox is pulled again; what comes twice falls to its uid.
    alice.client.reconnect().await.unwrap();
    alice.client.sync_now().await.unwrap();
    assert_eq!(history(&alice, &to_bob).await, before);
    drop(alice);
    let again = world.person("alice", options).await;
    assert_eq!(history(&again, &to_bob).await, before);
    assert_eq!(again.client.storage().last_report(), None, "nothing was wrong this time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_mends_what_is_derived() {
    let world = World::new().await;
    let (alice, options) = alice(&world, "verify").await;
    let to_bob = ConversationKey::private("bob");
    alice.say(&to_bob, "one").await;
    let two = alice.say(&to_bob, "two").await;
    let file = database(&alice);
    drop(alice);
    let raw = Connection::open(&file).unwrap();
    raw.execute_batch(
        "PRAGMA foreign_keys = OFF; UPDATE conversation SET sort_time = 7;
         UPDATE message SET sent_status = 10 WHERE id = 1;
         INSERT INTO outbox (message, topic, target, body) VALUES (999, 'ppMsgP', 'bob', x'00');
         DELETE FROM search WHERE rowid = (SELECT max(id) FROM search_docsize);",
    )
    .unwrap();
    drop(raw);
    let alice = world.person("alice", options).await;
    let (sender, steps) = channel();
    let report = alice.client.storage().verify(Some(Arc::new(Steps(Mutex::new(sender))))).await.unwrap();
    assert_eq!((report.messages, report.conversations), (2, 1));
    assert_eq!((report.sort_times, report.orphans, report.doubles, report.reindexed), (1, 2, 0, 1));
    assert_eq!(report.problems, Vec::<String>::new());
    let list = alice.client.conversations().list(vec![], None, 10).await.unwrap();
    assert_eq!(list[0].sort_time, two.sent_time);
    assert_eq!(
        alice.messages().get(1).await.unwrap().sent_status,
        SentStatus::Failed,
        "nothing would send it"
    );
    let last = std::iter::from_fn(|| steps.recv_timeout(DEADLINE).ok()).find(|(done, _)| *done == 3);
    assert_eq!(last, Some((3, 3)));
    let again = alice.client.storage().verify(None).await.unwrap();
    assert_eq!((again.sort_times, again.orphans, again.reindexed), (0, 0, 0), "once is enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_store_holds_no_lock_and_says_so() {
    let world = World::new().await;
    let (alice, options) = alice(&world, "suspend").await;
    let to_bob = ConversationKey::private("bob");
    alice.say(&to_bob, "before").await;
    alice.client.storage().suspend().await.unwrap();
    alice.client.storage().suspend().await.unwrap();
    alice.heard.wait_status(ConnectionStatus::Disconnected);
    let file = database(&alice);
    assert!(!file.with_file_name("anser.db-wal").exists(), "the log is folded in");
    for error in [
        alice.messages().send_text(to_bob.clone(), "no".into()).await.unwrap_err(),
        alice.client.conversations().list(vec![], None, 10).await.unwrap_err(),
        alice.client.reconnect().await.unwrap_err(),
        alice.client.storage().size_report().await.unwrap_err(),
    ] {
        assert_eq!(error.code().0, 34312, "{error}");
    }
    // The lock is free: somebody else may have the data meanwhile, and then it is not.
    let other = world.person("alice", options).await;
    assert_eq!(history(&other, &to_bob).await, ["before"]);
    assert_eq!(alice.client.storage().resume().await.unwrap_err().code().0, 34307);
    drop(other);
    alice.client.storage().resume().await.unwrap();
    assert_eq!(history(&alice, &to_bob).await, ["before"]);
    alice.client.reconnect().await.unwrap();
    alice.say(&to_bob, "after").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_logs_out_while_suspended_is_not_opened_again() {
    let world = World::new().await;
    let (alice, _) = alice(&world, "suspended-logout").await;
    alice.client.storage().suspend().await.unwrap();
    alice.client.logout().await.unwrap();
    alice.client.storage().resume().await.unwrap();
    let error = alice.client.conversations().list(vec![], None, 10).await.unwrap_err();
    assert_eq!(error.code().0, 33001, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_sync_brings_what_waits_and_leaves_all_as_it_was() {
    let world = World::new().await;
    let bob = world.join("bob").await;
    let (alice, _) = alice(&world, "once").await;
    let to_alice = ConversationKey::private("alice");
    let storage = alice.client.storage();
    storage.suspend().await.unwrap();
    for text in ["one", "two", "three"] {
        bob.say(&to_alice, text).await;
    }
    let report = storage.sync_once(60_000, None).await.unwrap();
    assert_eq!((report.new_messages, report.complete), (3, true));
    assert_eq!(alice.messages().get(1).await.unwrap_err().code().0, 34312, "suspended again");
    storage.resume().await.unwrap();
    assert_eq!(history(&alice, &ConversationKey::private("bob")).await, ["one", "two", "three"]);

    let nothing = storage.sync_once(60_000, None).await.unwrap();
    assert_eq!((nothing.new_messages, nothing.complete), (0, true));
    alice.heard.wait_status(ConnectionStatus::Disconnected);
    alice.client.reconnect().await.unwrap();
    storage.sync_once(60_000, None).await.unwrap();
    assert_eq!(alice.client.status(), ConnectionStatus::Connected, "it stays with who was connected");
    assert_eq!(storage.sync_once(0, None).await.unwrap_err().code().0, 33003);
    let fresh = world.person("carol", world.options()).await;
    assert_eq!(fresh.client.storage().sync_once(60_000, None).await.unwrap_err().code().0, 33001);
}

#[tokio::test(flavor = "multi_thread")]
async fn cleared_data_is_gone_and_comes_again_from_the_server() {
    let world = World::new().await;
    let bob = world.join("bob").await;
    let (alice, _) = alice(&world, "clear").await;
    let to_bob = ConversationKey::private("bob");
    bob.say(&ConversationKey::private("alice"), "from bob").await;
    alice.heard.wait_messages(1);
    alice.client.disconnect().await.unwrap();
    let waiting = alice.messages().send_text(to_bob.clone(), "too late".into()).await.unwrap();
    let sizes = alice.client.storage().size_report().await.unwrap();
    let rows = |name: &str| sizes.rows.iter().find(|row| row.table == name).unwrap().rows;
    assert_eq!((rows("message"), rows("outbox"), rows("conversation")), (2, 1, 1));
    assert!(sizes.database > 0 && sizes.log > 0 && sizes.set_aside == 0);

    let folder = database(&alice).with_file_name("");
    let exports = ["mine.jsonl", "half.jsonl.part"].map(|name| folder.join(name));
    alice.client.storage().export(exports[0].to_str().unwrap().into(), None, None).await.unwrap();
    std::fs::write(&exports[1], "what a kill left").unwrap();

    alice.client.storage().clear_data().await.unwrap();
    assert!(exports.iter().all(|export| !export.exists()), "they hold every message in plain text");
    let heard = alice.heard.wait("the cancelled message", |heard| !heard.sent.is_empty());
    assert_eq!((heard.sent[0].id, heard.sent[0].error_code), (waiting.id, 33200));
    assert!(history(&alice, &to_bob).await.is_empty());
    assert!(alice.client.conversations().list(vec![], None, 10).await.unwrap().is_empty());
    alice.client.reconnect().await.unwrap();
    alice.client.sync_now().await.unwrap();
    assert_eq!(history(&alice, &to_bob).await, ["from bob"], "the unsent one is not among them");
    let next = alice.say(&to_bob, "next").await;
    assert!(next.id > waiting.id, "numbers are not used twice");
}

/// 100,000 rows beside readers that never pause: the log is folded in all the same.
#[test]
fn the_log_stays_small_under_constant_reading_and_writing() {
    const LIMIT: u64 = 40 << 20;
    let location = Folder::new(&new_folder("log"), "app").unwrap().user("alice").unwrap();
    let path = location.path().unwrap().to_owned();
    let log = path.with_file_name("anser.db-wal");
    let store = Store::on_thread(store::open(&location).unwrap(), location).unwrap();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (stop, path) = (stop.clone(), path.clone());
            std::thread::spawn(move || {
                let reader = store::open_reader(&path, None).unwrap();
                let mut reads = 0;
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    // Each reader always has a statement open; they let go in turns.
                    let mut statement = reader.prepare("SELECT uid FROM transient_uid LIMIT 2000").unwrap();
                    let mut rows = statement.query([]).unwrap();
                    while rows.next().unwrap().is_some() {}
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    let mut largest = 0;
    for chunk in 0..1000 {
        let (answer, answered) = channel();
        let work = move |connection: &Connection| {
            let mut insert =
                connection.prepare_cached("INSERT INTO transient_uid (uid, time) VALUES (?1, ?2)")?;
            for number in 0..100 {
                insert.execute(rusqlite::params![format!("{:>0200}", chunk * 100 + number), chunk])?;
            }
            Ok(())
        };
        store.run(Durability::Relaxed, work, move |result| answer.send(result).unwrap());
        answered.recv().unwrap().unwrap();
        largest = largest.max(std::fs::metadata(&log).unwrap().len());
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    for reader in readers {
        assert!(reader.join().unwrap() > 0);
    }
    store.close();
    let stored: i64 = Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM transient_uid", [], |row| row.get(0))
        .unwrap();
    assert_eq!(stored, 100_000);
    assert!(largest < LIMIT, "the log grew to {largest} bytes");
    assert!(largest > 1 << 20, "the log was never in use: {largest} bytes");
}

#[cfg(not(feature = "encryption"))]
#[test]
fn a_build_that_cannot_encrypt_says_so() {
    let options = ClientOptions::new("app", "http://127.0.0.1:1").encryption_key([7; 32]);
    assert!(!format!("{options:?}").contains("7, 7"), "the key does not show");
    assert_eq!(anser::client::Client::new(options).err().unwrap().code().0, 34311);
}
