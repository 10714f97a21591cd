//! The export that every life imports: written by another device of alice's that knew old messages, which the
//! server does not have, and some new ones, which also come with the inbox.

use std::path::{Path, PathBuf};

use anser::client::{Client, InsertedMessage, Platform};
use anser::model::ConversationKey;
use anser_testkit::{Person, World};
use anyhow::{Context as _, ensure};

use super::check::conversations;
use super::snapshot::{self, Seen};

/// A person who wrote long ago: only the import knows.
pub(crate) const CAROL: &str = "carol";
/// How the uids of messages begin that the server never had.
pub(crate) const OLD: &str = "OLD-";
/// More than two steps of an import together.
const FROM_CAROL: usize = 900;
const FROM_BOB: usize = 200;
/// Own messages of that device which the server has as well.
const NEW: usize = 3;
/// When the old messages were written, ms since 1970: September 2020.
const LONG_AGO: i64 = 1_600_000_000_000;

/// Where the export lies.
pub(crate) fn file(folder: &Path) -> PathBuf {
    folder.join("export.jsonl")
}

/// Writes the export. Returns what is in it.
pub(crate) async fn write(world: &World, token: &str, folder: &Path) -> anyhow::Result<Vec<Seen>> {
    let options = world.options().user_id("alice").platform(Platform::Mobile);
    let device = Person::new("alice", token.to_owned(), options);
    device.client.connect(token.to_owned()).await?;
    for number in 0..NEW {
        device.say(&ConversationKey::private("bob"), &format!("from another device {number}")).await;
    }
    device.client.sync_now().await?;
    let old =
        (0..FROM_CAROL).map(|number| (CAROL, number)).chain((0..FROM_BOB).map(|number| ("bob", number)));
    let old: Vec<InsertedMessage> = old.map(|(peer, number)| old_message(peer, number)).collect();
    for part in old.chunks(500) {
        device.messages().insert_many(part.to_vec()).await?;
    }
    let written =
        device.client.storage().export(file(folder).to_string_lossy().into_owned(), None, None).await?;
    let held: Vec<Seen> = snapshot::take(&device.client, conversations())
        .await?
        .into_values()
        .flat_map(|shown| shown.messages)
        .collect();
    ensure!(written.messages == held.len() as u64, "the export has {written:?}, not {}", held.len());
    ensure!(held.len() > FROM_CAROL + FROM_BOB + NEW, "the export overlaps with nothing");
    Ok(held)
}

fn old_message(peer: &str, number: usize) -> InsertedMessage {
    let own = number.is_multiple_of(7);
    InsertedMessage {
        conversation: ConversationKey::private(peer),
        sender_user_id: if own { "alice" } else { peer }.to_owned(),
        object_name: "RC:TxtMsg".into(),
        content: format!(r#"{{"content":"old {peer} {number:04}"}}"#),
        sent_time: LONG_AGO + number as i64,
        sent_status: None,
        received_status: 0,
        // Those of bob's are not compared with a device that does not have them.
        counted: peer == CAROL,
        uid: Some(format!("{OLD}{peer}-{number}")),
        extra: String::new(),
    }
}

/// Imports it into the client under test.
pub(crate) async fn read(client: &Client, folder: &Path) -> anyhow::Result<()> {
    let file = file(folder).to_string_lossy().into_owned();
    client.storage().import(file, None).await.context("importing").map(|_| ())
}
