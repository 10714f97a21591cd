//! One account on the official web SDK and on Anser at the same time: both show the same list, recalls,
//! receipts, typing, mute and top, and what is read on one is read on the other. Part of the tests of
//! `websdk.rs`.

use anser::client::RecallOptions;
use anser::model::{ConversationKey, MessageChangeKind, MuteLevel, ReceiptKind, SentStatus};
use anser_testkit::{Person, World};
use serde_json::{Value, json};

use crate::install;
use crate::page::{GROUP, PRIVATE, Page};

/// One account twice, and a peer.
async fn both(sdk: &std::path::Path, world: &World) -> (Page, Person, Person) {
    world.group("g1", &["alice", "bob"]).await;
    let web = Page::join(sdk, world, "alice").await;
    let desk = world.join("alice").await;
    let bob = world.join("bob").await;
    desk.heard.wait("the inbox", |heard| heard.synced > 0);
    (web, desk, bob)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_show_the_same_list() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let (mut web, desk, bob) = both(sdk, &world).await;
    bob.say(&ConversationKey::private("alice"), "one").await;
    bob.say(&ConversationKey::group("g1"), "two").await;
    web.say(PRIVATE, "carol", "three");
    desk.say(&ConversationKey::private("dave"), "four").await;
    desk.heard.wait_messages(3);
    web.wait_messages(3);

    let of_web = web.call("conversations", json!({ "count": 100 }));
    let row = |row: &Value| {
        let latest = row["latestMessage"]["messageUId"].as_str().map(str::to_owned);
        (row["conversationType"].as_i64(), row["targetId"].as_str().map(str::to_owned), latest)
    };
    let of_web: Vec<_> = of_web.as_array().unwrap().iter().map(row).collect();
    let of_desk = desk.client.conversations().list(Vec::new(), None, 100).await.unwrap();
    let of_desk: Vec<_> = of_desk
        .into_iter()
        .map(|row| {
            let kind = i64::from(row.key.conversation_type.number());
            (Some(kind), Some(row.key.target_id), row.latest_message.and_then(|message| message.uid))
        })
        .collect();
    assert_eq!(of_web, of_desk);
    assert_eq!(of_desk.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_on_one_shows_on_the_other() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let (mut web, desk, bob) = both(sdk, &world).await;
    let sent = web.say(PRIVATE, "bob", "from the web");
    let got = bob.heard.wait_messages(1).messages.remove(0);
    desk.heard.wait_messages(1);
    web.call("recall", json!({ "message": sent }));
    for person in [&bob, &desk] {
        let change = person.heard.wait_change(MessageChangeKind::Recalled);
        assert_eq!(change.message.unwrap().uid, got.uid);
    }

    let sent = desk.say(&ConversationKey::private("bob"), "from the desktop").await;
    web.wait_messages(1);
    desk.messages().recall(sent.id, RecallOptions::default()).await.unwrap();
    let heard = web.wait("the recall", |heard| {
        heard.messages.iter().any(|message| message["messageType"] == "RecallCommandMessage")
    });
    let recall =
        heard.messages.iter().find(|message| message["messageType"] == "RecallCommandMessage").unwrap();
    assert_eq!(recall["content"]["messageUId"].as_str(), sent.uid.as_deref());
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_and_typing_reach_both() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let (mut web, desk, bob) = both(sdk, &world).await;
    let (to_bob, to_alice) = (ConversationKey::private("bob"), ConversationKey::private("alice"));
    let sent = web.say(PRIVATE, "bob", "read this");
    bob.heard.wait_messages(1);
    let on_desk = desk.heard.wait_messages(1).messages.remove(0);
    bob.client.receipts().send_read(to_alice, 0).await.unwrap();
    let read = desk.heard.wait_receipt(ReceiptKind::Read);
    assert_eq!((read.conversation, Some(read.time)), (to_bob, sent["sentTime"].as_i64()));
    assert_eq!(desk.messages().get(on_desk.id).await.unwrap().sent_status, SentStatus::Read);
    let heard = web.wait("the receipt", |heard| {
        heard.messages.iter().any(|message| message["messageType"] == "ReadReceiptMessage")
    });
    let receipt =
        heard.messages.iter().find(|message| message["messageType"] == "ReadReceiptMessage").unwrap();
    assert_eq!(receipt["content"]["lastMessageSendTime"], sent["sentTime"]);

    bob.client.receipts().send_typing(ConversationKey::private("alice"), "RC:TxtMsg".into()).await.unwrap();
    desk.heard.wait("typing", |heard| heard.typing.iter().any(|(_, users)| !users.is_empty()));
    web.wait("typing", |heard| !heard.typing.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_on_one_is_read_on_the_other() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let (mut web, desk, bob) = both(sdk, &world).await;
    let (to_alice, to_bob) = (ConversationKey::private("alice"), ConversationKey::private("bob"));
    let first = bob.say(&to_alice, "one").await;
    desk.heard.wait_messages(1);
    web.wait_messages(1);
    // The app of the web SDK tells the other devices with this message.
    let mark = json!({ "lastMessageSendTime": first.sent_time });
    web.call(
        "send",
        json!({ "type": PRIVATE, "target": "bob", "message": "SyncReadStatusMessage", "content": mark }),
    );
    desk.row(&to_bob, "the mark", |row| row.unread_count == 0).await;

    let second = bob.say(&to_alice, "two").await;
    desk.heard.wait_messages(2);
    desk.client.conversations().clear_unread(to_bob).await.unwrap();
    let heard = web.wait("the mark", |heard| {
        heard.messages.iter().any(|message| message["messageType"] == "SyncReadStatusMessage")
    });
    let mark =
        heard.messages.iter().find(|message| message["messageType"] == "SyncReadStatusMessage").unwrap();
    assert_eq!(mark["content"]["lastMessageSendTime"], second.sent_time);
    assert_eq!(mark["targetId"], "bob");
}

#[tokio::test(flavor = "multi_thread")]
async fn mute_and_top_are_the_same_on_both() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let (mut web, desk, bob) = both(sdk, &world).await;
    bob.say(&ConversationKey::group("g1"), "hello").await;
    desk.heard.wait_messages(1);
    web.wait_messages(1);
    let group = ConversationKey::group("g1");
    let list = desk.client.conversations();
    list.set_top(vec![group.clone()], true).await.unwrap();
    list.set_mute(vec![group.clone()], MuteLevel::All).await.unwrap();
    web.wait("both states", |heard| {
        heard.states.iter().flat_map(|states| states.as_array().unwrap()).any(|state| {
            state["targetId"] == "g1" && state["isTop"] == true && state["notificationStatus"] == 1
        })
    });
    let state = json!({ "notificationStatus": 2, "isTop": false });
    web.call("set_state", json!({ "type": GROUP, "target": "g1", "state": state }));
    desk.row(&group, "both states", |row| !row.top && row.mute == MuteLevel::None).await;
}
