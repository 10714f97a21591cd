//! The line by what the host knows: tokens that are asked for, planned attempts, foreground and network,
//! against a real server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::{Arc, Mutex, Weak};

use anser::client::{Client, ClientOptions, TokenListener};
use anser::model::{ConnectionStatus, ConversationKey, NetworkKind};
use anser_testkit::World;

/// Answers each question with the next of its tokens.
struct Host {
    client: Weak<Client>,
    tokens: Mutex<Vec<Option<String>>>,
    asked: Mutex<Vec<i32>>,
}

impl Host {
    fn of(client: &Arc<Client>, tokens: Vec<Option<String>>) -> Arc<Self> {
        Arc::new(Self { client: Arc::downgrade(client), tokens: Mutex::new(tokens), asked: Mutex::default() })
    }
}

impl TokenListener for Host {
    fn on_token_needed(&self, code: i32) {
        self.asked.lock().unwrap().push(code);
        let mut tokens = self.tokens.lock().unwrap();
        let token = if tokens.is_empty() { None } else { tokens.remove(0) };
        self.client.upgrade().unwrap().renew_token(token);
    }
}

async fn failure(client: &Client, token: &str) -> i32 {
    client.connect(token.to_owned()).await.unwrap_err().code().0
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_is_renewed_by_the_host() {
    let world = World::new().await;
    let expired = world.server.token_until("alice", 1).await.unwrap();
    let alice = world.person("alice", world.options()).await;
    // Nobody listens.
    assert_eq!(failure(&alice.client, &expired).await, 31020);
    assert_eq!(alice.client.status(), ConnectionStatus::Disconnected);

    let tokens = vec![None, Some(expired.clone()), Some(alice.token.clone())];
    let host = Host::of(&alice.client, tokens);
    let subscription = alice.client.add_token_listener(host.clone());
    assert_eq!(failure(&alice.client, &expired).await, 31020, "the host has none");
    assert_eq!(failure(&alice.client, &expired).await, 31020, "the new one has expired too");
    assert_eq!(alice.client.connect(expired.clone()).await.unwrap(), "alice");
    assert_eq!(*host.asked.lock().unwrap(), [31020, 31020, 31020]);
    // What was renewed is what is used from then on.
    alice.client.disconnect().await.unwrap();
    assert_eq!(alice.client.reconnect().await.unwrap(), "alice");
    subscription.cancel_and_wait();
    assert_eq!(failure(&alice.client, "no such token").await, 31004);
    assert_eq!(host.asked.lock().unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_given_unasked_is_used_from_the_next_attempt_on() {
    let world = World::new().await;
    let alice = world.person("alice", world.options()).await;
    assert_eq!(failure(&alice.client, "no such token").await, 31004);
    alice.client.renew_token(Some(alice.token.clone()));
    assert_eq!(alice.client.reconnect().await.unwrap(), "alice");
    // After a logout it belongs to nobody.
    alice.client.logout().await.unwrap();
    alice.client.renew_token(Some(alice.token.clone()));
    assert_eq!(alice.client.reconnect().await.unwrap_err().code().0, 33001);
}

#[tokio::test(flavor = "multi_thread")]
async fn planned_attempts_end_once() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    alice.client.disconnect().await.unwrap();
    assert_eq!(alice.client.reconnect_after(vec![1, 10]).await.unwrap(), "alice");
    for wrong in [vec![1; 101], vec![86_400_001]] {
        assert_eq!(alice.client.reconnect_after(wrong).await.unwrap_err().code().0, 33003);
    }
    // Nobody answers there.
    let away = ClientOptions { navigation: "http://127.0.0.1:1".into(), ..world.options() };
    let bob = world.person("bob", away).await;
    assert_ne!(failure(&bob.client, &bob.token).await, 0);
    assert_eq!(bob.client.reconnect_after(vec![1, 1, 1]).await.unwrap_err().code().0, 30002);
    assert_ne!(bob.client.status(), ConnectionStatus::Connected);
    bob.client.disconnect().await.unwrap();
    assert_eq!(bob.client.status(), ConnectionStatus::Disconnected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_probe_decides_whether_an_attempt_is_made() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    let ping = format!("{}/ping", world.server.navi_url());
    let missing = format!("{}/there/is/nothing?x=1", world.server.navi_url());
    for there in [&ping, &missing] {
        alice.client.disconnect().await.unwrap();
        assert_eq!(alice.client.reconnect_probing(there.clone(), vec![1, 10]).await.unwrap(), "alice");
    }
    alice.client.disconnect().await.unwrap();
    // Alice asks navigation only with the attempt: from here on the status would tell.
    let bob = world.person("bob", world.options()).await;
    assert_ne!(failure(&bob.client, "no such token").await, 0);
    let asked = || bob.heard.heard().statuses.iter().filter(|(status, _)| status.number() == 201).count();
    let before = asked();
    bob.client.renew_token(Some(bob.token.clone()));
    let nobody = "http://127.0.0.1:1/".to_owned();
    assert_eq!(bob.client.reconnect_probing(nobody, vec![1, 1]).await.unwrap_err().code().0, 30002);
    assert_eq!(asked(), before, "nothing answered, so nothing was tried");
    // From now on the client tries by itself, and without.
    bob.heard.wait_status(ConnectionStatus::Connected);
    for wrong in ["ftp://127.0.0.1/", "two words", ""] {
        let error = bob.client.reconnect_probing(wrong.to_owned(), vec![1]).await.unwrap_err();
        assert_eq!(error.code().0, 33003, "{wrong}");
    }
    let long = bob.client.reconnect_probing(ping, vec![86_400_001]).await.unwrap_err();
    assert_eq!(long.code().0, 33003);
}

#[tokio::test(flavor = "multi_thread")]
async fn foreground_and_network_disturb_no_living_line() {
    let world = World::new().await;
    let options = world.options().heartbeat_seconds(5);
    let alice = world.person("alice", options).await;
    alice.connect().await;
    let bob = world.join("bob").await;
    for kind in [NetworkKind::Wifi, NetworkKind::Unavailable, NetworkKind::Cellular] {
        alice.client.set_foreground(false);
        alice.client.network_changed(kind);
        alice.client.set_foreground(true);
    }
    bob.say(&ConversationKey::private("alice"), "still there?").await;
    alice.heard.wait_messages(1);
    assert_eq!(alice.client.status(), ConnectionStatus::Connected);
    assert!(Client::new(world.options().heartbeat_seconds(81)).is_err());
}
