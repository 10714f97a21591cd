//! One million messages in ten thousand conversations: made once per schema, kept in the target folder.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;

use anser::model::{ConversationKey, MessageDirection};
use anser::session::{Batch, Incoming};
use anser::store::{self, Folder, Location};
use anser_testkit::Random;
use rusqlite::Connection;

use crate::words::{Words, Zipf};

pub(crate) const MESSAGES: usize = 1_000_000;
pub(crate) const CONVERSATIONS: usize = 10_000;
/// Newest messages, of which those of others are unread.
const UNREAD: usize = 20_000;
const CHUNK: usize = 10_000;
/// Changes when the generator does.
const VERSION: u32 = 2;
pub(crate) const APP: &str = "bench";
pub(crate) const USER: &str = "me";

/// Messages as a server would deliver them, in the order of time.
pub(crate) struct Source {
    words: Words,
    random: Random,
    places: Zipf,
    time: i64,
    number: usize,
}

impl Source {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            words: Words::new(),
            random: Random::from_state(seed),
            places: Zipf::new(CONVERSATIONS, 0.8),
            time: 1_700_000_000_000,
            number: 0,
        }
    }

    pub(crate) fn next(&mut self) -> Incoming {
        let place =
            if self.number < CONVERSATIONS { self.number } else { self.places.pick(&mut self.random) };
        self.time += 1 + self.random.below(60_000) as i64;
        let own = self.random.below(4) == 0;
        let conversation = key(place);
        let sender = match place % 10 {
            _ if own => USER.to_owned(),
            0..3 => format!("member-{}-{}", place, self.random.below(20)),
            _ => conversation.target_id.clone(),
        };
        let text = self.words.message(&mut self.random);
        // As a server's: it grows with time.
        let uid = format!("{:011X}-{:04X}-{:04X}", self.time, self.random.below(1 << 16), place);
        self.number += 1;
        Incoming {
            uid: Some(uid),
            conversation,
            direction: if own { MessageDirection::Send } else { MessageDirection::Receive },
            sender,
            object_name: "RC:TxtMsg".into(),
            content: format!("{{\"content\":{},\"extra\":\"\"}}", serde_json::Value::from(text)),
            sent_time: self.time,
            persisted: true,
            counted: true,
            mentioned: false,
            offline: true,
            client_unique_id: None,
            silent: false,
            expandable: false,
            expansion: None,
            search_words: None,
        }
    }
}

/// Three of ten conversations are groups.
pub(crate) fn key(place: usize) -> ConversationKey {
    let target = format!("target-{place}");
    if place % 10 < 3 { ConversationKey::group(target) } else { ConversationKey::private(target) }
}

/// The folder of this schema's fixture.
pub(crate) fn folder() -> PathBuf {
    let mut hash = DefaultHasher::new();
    (include_str!("../../docs/schema.sql"), VERSION).hash(&mut hash);
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bench-store-{:016x}", hash.finish()))
}

pub(crate) fn location(folder: &std::path::Path) -> Location {
    Folder::new(folder, APP).unwrap().user(USER).unwrap()
}

/// Makes the fixture unless it is there; of older schemas nothing is kept.
pub(crate) fn prepare() -> PathBuf {
    let folder = folder();
    if folder.exists() {
        return folder;
    }
    let parent = folder.parent().unwrap();
    for entry in fs::read_dir(parent).unwrap().flatten() {
        if entry.file_name().to_string_lossy().starts_with("bench-store-") {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
    let making = parent.join("bench-store-making");
    println!("making the fixture: {MESSAGES} messages, a few minutes, once per schema");
    let connection = store::open(&location(&making)).unwrap();
    let mut source = Source::new(7);
    for start in (0..MESSAGES).step_by(CHUNK) {
        if start == MESSAGES - UNREAD {
            transaction(&connection, |connection| {
                connection.execute("UPDATE conversation SET read_time = sort_time", []).unwrap();
            });
        }
        let messages = (0..CHUNK).map(|_| source.next()).collect();
        transaction(&connection, |connection| {
            let batch = Batch { ticket: 0, messages, moves: None, connack_time: 0 };
            store::store_batch(connection, batch, USER, source.time).unwrap();
        });
    }
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    fs::rename(&making, &folder).unwrap();
    folder
}

pub(crate) fn transaction<T>(connection: &Connection, work: impl FnOnce(&Connection) -> T) -> T {
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    let result = work(connection);
    connection.execute_batch("COMMIT").unwrap();
    result
}
