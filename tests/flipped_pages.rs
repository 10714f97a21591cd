//! Damage by seed: bytes flipped, pages zeroed, files cut off, in the database and in its log. Opening never
//! panics; it opens or salvages and says what it saved; what waits to be sent is never lost while its own pages
//! are whole. `ANSER_FLIP_SEEDS` sets how many seeds run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;

use anser::model::{ConversationKey, ErrorCode, MessageDirection, MessageFlags};
use anser::session::{Batch, Cursors, Incoming, SendOutcome};
use anser::store::{self, Durability, Folder, NewMessage, Store, StoreError, care};
use anser::wire::{Body, Topic, body};
use anser_testkit::new_folder;
use rusqlite::Connection;

const PAGE: usize = 4096;
const UNSENT: i64 = 12;
const RECEIVED: i64 = 400;

fn outgoing(number: i64) -> NewMessage {
    let content = format!("{{\"content\":\"own message {number:04}\"}}");
    let upstream = body::UpstreamMessage {
        flags: Some(3),
        object_name: Some("RC:TxtMsg".into()),
        content: Some(content.clone().into()),
        client_unique_id: Some(number),
        ..Default::default()
    };
    NewMessage {
        conversation: ConversationKey::private(format!("peer{}", number % 5)),
        sender: "alice".into(),
        object_name: "RC:TxtMsg".into(),
        content,
        flags: MessageFlags::PERSISTED.with(MessageFlags::COUNTED),
        client_id: number,
        time: 1_700_000_000_000 + number,
        topic: Topic::PrivateMessage,
        body: upstream.to_bytes(),
        expansion: None,
        search_words: None,
    }
}

fn incoming(number: i64) -> Incoming {
    Incoming {
        conversation: ConversationKey::group(format!("group{}", number % 20)),
        uid: Some(format!("UID-{number:06}")),
        client_unique_id: None,
        direction: MessageDirection::Receive,
        sender: format!("user{}", number % 7),
        object_name: "RC:TxtMsg".into(),
        // Some are long: their records go over several pages.
        content: format!("{{\"content\":\"{}\"}}", "word ".repeat(if number % 100 == 0 { 1500 } else { 20 })),
        sent_time: 1_700_000_100_000 + number,
        persisted: true,
        counted: true,
        mentioned: false,
        offline: false,
        silent: false,
        expandable: false,
        expansion: None,
        search_words: None,
    }
}

/// Where a file holds the outbox row of an unsent message: (file, from, to).
type Place = (usize, usize, usize);

struct Fixture {
    path: PathBuf,
    files: Vec<(String, Vec<u8>)>,
    /// For each unsent message the pages that hold it.
    places: Vec<(i64, Vec<Place>)>,
}

/// A database of one user, as a kill leaves it: folded into its file, or with much of it in the log.
fn fixture(folded: bool) -> Fixture {
    let folder = new_folder("flip-fixture");
    let location = Folder::new(&folder, "app").unwrap().user("alice").unwrap();
    let path = location.path().unwrap().to_owned();
    let connection = store::open(&location).unwrap();
    connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    for number in 1..=40 {
        let (row, _) = store::enqueue(&connection, &outgoing(number)).unwrap();
        if number > UNSENT {
            let sent =
                SendOutcome::Sent { uid: format!("OWN-{number:06}"), time: 1_700_000_000_000 + number };
            store::settle(&connection, row.id, &sent).unwrap();
        }
    }
    for page in 0..RECEIVED / 100 {
        if page == RECEIVED / 200 || folded {
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        }
        let cursor = |page: i64| Cursors { inbox: page * 100, outbox: 0 };
        let batch = Batch {
            ticket: 0,
            connack_time: 0,
            messages: (page * 100..page * 100 + 100).map(incoming).collect(),
            moves: Some((cursor(page), cursor(page + 1))),
        };
        connection.execute_batch("BEGIN").unwrap();
        store::store_batch(&connection, batch, "alice", 5).unwrap();
        connection.execute_batch("COMMIT").unwrap();
    }
    if !folded {
        // The unsent ones are in the log, too.
        connection.execute("UPDATE outbox SET target = target", []).unwrap();
    } else {
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
    let files = ["anser.db", "anser.db-wal"]
        .map(|name| (name.to_owned(), std::fs::read(path.with_file_name(name)).unwrap_or_default()));
    drop(connection);
    let files: Vec<_> = files.into_iter().filter(|(_, bytes)| !bytes.is_empty()).collect();
    let places = |number| {
        let of_file = |(file, (name, bytes)): (usize, &(String, Vec<u8>))| {
            pages_of(name, bytes, number)
                .into_iter()
                .map(move |(from, to)| (file, from, to))
                .collect::<Vec<_>>()
        };
        let places: Vec<Place> = files.iter().enumerate().flat_map(of_file).collect();
        assert!(!places.is_empty(), "message {number} is somewhere");
        (number, places)
    };
    let places = (1..=UNSENT).map(places).collect();
    Fixture { path, files, places }
}

/// xorshift64*: the same damage for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }
}

/// Damages a file and says what was done.
fn damage(random: &mut Random, bytes: &mut Vec<u8>) -> String {
    match random.below(5) {
        0 => {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
            format!("a bit at {at}")
        }
        1 => {
            let count = 1 + random.below(64);
            for _ in 0..count {
                let at = random.below(bytes.len());
                bytes[at] = random.below(256) as u8;
            }
            format!("{count} bytes")
        }
        2 => {
            let page = random.below(bytes.len() / PAGE);
            bytes[page * PAGE..(page + 1) * PAGE].fill(0);
            format!("page {} zeroed", page + 1)
        }
        3 => {
            let page = random.below(bytes.len() / PAGE);
            for byte in &mut bytes[page * PAGE..(page + 1) * PAGE] {
                *byte = random.below(256) as u8;
            }
            format!("page {} overwritten", page + 1)
        }
        _ => {
            let length = random.below(bytes.len());
            bytes.truncate(length);
            format!("cut to {length}")
        }
    }
}

/// Pages, by where they begin in a file, that hold the outbox row of message `number`.
fn pages_of(name: &str, bytes: &[u8], number: i64) -> Vec<(usize, usize)> {
    let needle = outgoing(number).body;
    let is_log = name.ends_with("-wal");
    bytes
        .windows(needle.len())
        .enumerate()
        .filter(|(_, window)| *window == &needle[..])
        .map(|(at, _)| {
            let (first, length) = if is_log { (32, PAGE + 24) } else { (0, PAGE) };
            let start = first + (at - first) / length * length;
            (start, start + length)
        })
        .collect()
}

fn run<T: Send + 'static>(
    store: &Store,
    work: impl Fn(&Connection) -> Result<T, StoreError> + Send + Clone + 'static,
) -> Result<T, StoreError> {
    let mut result = Err(StoreError::new(ErrorCode::UNKNOWN, "not run"));
    // Damage that is met is salvaged on the spot; the second try finds the new database.
    for _ in 0..3 {
        let (answer, answered) = channel();
        store.run(Durability::Read, work.clone(), move |result| answer.send(result).unwrap());
        result = answered.recv().unwrap();
        if !matches!(&result, Err(error) if error.code.retryable()) {
            break;
        }
    }
    result
}

/// Everything a host would read.
fn read_all(connection: &Connection) -> Result<usize, StoreError> {
    let ids = connection
        .prepare("SELECT id FROM message")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    for id in &ids {
        store::message(connection, *id)?;
    }
    store::total_unread(connection)?;
    Ok(ids.len())
}

struct Seen {
    salvaged: bool,
    refused: Option<ErrorCode>,
}

fn one_seed(seed: u64, fixture: &Fixture) -> Seen {
    let path = &fixture.path;
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut files = fixture.files.clone();
    let mut what = Vec::new();
    for _ in 0..1 + random.below(3) {
        let file = random.below(files.len());
        if files[file].1.len() > 2 * PAGE {
            let done = damage(&mut random, &mut files[file].1);
            what.push(format!("{}: {done}", files[file].0));
        }
    }
    let folder = path.parent().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().is_some_and(|name| name != "lock") {
            std::fs::remove_file(path).unwrap();
        }
    }
    for (name, bytes) in &files {
        std::fs::write(path.with_file_name(name), bytes).unwrap();
    }
    // What must survive: unsent messages none of whose pages was touched.
    let whole = |places: &[Place]| {
        let same = |(file, from, to): &Place| {
            files[*file].1.get(*from..*to) == fixture.files[*file].1.get(*from..*to)
        };
        places.iter().all(same)
    };
    let safe: Vec<i64> =
        fixture.places.iter().filter(|(_, places)| whole(places)).map(|(number, _)| *number).collect();

    let root = folder.parent().unwrap().parent().unwrap();
    let location = Folder::new(root, "app").unwrap().user("alice").unwrap();
    let (connection, report) = match care::open(&location) {
        Ok(opened) => opened,
        Err(error) => {
            let known = [ErrorCode::DATABASE_NEWER];
            assert!(known.contains(&error.code), "seed {seed} ({what:?}): {error}");
            assert_eq!(std::fs::read(path).unwrap(), files[0].1, "seed {seed}: a refused file is untouched");
            return Seen { salvaged: false, refused: Some(error.code) };
        }
    };
    let (reports, reported) = channel();
    let store = Store::reporting(
        connection,
        location,
        Box::new(move |report| {
            let _ = reports.send(report);
        }),
    )
    .unwrap();
    let read = run(&store, read_all).unwrap_or_else(|error| panic!("seed {seed} ({what:?}): {error}"));
    let pending =
        run(&store, store::pending).unwrap_or_else(|error| panic!("seed {seed} ({what:?}): {error}"));
    let left: Vec<_> = pending.iter().map(|outgoing| outgoing.body.clone()).collect();
    for number in &safe {
        assert!(left.contains(&outgoing(*number).body), "seed {seed} ({what:?}): {number} is not sent");
    }
    store.close();
    let reports: Vec<_> = report.into_iter().chain(reported.try_iter()).collect();
    for report in &reports {
        assert_eq!(report.kind, care::DatabaseEvent::Salvaged, "seed {seed} ({what:?}): {report:?}");
        let aside = report.set_aside.as_ref().unwrap();
        assert!(Path::new(aside).exists(), "seed {seed}: {aside}");
    }
    if let Some(last) = reports.last() {
        assert_eq!(last.messages, read as u64, "seed {seed} ({what:?}): the report says what was saved");
        let sound: String = Connection::open(path)
            .unwrap()
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(sound, "ok", "seed {seed} ({what:?})");
    }
    Seen { salvaged: !reports.is_empty(), refused: None }
}

#[test]
fn damage_by_seed_is_survived() {
    let seeds: u64 = std::env::var("ANSER_FLIP_SEEDS").map_or(100, |seeds| seeds.parse().unwrap());
    let fixtures = [fixture(true), fixture(false)];
    let (mut salvaged, mut refused) = (0, 0);
    for seed in 0..seeds {
        let seen = one_seed(seed, &fixtures[(seed % 2) as usize]);
        salvaged += u64::from(seen.salvaged);
        refused += u64::from(seen.refused.is_some());
    }
    assert!(salvaged * 4 > seeds, "only {salvaged} of {seeds} were damage that mattered");
    assert!(refused * 10 <= seeds, "{refused} of {seeds} were refused");
}
