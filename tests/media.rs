//! Files go both ways, through a real file server, whatever happens in between.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anser::client::{
    Client, DownloadOptions, MediaProgress, SendOptions, TransferDirection, TransferState, Upload, Uploader,
};
use anser::clock::Clock;
use anser::model::{ConversationKey, ErrorCode, Message, SentStatus};
use anser_testkit::{Files, HttpUploader, Mishap, Person, World, new_folder};

#[path = "media/downloads.rs"]
mod downloads;
#[path = "media/uploads.rs"]
mod uploads;

/// More than the client writes at once, and than it syncs at once.
const LARGE: usize = 9 << 20;
/// SHA-256 of "abc".
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// Bytes that repeat nowhere near, so that a shift shows.
fn bytes(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as u8
    };
    (0..count).map(next).collect()
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

fn bob() -> ConversationKey {
    ConversationKey::private("bob")
}

async fn send(person: &Person, path: &str) -> Message {
    let content = r#"{"name":"a.bin","size":3}"#;
    let media = person.client.media();
    media.send(bob(), "RC:FileMsg".into(), content.into(), path.into(), SendOptions::default()).await.unwrap()
}

fn in_state(progress: &[MediaProgress], state: TransferState) -> bool {
    progress.last().is_some_and(|last| last.state == state)
}

fn wait_state(person: &Person, state: TransferState) {
    person.heard.wait(&format!("{state:?}"), |heard| in_state(&heard.progress, state));
}

/// Waits until the newest progress says that so many bytes have moved.
fn wait_moved(person: &Person, bytes: u64) {
    person.heard.wait("bytes", |heard| heard.progress.last().is_some_and(|last| last.transferred >= bytes));
}

/// A connected client with its data in a folder, which has a file message of this address.
async fn with_message(world: &World, data: &Path, url: &str) -> (Person, Message) {
    let person = world.person("alice", world.options().data_dir(data.to_str().unwrap())).await;
    person.connect().await;
    let content = format!(r#"{{"name":"a.bin","size":3,"fileUrl":"{url}"}}"#);
    let messages = person.messages();
    let sent = messages.send(bob(), "RC:FileMsg".into(), content, SendOptions::default()).await.unwrap();
    (person, sent)
}

fn download(person: &Person, id: i64) -> tokio::task::JoinHandle<anser::client::Result<Message>> {
    let media = person.client.media();
    tokio::spawn(async move { media.download(id, DownloadOptions::default()).await })
}

fn cached(data: &Path, id: i64) -> PathBuf {
    let app = std::fs::read_dir(data).unwrap().next().unwrap().unwrap().path();
    app.join("alice/media").join(format!("{id}.bin"))
}
