//! A full disk, and what shares a commit.

use std::path::Path;
use std::sync::mpsc::channel;

use super::*;
use crate::model::{ConversationKey, MessageFlags, SentStatus};
use crate::store::{self, NewMessage};
use crate::wire::{Bytes, Topic};

fn message(client_id: i64, content: &str) -> NewMessage {
    NewMessage {
        conversation: ConversationKey::private("peer"),
        sender: "me".into(),
        object_name: "RC:TxtMsg".into(),
        content: content.into(),
        flags: MessageFlags::PERSISTED,
        client_id,
        time: client_id,
        topic: Topic::PrivateMessage,
        body: Bytes::from(content.to_owned()),
        expansion: None,
        search_words: None,
    }
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("anser-writer-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn location(name: &str) -> Location {
    store::Folder::new(&folder(name), "app").unwrap().user("me").unwrap()
}

/// Runs one job and returns what it was answered.
fn run<T: Send + 'static>(
    store: &Store,
    work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let (answer, answered) = channel();
    store.run(Durability::Full, work, move |result| answer.send(result).unwrap());
    answered.recv().unwrap()
}

/// Limits the file as a full disk does: SQLite answers both with SQLITE_FULL.
fn limit(store: &Store, pages: Option<i64>) {
    let work = move |connection: &Connection| {
        let present: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
        let most = pages.map_or(i64::from(i32::MAX), |more| present + more);
        Ok(connection
            .query_row(&format!("PRAGMA max_page_count = {most}"), [], |row| row.get::<_, i64>(0))?)
    };
    // A pragma of the connection; a transaction around it changes nothing.
    run(store, work).unwrap();
}

#[test]
fn a_full_disk_loses_nothing_acknowledged_and_passes() {
    let location = location("full");
    let Location::File { path, .. } = &location else { panic!("a file was asked for") };
    let path = path.clone();
    let store = Store::on_thread(store::open(&location).unwrap(), location).unwrap();
    let content = "x".repeat(3000);
    run(&store, |connection| store::enqueue(connection, &message(1, "small"))).unwrap();
    limit(&store, Some(8));

    let mut acknowledged = vec![1];
    let mut refused = Vec::new();
    for client_id in 2..40 {
        let content = content.clone();
        match run(&store, move |connection| store::enqueue(connection, &message(client_id, &content))) {
            Ok((row, _)) => {
                assert_eq!(row.sent_status, SentStatus::Sending);
                acknowledged.push(client_id);
            }
            Err(error) => {
                assert_eq!(error.code, ErrorCode::DATABASE_FULL, "{error}");
                refused.push(client_id);
            }
        }
    }
    assert!(acknowledged.len() > 1 && refused.len() > 20, "{acknowledged:?} {refused:?}");
    let pending = |store: &Store| run(store, store::pending).unwrap();
    assert_eq!(pending(&store).len(), acknowledged.len(), "reading works, and nothing is missing");

    // Space returns.
    limit(&store, None);
    for client_id in refused {
        let content = content.clone();
        run(&store, move |connection| store::enqueue(connection, &message(client_id, &content))).unwrap();
    }
    assert_eq!(pending(&store).len(), 39);
    store.close();
    let kept = Connection::open(path).unwrap();
    let count: i64 = kept.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 39);
    let sound: String = kept.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
}

#[test]
fn a_full_disk_spoils_only_what_does_not_fit() {
    let location = location("neighbours");
    let mut executor = Executor::new(store::open(&location).unwrap(), location);
    let (answers, answered) = channel();
    let job = |number: i64, content: String| {
        let answers = answers.clone();
        let work: Work = Box::new(move |connection| {
            let result = connection.and_then(|connection| {
                store::enqueue(connection, &message(number, &content)).map(|(row, _)| row.id)
            });
            let failed = result.is_err();
            let answer: Answer = Box::new(move |committed| {
                answers
                    .send((number, committed.and(result.map(|_| ())).map_err(|error| error.code)))
                    .unwrap();
            });
            Done { failed, damaged: false, answer }
        });
        Job { durability: Durability::Full, work, key: None }
    };
    let pages: i64 = executor.connection.query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    let limit = format!("PRAGMA max_page_count = {}", pages + 2);
    executor.connection.query_row(&limit, [], |_| Ok(())).unwrap();
    executor.run(vec![job(1, "a".into()), job(2, "b".repeat(1 << 20)), job(3, "c".into())]);
    let fates: Vec<_> = answered.try_iter().collect();
    let stored: Vec<i64> =
        store::pending(&executor.connection).unwrap().iter().map(|row| row.message).collect();
    let good = fates.iter().filter(|(_, fate)| fate.is_ok()).count();
    assert_eq!(stored.len(), good, "exactly what was acknowledged is stored: {fates:?}");
    assert!(fates.contains(&(2, Err(ErrorCode::DATABASE_FULL))), "{fates:?}");
    // Whatever SQLite rolled back with it was told so, and works when tried again alone.
    for (number, _) in fates.iter().filter(|(number, fate)| *number != 2 && fate.is_err()) {
        executor.run(vec![job(*number, "again".into())]);
        assert_eq!(answered.try_recv().unwrap(), (*number, Ok(())));
    }
}

/// Commits in a write-ahead log: frames whose header names the database's new size.
fn commits(log: &Path) -> usize {
    let bytes = std::fs::read(log).unwrap();
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    if bytes.is_empty() {
        return 0;
    }
    let frame = 24 + number(8) as usize;
    (32..bytes.len()).step_by(frame).filter(|at| number(at + 4) != 0).count()
}

#[test]
fn jobs_that_wait_together_share_one_commit() {
    let location = location("shared");
    let Location::File { path, .. } = &location else { panic!("a file was asked for") };
    let log = path.with_file_name("anser.db-wal");
    let connection = store::open(&location).unwrap();
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    assert_eq!(commits(&log), 0);
    let store = Store::on_thread(connection, location).unwrap();
    let (release, gate) = channel::<()>();
    let (answer, answered) = channel();
    // The first job holds the thread until all others wait.
    store.run(
        Durability::Read,
        move |_| {
            gate.recv().unwrap();
            Ok(())
        },
        |_| {},
    );
    for client_id in 1..=64 {
        let (answer, log) = (answer.clone(), log.clone());
        store.run(
            Durability::Full,
            move |connection| store::enqueue(connection, &message(client_id, "m")),
            // Answered after the commit, never before.
            move |result| answer.send((result.is_ok(), commits(&log))).unwrap(),
        );
    }
    release.send(()).unwrap();
    for _ in 0..64 {
        assert_eq!(answered.recv().unwrap(), (true, 1));
    }
    // The count can count: a job of its own has a commit of its own.
    run(&store, |connection| store::enqueue(connection, &message(65, "m"))).unwrap();
    assert_eq!(commits(&log), 2);
    store.close();
}

#[test]
fn salvages_end_only_where_nothing_succeeds_in_between() {
    let location = location("salvages");
    let (told, reports) = channel();
    let on_report = Box::new(move |report| told.send(report).unwrap());
    let store = Store::reporting(store::open(&location).unwrap(), location, on_report).unwrap();
    let damage = || {
        let met = |_: &Connection| Err::<(), _>(StoreError::new(ErrorCode::DATABASE_DAMAGED, "met"));
        run(&store, met).unwrap_err();
        reports.try_iter().count()
    };
    for round in 1..=4 {
        assert_eq!(damage(), 1, "round {round}");
        run(&store, move |connection| store::enqueue(connection, &message(round, "whole"))).unwrap();
    }
    let in_a_row: Vec<usize> = (0..4).map(|_| damage()).collect();
    assert_eq!(in_a_row, [1, 1, 0, 0]);
    assert_eq!(run(&store, store::pending).unwrap().len(), 4);
    store.close();
}

#[test]
fn a_job_that_fails_or_panics_spoils_no_other() {
    let location = Location::Memory;
    let store = Store::on_thread(store::open(&location).unwrap(), location).unwrap();
    let half = run(&store, |connection| {
        store::enqueue(connection, &message(1, "half"))?;
        Err::<(), _>(StoreError::new(ErrorCode::UNKNOWN, "changed its mind"))
    });
    assert_eq!(half.unwrap_err().code, ErrorCode::UNKNOWN);
    let panicked = run(&store, |connection| -> Result<(), StoreError> {
        store::enqueue(connection, &message(2, "half"))?;
        panic!("on purpose")
    });
    assert_eq!(panicked.unwrap_err().code, ErrorCode::INTERNAL);
    run(&store, |connection| store::enqueue(connection, &message(3, "whole"))).unwrap();
    assert_eq!(run(&store, store::pending).unwrap().len(), 1);
    store.close();
    assert_eq!(run(&store, store::pending).unwrap_err().code, ErrorCode::CLIENT_CLOSED);
}

#[cfg(feature = "encryption")]
#[test]
fn what_is_salvaged_after_a_new_key_is_encrypted_with_it() {
    let key = |byte| Some(store::Key::new(&[byte; 32]).unwrap());
    let place = location("rekey").with_key(key(7));
    let path = place.path().unwrap().to_owned();
    let store = Store::on_thread(store::open(&place).unwrap(), place).unwrap();
    run(&store, |connection| store::enqueue(connection, &message(1, "kept"))).unwrap();
    let (answer, answered) = channel();
    store.rekey(key(9).unwrap(), move |result| answer.send(result).unwrap());
    answered.recv().unwrap().unwrap();
    let damage = |_: &Connection| Err::<(), _>(StoreError::new(ErrorCode::DATABASE_DAMAGED, "so it is said"));
    assert_eq!(run(&store, damage).unwrap_err().code, ErrorCode::DATABASE_DAMAGED);
    assert_eq!(run(&store, store::pending).unwrap().len(), 1, "nothing was lost");
    store.close();
    let reopen = |key| store::open_reader(&path, Option::as_ref(&key)).and_then(|kept| store::pending(&kept));
    assert!(reopen(key(7)).is_err());
    assert_eq!(reopen(key(9)).unwrap().len(), 1);
}
