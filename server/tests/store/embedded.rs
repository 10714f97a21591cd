//! What only the embedded store can do: restart, refuse a file, migrate one, run full.

use super::*;

#[tokio::test]
async fn a_restart_keeps_messages_heads_and_first_answers() {
    let folder = Folder::new("restart");
    let open = |ms| SqliteStore::open(Some(&folder.0), Clock::manual(ms), Arc::new(Sink::default())).unwrap();
    let numbered = Draft { client_id: Some(9), ..draft("a", to("b"), "x") };
    let store = open(5000);
    let Appended::Stored { uid, stamp } = store.append(numbered.clone()).await.unwrap() else { panic!() };
    drop(store);
    let store = open(10);
    assert_eq!(store.append(numbered).await.unwrap(), Appended::Duplicate { uid, stamp });
    let next = store.append(draft("c", to("b"), "y")).await.unwrap();
    assert!(matches!(next, Appended::Stored { stamp: 5001, .. }), "heads outlive the process: {next:?}");
}

#[tokio::test]
async fn a_newer_or_damaged_file_is_refused_and_left_alone() {
    let folder = Folder::new("refused");
    let open = || SqliteStore::open(Some(&folder.0), Clock::system(), Arc::new(Sink::default()));
    drop(open().unwrap());
    let file = folder.0.join("anser-server.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.execute_batch("PRAGMA user_version = 99").unwrap();
    drop(connection);
    assert!(matches!(open(), Err(StoreError::Unusable(_))));
    std::fs::write(&file, "this is not a database, and long enough to be looked at").unwrap();
    assert!(matches!(open(), Err(StoreError::Unusable(_))));
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("this is not"));
}

#[tokio::test]
async fn a_full_disk_refuses_and_loses_nothing_acknowledged() {
    let folder = Folder::new("full");
    let bus = Arc::new(LocalBus::new());
    let store = Arc::new(SqliteStore::open(Some(&folder.0), Clock::system(), bus.clone()).unwrap());
    let parts = Parts { store: store.clone(), bus };
    let server = Server::start_with(Config::default(), parts).await.unwrap();
    let token = |user: &'static str| server.token(user);
    let (alices, bobs) = (token("alice").await.unwrap(), token("bob").await.unwrap());
    let open = |token: String| {
        let server = &server;
        async move { Client::open(server, server.app_key(), &token, "&apiVer=1").await.map_err(drop).unwrap() }
    };
    let mut alice = open(alices).await;
    store.set_page_limit(Some(100)).await.unwrap();
    let large =
        common::message("RC:TxtMsg", 3, &serde_json::json!({ "content": "x".repeat(20_000) }).to_string());
    let mut acknowledged = Vec::new();
    let refused = loop {
        let ack = alice.publish("ppMsgP", "bob", &large).await;
        if ack.status != 0 {
            break ack;
        }
        acknowledged.push(ack.uid.to_string());
        assert!(acknowledged.len() < 100, "the limit works");
    };
    assert_eq!((refused.status, &*refused.uid), (30003, ""));
    assert!(!acknowledged.is_empty());
    // The process lives, and when space returns so does the service.
    alice.ping().await;
    store.set_page_limit(None).await.unwrap();
    let after = alice.publish("ppMsgP", "bob", &text("again")).await;
    assert_eq!(after.status, 0);
    acknowledged.push(after.uid.to_string());
    let mut bob = open(bobs).await;
    bob.pull_all().await;
    let got: Vec<String> = bob.got.iter().map(|m| m.message_uid.clone().unwrap()).collect();
    assert_eq!(got, acknowledged);
    server.shutdown().await;
}

#[tokio::test]
async fn a_file_of_the_first_version_is_brought_up_to_date_with_what_it_holds() {
    let folder = Folder::new("migrated");
    std::fs::create_dir_all(&folder.0).unwrap();
    let connection = rusqlite::Connection::open(folder.0.join("anser-server.db")).unwrap();
    connection.execute_batch(include_str!("first-version.sql")).unwrap();
    drop(connection);
    let store = SqliteStore::open(Some(&folder.0), Clock::manual(2000), Arc::new(Sink::default())).unwrap();
    let list = store.conversations("b", 0, 0).await.unwrap();
    assert_eq!((words(&list[0].last), list[0].read_to, list[0].peer_delivered_to), ("old".into(), 7, 0));
    let request = PullRequest {
        user: "b".into(),
        inbox_after: 0,
        outbox_after: 0,
        limit: 10,
        window: Window { now: 2000, days: 7 },
    };
    assert_eq!(words(&store.pull(request).await.unwrap().rows[0].message), "old");
    let recalled = store.append(recall("a", to("b"), &"OLD".into(), 0)).await.unwrap();
    assert!(matches!(recalled, Appended::Stored { .. }));
}
