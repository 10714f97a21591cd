//! What only the inside shows: shared transactions, an item that fails, full syncs.

use super::*;
use crate::store::{Appended, Draft, Effect, Store as _, Target};
use bytes::Bytes;
use std::sync::mpsc::channel;

struct Collect(Mutex<Vec<i64>>);

impl CommitSink for Collect {
    fn committed(&self, committed: Committed) {
        self.0.lock().unwrap().push(committed.message.stamp);
    }
}

fn draft(group: Option<&str>) -> Draft {
    Draft {
        sender: "a".into(),
        origin: "s".into(),
        target: match group {
            Some(group) => Target::Group(group.into()),
            None => Target::User("b".into()),
        },
        only: vec![],
        object_name: "RC:TxtMsg".into(),
        content: Bytes::from_static(b"{}"),
        flags: 3,
        kept: true,
        client_id: None,
        read_to: None,
        answers: false,
        expansion: None,
        echo: true,
        effect: Effect::Nothing,
    }
}

#[tokio::test]
async fn what_waits_shares_one_transaction_and_keeps_its_order() {
    let sink = Arc::new(Collect(Mutex::default()));
    let store = SqliteStore::open(None, Clock::manual(1000), sink.clone()).unwrap();
    let (entered, wait_entered) = channel();
    let (release, released) = channel::<()>();
    let held = store.on_writer(move |_| {
        entered.send(()).unwrap();
        released.recv().unwrap();
        Ok(())
    });
    wait_entered.recv().unwrap();
    let appends: Vec<_> = (0..64).map(|_| store.append(draft(None))).collect();
    let refused = store.append(draft(Some("no such group")));
    let before = store.transactions();
    release.send(()).unwrap();
    held.await.unwrap();
    let mut stamps = Vec::new();
    for append in appends {
        let Appended::Stored { stamp, .. } = append.await.unwrap() else { panic!("stored") };
        stamps.push(stamp);
    }
    assert_eq!(refused.await.unwrap(), Appended::NotInGroup);
    assert_eq!(store.transactions(), before + 1);
    assert_eq!(stamps, (1000..1064).collect::<Vec<_>>());
    // The sink is told after the answer, so it may still be at work; the next answer comes after it.
    store.on_writer(|_| Ok(())).await.unwrap();
    assert_eq!(*sink.0.lock().unwrap(), stamps);
}

#[tokio::test]
async fn one_failing_item_does_not_spoil_the_others() {
    let sink = Arc::new(Collect(Mutex::default()));
    let store = SqliteStore::open(None, Clock::manual(1000), sink).unwrap();
    let (entered, wait_entered) = channel();
    let (release, released) = channel::<()>();
    let held = store.on_writer(move |_| {
        entered.send(()).unwrap();
        released.recv().unwrap();
        Ok(())
    });
    wait_entered.recv().unwrap();
    let first = store.append(draft(None));
    let broken = store.set(|context| {
        context.connection.execute("INSERT INTO meta (key, value) VALUES ('half', 'done')", [])?;
        context.connection.execute("INSERT INTO no_such_table VALUES (1)", []).map(drop)
    });
    let second = store.append(draft(None));
    release.send(()).unwrap();
    held.await.unwrap();
    assert!(matches!(first.await.unwrap(), Appended::Stored { stamp: 1000, .. }));
    assert!(matches!(broken.await, Err(StoreError::Unavailable(_))));
    assert!(matches!(second.await.unwrap(), Appended::Stored { stamp: 1001, .. }));
    assert_eq!(store.meta("half").await.unwrap(), None, "its first half is gone as well");
}

#[test]
fn a_file_is_synced_fully_at_every_commit() {
    let folder = std::env::temp_dir().join(format!("anser-server-sync-{}", std::process::id()));
    let sink = Arc::new(Collect(Mutex::default()));
    let store = SqliteStore::open(Some(&folder), Clock::system(), sink).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let settings = runtime.block_on(store.on_writer(|connection| {
        let number = |pragma: &str| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
        let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
        Ok((mode, number("PRAGMA synchronous")?))
    }));
    assert_eq!(settings.unwrap(), ("wal".to_owned(), 2));
    drop(store);
    std::fs::remove_dir_all(folder).unwrap();
}
