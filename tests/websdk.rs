//! The official web SDK, unmodified, as a peer: it logs in to the real server and chats with Anser's client.
//! Owns what must hold between the two; `websdk/` installs the SDK and drives it. Skipped, with a line that
//! says so, where Node is missing; with `CI=true` that is a failure.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "websdk/beside.rs"]
mod beside;
#[path = "websdk/devices.rs"]
mod devices;
#[path = "websdk/install.rs"]
mod install;
#[path = "websdk/page.rs"]
mod page;
#[path = "websdk/polling.rs"]
mod polling;
#[path = "websdk/together.rs"]
mod together;

use anser::client::SendOptions;
use anser::model::content::{Content, ImageMessage};
use anser::model::{ConversationKey, ConversationType, MessageDirection};
use anser_testkit::{World, text_of};
use page::{GROUP, PRIVATE, Page, text};
use serde_json::{Value, json};

/// Text that breaks what handles Unicode carelessly: astral emoji, joined ones, a flag, an escape lookalike.
pub(crate) const EMOJI: &str = "你好 😀👩‍👩‍👧‍👦🇨🇳 \"\\u0041\\\" \u{0}\n\u{2028}é";

#[tokio::test(flavor = "multi_thread")]
async fn text_with_emoji_goes_both_ways() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let (mut web, bob) = (Page::join(sdk, &world, "alice").await, world.join("bob").await);

    let sent = web.say(PRIVATE, "bob", EMOJI);
    let got = bob.heard.wait_messages(1).messages.remove(0);
    assert_eq!(text_of(&got), EMOJI);
    assert_eq!(got.uid.as_deref(), sent["messageUId"].as_str());
    assert_eq!(got.sent_time, sent["sentTime"].as_i64().unwrap());
    assert_eq!((got.sender_user_id.as_str(), got.direction), ("alice", MessageDirection::Receive));
    assert_eq!(got.conversation, ConversationKey::private("alice"));

    let answer = bob.say(&ConversationKey::private("alice"), EMOJI).await;
    let got = web.wait_messages(1).messages.remove(0);
    assert_eq!(text(&got), EMOJI);
    assert_eq!(got["messageUId"].as_str(), answer.uid.as_deref());
    assert_eq!(got["sentTime"], answer.sent_time);
    assert_eq!((&got["senderUserId"], &got["targetId"]), (&json!("bob"), &json!("bob")));
    assert_eq!((&got["messageDirection"], &got["offLineMessage"]), (&json!(2), &json!(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_of_both_libraries_understand_each_other() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let (mut web, bob) = (Page::join(sdk, &world, "alice").await, world.join("bob").await);
    let kinds = [
        ("ImageMessage", json!({ "content": "aGk=", "imageUri": "https://i/1.png" })),
        ("VoiceMessage", json!({ "content": "aGk=", "duration": 3 })),
        ("HQVoiceMessage", json!({ "remoteUrl": "https://v/1.aac", "duration": 3, "type": "aac" })),
        ("FileMessage", json!({ "name": "a.txt", "size": 3, "type": "txt", "fileUrl": "https://f/a.txt" })),
        ("LocationMessage", json!({ "latitude": 39.9, "longitude": 116.4, "poi": "北京", "content": "" })),
        ("GIFMessage", json!({ "gifDataSize": 9, "width": 1, "height": 2, "remoteUrl": "https://g/1.gif" })),
        (
            "SightMessage",
            json!({ "sightUrl": "https://s/1.mp4", "content": "aGk=", "duration": 5, "size": 9 }),
        ),
        ("RichContentMessage", json!({ "title": "t", "content": "c", "imageUri": "", "url": "https://r" })),
    ];
    for (message, content) in &kinds {
        web.call("send", json!({ "type": PRIVATE, "target": "bob", "message": message, "content": content }));
    }
    for (got, (kind, content)) in bob.heard.wait_messages(kinds.len()).messages.iter().zip(&kinds) {
        let read = Content::read(&got.object_name, &got.content);
        assert!(!matches!(read, Content::Other { .. }), "{kind}: {} {}", got.object_name, got.content);
        let arrived: Value = serde_json::from_str(&got.content).unwrap();
        for (key, value) in content.as_object().unwrap() {
            assert_eq!(&arrived[key], value, "{kind}");
        }
    }

    let to = ConversationKey::private("alice");
    let image = Content::from(ImageMessage {
        content: "aGk=".into(),
        image_uri: Some("https://i/2.png".into()),
        ..ImageMessage::default()
    });
    bob.messages().send_content(to.clone(), &image, SendOptions::default()).await.unwrap();
    let got = web.wait_messages(1).messages.remove(0);
    assert_eq!(got["messageType"], "ImageMessage");
    assert_eq!(got["content"]["imageUri"], "https://i/2.png");
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_of_an_app_travel_both_ways() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let (mut web, bob) = (Page::join(sdk, &world, "alice").await, world.join("bob").await);
    let order = r#"{"number":7,"note":"你好 😀"}"#;
    let (messages, to) = (bob.messages(), ConversationKey::private("alice"));
    let say = || messages.send(to.clone(), "App:Order".into(), order.into(), SendOptions::default());
    say().await.unwrap();
    // The SDK wraps kinds that its app has not registered.
    let got = web.wait_messages(1).messages.remove(0);
    assert_eq!((&got["messageType"], &got["objectName"]), (&json!("UnknownMessage"), &json!("App:Order")));
    assert_eq!(got["content"]["message"]["content"]["note"], "你好 😀");

    web.call(
        "register",
        json!({ "message": "Order", "objectName": "App:Order", "fields": ["number", "note"] }),
    );
    say().await.unwrap();
    let got = web.wait_messages(2).messages.remove(1);
    assert_eq!((&got["messageType"], &got["content"]["number"]), (&json!("Order"), &json!(7)));

    let content: Value = serde_json::from_str(order).unwrap();
    web.call("send", json!({ "type": PRIVATE, "target": "bob", "message": "Order", "content": content }));
    let got = bob.heard.wait_messages(1).messages.remove(0);
    assert_eq!(got.object_name, "App:Order");
    assert_eq!(serde_json::from_str::<Value>(&got.content).unwrap(), content);
    assert_eq!(bob.client.conversations().total_unread_count().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_hears_both_libraries() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    world.group("g1", &["alice", "bob", "carol"]).await;
    let (mut web, bob) = (Page::join(sdk, &world, "alice").await, world.join("bob").await);
    let mut carol = Page::join(sdk, &world, "carol").await;
    let group = ConversationKey::group("g1");

    let first = web.say(GROUP, "g1", EMOJI);
    let got = carol.wait_messages(1).messages.remove(0);
    assert_eq!((text(&got).as_str(), &got["messageUId"]), (EMOJI, &first["messageUId"]));
    assert_eq!((&got["targetId"], &got["senderUserId"]), (&json!("g1"), &json!("alice")));
    assert_eq!(got["conversationType"], GROUP);
    let got = bob.heard.wait_messages(1).messages.remove(0);
    assert_eq!((text_of(&got).as_str(), &got.conversation), (EMOJI, &group));
    assert_eq!(got.sender_user_id, "alice");

    bob.say(&group, "from bob").await;
    let got = web.wait_messages(1).messages.remove(0);
    assert_eq!((text(&got).as_str(), &got["targetId"]), ("from bob", &json!("g1")));
    assert_eq!(got["senderUserId"], "bob");
    assert_eq!(carol.wait_messages(2).texts(), [EMOJI, "from bob"]);

    // Who is no member is told so by the protocol's code.
    let mut eve = Page::join(sdk, &world, "eve").await;
    let args = json!({
        "type": GROUP, "target": "g1", "message": "TextMessage", "content": { "content": "let me in" },
    });
    assert_eq!(eve.ask("send", args), Err(json!(22406)));
    carol.say(GROUP, "g1", "last");
    assert_eq!(web.wait_messages(2).texts(), ["from bob", "last"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn crossed_bursts_arrive_once_and_in_order() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let (mut web, bob) = (Page::join(sdk, &world, "alice").await, world.join("bob").await);
    let mut tab = Page::join(sdk, &world, "dave").await;
    let (to_alice, to_dave) = (ConversationKey::private("alice"), ConversationKey::private("dave"));
    for number in 0..60 {
        for to in [&to_alice, &to_dave] {
            bob.messages().send_text(to.clone(), format!("down {number}")).await.unwrap();
        }
        // Each waits for its acknowledgement while bob's stream goes on.
        web.say(PRIVATE, "bob", &format!("up {number}"));
        tab.say(PRIVATE, "bob", &format!("up {number}"));
    }
    bob.heard.wait("everything sent", |heard| heard.sent.len() == 120);
    for to in [&to_alice, &to_dave] {
        bob.say(to, "last").await;
    }
    let mut down: Vec<String> = (0..60).map(|number| format!("down {number}")).collect();
    down.push("last".into());
    for page in [&web, &tab] {
        let last = |heard: &page::Heard| heard.texts().last().is_some_and(|text| text == "last");
        assert_eq!(page.wait("the last one", last).texts(), down);
    }
    let up: Vec<String> = (0..60).map(|number| format!("up {number}")).collect();
    let heard = bob.heard.wait_messages(120);
    for sender in ["alice", "dave"] {
        let of = heard.messages.iter().filter(|message| message.sender_user_id == sender);
        assert_eq!(of.map(text_of).collect::<Vec<_>>(), up, "{sender}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_lists_conversations() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    world.group("g1", &["alice", "bob"]).await;
    let (mut web, bob) = (Page::join(sdk, &world, "alice").await, world.join("bob").await);
    let carol = world.join("carol").await;
    let to_alice = ConversationKey::private("alice");
    bob.say(&to_alice, "1").await;
    bob.say(&to_alice, EMOJI).await;
    carol.say(&to_alice, "from carol").await;
    web.wait_messages(3);
    web.say(GROUP, "g1", "mine");

    let rows = web.call("conversations", json!({ "count": 300 }));
    let shown = |row: &Value| {
        let latest = &row["latestMessage"];
        let unread = row["unreadMessageCount"].as_u64().unwrap();
        (row["targetId"].as_str().unwrap().to_owned(), text(latest), latest["senderUserId"].clone(), unread)
    };
    let list: Vec<_> = rows.as_array().unwrap().iter().map(shown).collect();
    let expected = |target: &str, text: &str, sender: &str, unread| {
        (target.to_owned(), text.to_owned(), json!(sender), unread)
    };
    assert_eq!(
        list,
        [
            expected("g1", "mine", "alice", 0),
            expected("carol", "from carol", "carol", 1),
            expected("bob", EMOJI, "bob", 2),
        ]
    );
    assert_eq!(rows[0]["conversationType"], GROUP);

    let key = json!({ "type": PRIVATE, "target": "bob" });
    web.call("clear_unread", key.clone());
    assert_eq!(web.call("unread", key.clone()), 0);
    // A line that was removed stays away until something new is said; a smaller list is the newest part.
    web.call("remove_conversation", key);
    let targets = |rows: &Value| {
        let rows = rows.as_array().unwrap().iter();
        rows.map(|row| row["targetId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(targets(&web.call("conversations", json!({ "count": 300 }))), ["g1", "carol"]);
    web.say(PRIVATE, "bob", "again");
    assert_eq!(targets(&web.call("conversations", json!({ "count": 2 }))), ["bob", "g1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdk_fetches_history_page_by_page() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    world.group("g1", &["alice", "bob"]).await;
    let (mut web, bob) = (Page::join(sdk, &world, "alice").await, world.join("bob").await);
    let places =
        [(PRIVATE, "bob", ConversationKey::private("alice")), (GROUP, "g1", ConversationKey::group("g1"))];
    for (kind, target, of_bob) in places {
        let mut said = Vec::new();
        for number in 0..25 {
            let line = format!("{number} {EMOJI}");
            let (sender, time) = if number % 2 == 0 {
                ("alice", web.say(kind, target, &line)["sentTime"].as_i64().unwrap())
            } else {
                ("bob", bob.say(&of_bob, &line).await.sent_time)
            };
            said.push((line, sender, time));
        }
        let mut ask = |time: i64, count: usize, order: i32| {
            let key = json!({
                "type": kind, "target": target, "time": time, "count": count, "order": order,
            });
            let page = web.call("history", key);
            let messages = page["list"].as_array().unwrap().clone();
            (messages, page["hasMore"] == json!(true))
        };
        let check = |messages: &[Value], said: &[(String, &str, i64)]| {
            assert_eq!(messages.len(), said.len());
            for (message, (line, sender, time)) in messages.iter().zip(said) {
                assert_eq!(&text(message), line);
                assert_eq!(message["senderUserId"], *sender);
                assert_eq!(message["sentTime"], *time);
                assert_eq!(message["targetId"], target);
                assert_eq!(message["messageDirection"], if *sender == "alice" { 1 } else { 2 });
            }
        };
        // Backwards from now ...
        let (newest, more) = ask(0, 20, 0);
        check(&newest, &said[5..]);
        assert!(more);
        let (oldest, more) = ask(said[5].2, 20, 0);
        check(&oldest, &said[..5]);
        assert!(!more);
        // ... and forwards from a message.
        let (after, more) = ask(said[4].2, 10, 1);
        check(&after, &said[5..15]);
        assert!(more);
        check(&ask(said[14].2, 20, 1).0, &said[15..]);
        check(&ask(0, 1, 0).0, &said[24..]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anser_lists_what_the_sdk_did() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let mut web = Page::join(sdk, &world, "bob").await;
    for line in ["1", "2", EMOJI] {
        web.say(PRIVATE, "alice", line);
    }
    // Nobody of that name was here before: offline messages, then live ones.
    let alice = world.join("alice").await;
    alice.heard.wait_messages(3);
    web.say(PRIVATE, "alice", "live");
    assert_eq!(alice.heard.wait_messages(4).texts(), ["1", "2", EMOJI, "live"]);
    let conversations = alice.client.conversations();
    let rows = conversations.list(vec![ConversationType::Private], None, 10).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(text_of(rows[0].latest_message.as_ref().unwrap()), "live");
    assert_eq!(conversations.unread_count(ConversationKey::private("bob")).await.unwrap(), 4);
}
