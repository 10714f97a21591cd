//! Data directories that cannot be used: each gives its code, nothing that is there is deleted, and the client
//! works again once the cause is gone.
//!
//! Not shown here: a directory without write permission. Tests often run as root, whom permission bits do
//! not bind; a file in the directory's place gives the same error from the system on every machine. A full
//! disk is shown where the limit can be set, in the tests of the store's writer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};

use anser::client::{Client, ClientOptions};
use anser::model::ConversationKey;
use anser_testkit::{World, new_folder, text_of};

/// The one database below a data directory.
fn database(folder: &Path) -> PathBuf {
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.file_name().is_some_and(|name| name == "anser.db") {
                return path;
            }
        }
    }
    panic!("no database below the folder");
}

/// A data directory that alice has used, and its options.
async fn used(world: &World, name: &str) -> (PathBuf, ClientOptions) {
    let folder = new_folder(name);
    let options = world.options().data_dir(folder.to_str().unwrap());
    let alice = world.person("alice", options.clone()).await;
    alice.connect().await;
    alice.say(&ConversationKey::private("bob"), "kept").await;
    (folder, options)
}

fn refused(options: ClientOptions) -> i32 {
    Client::new(options).err().expect("it cannot be opened").code().0
}

/// The file beside `file` that a salvage set aside.
fn set_aside(file: &Path) -> PathBuf {
    file.with_file_name("anser.db.damaged-1")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_garbage_is_set_aside_and_the_rest_pulled_again() {
    let world = World::new().await;
    let (folder, options) = used(&world, "garbage").await;
    let file = database(&folder);
    let garbage: Vec<u8> = (0..8192_u32).map(|number| (number * 37 % 251) as u8).collect();
    std::fs::write(&file, &garbage).unwrap();
    let alice = world.person("alice", options.clone()).await;
    let report = alice.client.storage().last_report().unwrap();
    assert_eq!((report.messages, report.complete), (0, false));
    assert_eq!(std::fs::read(set_aside(&file)).unwrap(), garbage, "nothing is deleted");
    alice.connect().await;
    alice.client.sync_now().await.unwrap();
    let history = alice.messages().history(ConversationKey::private("bob"), 0, 10).await.unwrap();
    assert_eq!(history.iter().map(text_of).collect::<Vec<_>>(), ["kept"], "the server still has it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_without_its_schema_is_salvaged() {
    let world = World::new().await;
    let (folder, options) = used(&world, "damaged").await;
    let file = database(&folder);
    let mut bytes = std::fs::read(&file).unwrap();
    // The header stays; the schema behind it goes.
    for byte in bytes.iter_mut().take(4096).skip(100) {
        *byte = 0xa5;
    }
    std::fs::write(&file, &bytes).unwrap();
    let alice = Client::new(options).unwrap();
    let report = alice.storage().last_report().unwrap();
    assert_eq!((report.messages, report.conversations), (1, 1));
    assert_eq!(std::fs::read(set_aside(&file)).unwrap(), bytes, "the damaged file is as it was");
    let history = alice.messages().history(ConversationKey::private("bob"), 0, 10).await.unwrap();
    assert_eq!(history.iter().map(text_of).collect::<Vec<_>>(), ["kept"]);
    alice.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_left_alone() {
    let world = World::new().await;
    let (folder, options) = used(&world, "newer").await;
    let file = database(&folder);
    let set = |version: u32| {
        let connection = rusqlite::Connection::open(&file).unwrap();
        connection.pragma_update(None, "user_version", version).unwrap();
    };
    let known: u32 = rusqlite::Connection::open(&file)
        .unwrap()
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    set(known + 1);
    assert_eq!(refused(options.clone()), 34306);
    set(known);
    let alice = Client::new(options).unwrap();
    let history = alice.messages().history(ConversationKey::private("bob"), 0, 10).await.unwrap();
    assert_eq!(history.len(), 1);
    alice.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_where_a_folder_should_be_is_reported() {
    let world = World::new().await;
    let folder = new_folder("file");
    let file = folder.join("data");
    std::fs::write(&file, "mine").unwrap();
    let options = world.options().data_dir(file.to_str().unwrap());
    assert_eq!(refused(options), 34302);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");

    // The same one level below: the user's folder.
    let options = world.options().data_dir(folder.to_str().unwrap());
    let alice = world.person("alice", options.clone()).await;
    let root = alice.client.storage_info().path.unwrap();
    let users = Path::new(&root).join("alice");
    std::fs::write(&users, "mine").unwrap();
    assert_eq!(alice.client.connect(alice.token.clone()).await.unwrap_err().code().0, 34302);
    std::fs::remove_file(&users).unwrap();
    alice.connect().await;

    // A folder where the database should be.
    let bobs = Path::new(&root).join("bob").join("anser.db");
    std::fs::create_dir_all(&bobs).unwrap();
    let token = world.server.token("bob").await.unwrap();
    assert_eq!(alice.client.connect(token).await.unwrap_err().code().0, 34302);
    assert!(bobs.is_dir());
}
