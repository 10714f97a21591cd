//! The database encrypted at rest: its key, a wrong one, a new one, and that nothing readable lies on the disk.
//! Run by `cargo test -p anser --features encryption --test encryption`.

#![cfg(feature = "encryption")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anser::client::{Client, ClientOptions};
use anser::model::ConversationKey;
use anser::store::care::DatabaseEvent;
use anser_testkit::{new_folder, text_of};

const KEY: [u8; 32] = [7; 32];

fn options(folder: &Path) -> ClientOptions {
    ClientOptions::new("app", "http://127.0.0.1:1").data_dir(folder.to_str().unwrap()).user_id("alice")
}

fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let user = folder.join("app").join("alice");
    let mut files: Vec<_> = std::fs::read_dir(user)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

async fn say(client: &Client, text: &str) {
    client.messages().send_text(ConversationKey::private("bob"), text.into()).await.unwrap();
}

async fn texts(client: &Client) -> Vec<String> {
    let history = client.messages().history(ConversationKey::private("bob"), 0, 100).await.unwrap();
    history.iter().map(text_of).collect()
}

fn open(folder: &Path, key: [u8; 32]) -> Arc<Client> {
    Client::new(options(folder).encryption_key(key)).unwrap()
}

fn refused(options: ClientOptions) -> i32 {
    Client::new(options).err().expect("it cannot be opened").code().0
}

#[tokio::test]
async fn nothing_readable_lies_on_the_disk() {
    let folder = new_folder("encrypted");
    let alice = open(&folder, KEY);
    say(&alice, "a secret word").await;
    let found = |files: Vec<(PathBuf, Vec<u8>)>| {
        let has =
            |bytes: &[u8]| bytes.windows(13).any(|part| part == b"a secret word" || part == b"SQLite format");
        files.into_iter().any(|(_, bytes)| has(&bytes))
    };
    assert!(!found(files(&folder)), "neither in the file nor in its log");
    assert_eq!(alice.storage().verify(None).await.unwrap().problems, Vec::<String>::new());
    alice.close();
    assert!(!found(files(&folder)));
    let alice = open(&folder, KEY);
    assert_eq!(texts(&alice).await, ["a secret word"]);
    alice.close();
    // The check can fail: the same without a key.
    let plain = new_folder("plain");
    let alice = Client::new(options(&plain)).unwrap();
    say(&alice, "a secret word").await;
    alice.close();
    assert!(found(files(&plain)));
}

#[tokio::test]
async fn a_wrong_key_is_told_and_nothing_is_touched() {
    let folder = new_folder("wrong-key");
    let alice = open(&folder, KEY);
    say(&alice, "kept").await;
    alice.close();
    let before = files(&folder);
    assert_eq!(refused(options(&folder).encryption_key([8; 32])), 34310);
    assert_eq!(refused(options(&folder)), 34310, "no key at all");
    assert_eq!(refused(options(&folder).encryption_key([7; 31])), 33003);
    assert_eq!(files(&folder), before);
    let alice = open(&folder, KEY);
    assert_eq!(texts(&alice).await, ["kept"]);
    alice.close();

    let plain = new_folder("plain-with-key");
    let alice = Client::new(options(&plain)).unwrap();
    say(&alice, "plain").await;
    alice.close();
    assert_eq!(refused(options(&plain).encryption_key(KEY)), 34310, "a plain database is not taken over");
    let alice = Client::new(options(&plain)).unwrap();
    assert_eq!(texts(&alice).await, ["plain"]);
    alice.close();
}

#[tokio::test]
async fn a_new_key_replaces_the_old_one() {
    let folder = new_folder("rekey");
    let alice = open(&folder, KEY);
    say(&alice, "kept").await;
    let storage = alice.storage();
    assert_eq!(storage.rekey(vec![1; 5]).await.unwrap_err().code().0, 33003);
    storage.rekey(vec![9; 32]).await.unwrap();
    say(&alice, "after").await;
    // Suspending and resuming goes by the new one, too.
    storage.suspend().await.unwrap();
    storage.resume().await.unwrap();
    assert_eq!(texts(&alice).await, ["kept", "after"]);
    alice.close();
    assert_eq!(refused(options(&folder).encryption_key(KEY)), 34310);
    let alice = open(&folder, [9; 32]);
    assert_eq!(texts(&alice).await, ["kept", "after"]);
    alice.close();
    let plain = Client::new(options(&new_folder("rekey-plain"))).unwrap();
    assert_eq!(plain.storage().rekey(vec![9; 32]).await.unwrap_err().code().0, 33003);
    plain.close();
}

#[tokio::test]
async fn damage_behind_the_first_page_is_salvaged() {
    let folder = new_folder("encrypted-damage");
    let alice = open(&folder, KEY);
    for number in 0..200 {
        say(&alice, &format!("message {number:03} {}", "x".repeat(200))).await;
    }
    alice.close();
    let file = folder.join("app").join("alice").join("anser.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let page = bytes.len() / 4096 / 2;
    bytes[page * 4096..(page + 1) * 4096].fill(0);
    std::fs::write(&file, &bytes).unwrap();
    let alice = open(&folder, KEY);
    let problems = alice.storage().verify(None).await.unwrap().problems;
    let report = alice.storage().last_report().expect("it was salvaged, at open or by the check");
    assert_eq!(report.kind, DatabaseEvent::Salvaged, "{problems:?}");
    assert!(report.messages > 100, "{report:?}");
    assert_eq!(std::fs::read(report.set_aside.unwrap()).unwrap(), bytes);
    alice.close();
    let again = std::fs::read(&file).unwrap();
    assert!(!again.starts_with(b"SQLite format"), "the new one is encrypted, too");
}
