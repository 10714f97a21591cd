//! Being away, coming back, and having to go: what the official web SDK and its user's other devices see when
//! connections end. Part of the tests of `websdk.rs`.

use anser::client::Platform;
use anser::model::{ConnectionStatus, ConversationKey, MessageDirection};
use anser_server::Config;
use anser_testkit::World;
use serde_json::json;

use crate::page::{PRIVATE, Page};
use crate::{EMOJI, install};

/// Numbers of the SDK's connection statuses.
mod status {
    pub(super) const CONNECTED: i64 = 0;
    pub(super) const KICKED: i64 = 6;
    pub(super) const BLOCKED: i64 = 9;
    pub(super) const DISCONNECTED_BY_SERVER: i64 = 13;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_meanwhile_reaches_the_sdk_once() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    world.group("g1", &["alice", "bob"]).await;
    let mut web = Page::join(sdk, &world, "alice").await;
    let bob = world.join("bob").await;
    let (private, group) = (ConversationKey::private("alice"), ConversationKey::group("g1"));
    bob.say(&private, "before").await;
    web.wait_messages(1);
    web.call("disconnect", json!({}));
    // More than two pages of a pull.
    let mut meanwhile = Vec::new();
    for number in 0..250 {
        meanwhile.push(format!("{number} {EMOJI}"));
        let to = if number % 5 == 0 { &group } else { &private };
        // One after the other, so that the order across the two conversations is known.
        bob.say(to, meanwhile.last().unwrap()).await;
    }

    web.login(&world, "alice").await;
    let heard = web.wait_messages(251);
    assert_eq!(heard.texts()[1..], meanwhile);
    assert!(heard.messages[1..].iter().all(|message| message["offLineMessage"] == json!(true)));
    bob.say(&private, "after").await;
    assert_eq!(web.wait_messages(252).texts().last().unwrap(), "after");
    assert_eq!(web.call("unread", json!({ "type": PRIVATE, "target": "bob" })), 202);

    // The next page of the same browser gets what is new, a new browser everything, each once.
    let storage = web.call("storage", json!({}));
    drop(web);
    bob.say(&private, "one more").await;
    let mut again = Page::open_with(sdk, &world, storage);
    again.login(&world, "alice").await;
    again.wait_messages(1);
    bob.say(&private, "last").await;
    assert_eq!(again.wait_messages(2).texts(), ["one more", "last"]);
    drop(again);
    let fresh = Page::join(sdk, &world, "alice").await;
    let mut everything = vec!["before".to_owned()];
    everything.extend(meanwhile);
    everything.extend(["after", "one more", "last"].map(str::to_owned));
    assert_eq!(fresh.wait_messages(254).texts(), everything);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_web_login_kicks_the_first_and_leaves_the_desktop_alone() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let desktop = world.person("alice", world.options().platform(Platform::Desktop)).await;
    desktop.connect().await;
    let bob = world.join("bob").await;
    let first = Page::join(sdk, &world, "alice").await;
    let mut second = Page::join(sdk, &world, "alice").await;
    first.wait_status(status::KICKED);
    assert_eq!(desktop.client.status(), ConnectionStatus::Connected);

    // What one device sends, the other shows as its own.
    let sent = second.say(PRIVATE, "bob", "from the web");
    let got = desktop.heard.wait_messages(1).messages.remove(0);
    assert_eq!((got.uid.as_deref(), got.direction), (sent["messageUId"].as_str(), MessageDirection::Send));
    assert_eq!(got.conversation, ConversationKey::private("bob"));
    let sent = desktop.say(&ConversationKey::private("bob"), "from the desktop").await;
    let got = second.wait_messages(1).messages.remove(0);
    assert_eq!(got["messageUId"].as_str(), sent.uid.as_deref());
    assert_eq!((&got["messageDirection"], &got["targetId"]), (&json!(1), &json!("bob")));
    assert_eq!(got["senderUserId"], "alice");
    assert_eq!(bob.heard.wait_messages(2).texts(), ["from the web", "from the desktop"]);
    bob.say(&ConversationKey::private("alice"), "to both").await;
    desktop.heard.wait_messages(2);
    assert_eq!(second.wait_messages(2).texts()[1], "to both");

    // The one that was kicked stays away, with nothing of what came after.
    assert!(first.heard().messages.is_empty());
    assert_eq!(first.heard().statuses.iter().filter(|status| **status == status::CONNECTED).count(), 1);
    assert!(!second.heard().statuses.contains(&status::KICKED));
    assert!(desktop.heard.heard().statuses.iter().all(|(_, code)| *code != 31010));
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_goodbyes_reach_the_sdk() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let mut web = Page::open(sdk, &world);
    // Navigation knows no such token, and this SDK cannot say so in a finer way.
    assert_eq!(web.ask("connect", json!({ "token": "nonsense" })), Err(json!(30007)));
    let expired = world.server.token_until("alice", 1).await.unwrap();
    assert_eq!(web.ask("connect", json!({ "token": expired })), Err(json!(30002)));
    world.server.set_blocked("alice", true).await.unwrap();
    let token = world.server.token("alice").await.unwrap();
    assert_eq!(web.ask("connect", json!({ "token": token })), Err(json!(30002)));
    world.server.set_blocked("alice", false).await.unwrap();
    web.login(&world, "alice").await;
    world.server.set_blocked("alice", true).await.unwrap();
    web.wait_status(status::BLOCKED);

    let other = Page::join(sdk, &world, "bob").await;
    world.server.shutdown().await;
    other.wait_status(status::DISCONNECTED_BY_SERVER);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_finds_a_server_that_came_back() {
    let Some(sdk) = install::sdk() else { return };
    let data = Some(anser_testkit::new_folder("websdk"));
    let world = World::with(Config { data: data.clone(), ..Config::default() }).await;
    let (web, bob) = (Page::join(sdk, &world, "alice").await, world.join("bob").await);
    let to_alice = ConversationKey::private("alice");
    bob.say(&to_alice, "before").await;
    web.wait_messages(1);
    let bind = world.server.addresses[0];
    world.server.kill();
    drop(world);
    bob.messages().send_text(to_alice.clone(), "while it was away".into()).await.unwrap();
    let _again = World::with(Config { bind, data, ..Config::default() }).await;
    web.wait("being connected again", |heard| {
        heard.statuses.iter().filter(|status| **status == status::CONNECTED).count() == 2
    });
    bob.heard.wait("both sent", |heard| heard.sent.len() == 2);
    bob.say(&to_alice, "after").await;
    assert_eq!(web.wait_messages(3).texts(), ["before", "while it was away", "after"]);
}
