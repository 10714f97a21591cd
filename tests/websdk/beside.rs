//! What travels beside plain messages between the official web SDK and Anser: typing, mentions, directed
//! group messages, and deletions that concern one's own view only. Part of the tests of `websdk.rs`.

use anser::model::ConversationKey;
use anser_testkit::{World, text_of};
use serde_json::{Value, json};

use crate::install;
use crate::page::{GROUP, PRIVATE, Page, text};

#[tokio::test(flavor = "multi_thread")]
async fn typing_is_shown_and_never_stored() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let mut web = Page::join(sdk, &world, "alice").await;
    let mut bob = Page::join(sdk, &world, "bob").await;
    bob.say(PRIVATE, "alice", "hello");
    web.wait_messages(1);
    bob.call("typing", json!({ "type": PRIVATE, "target": "alice" }));
    let heard = web.wait("bob typing", |heard| !heard.typing.is_empty());
    assert_eq!(heard.typing[0][0]["list"][0]["userId"], "bob");
    bob.say(PRIVATE, "alice", "typed");
    assert_eq!(web.wait_messages(2).texts(), ["hello", "typed"]);
    let history = json!({ "type": PRIVATE, "target": "bob", "time": 0, "count": 20, "order": 0 });
    assert_eq!(web.call("history", history)["list"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn mentions_and_directed_messages_of_the_sdk_reach_whom_they_name() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    world.group("g1", &["alice", "bob", "carol"]).await;
    let mut web = Page::join(sdk, &world, "alice").await;
    let (bob, carol) = (world.join("bob").await, world.join("carol").await);
    let say = |content: Value, mentioned: bool, only: Value| {
        json!({
            "type": GROUP, "target": "g1", "message": "TextMessage", "content": content,
            "isMentioned": mentioned, "options": { "userIds": only },
        })
    };
    let named = json!({ "type": 2, "userIdList": ["bob"], "mentionedContent": "" });
    web.call("send", say(json!({ "content": "@bob", "mentionedInfo": named }), true, Value::Null));
    web.call("send", say(json!({ "content": "between us" }), false, json!(["bob"])));
    web.say(GROUP, "g1", "everyone");

    let heard = bob.heard.wait_messages(3);
    assert_eq!(heard.texts(), ["@bob", "between us", "everyone"]);
    assert_eq!(
        heard.messages.iter().map(|message| message.mentioned).collect::<Vec<_>>(),
        [true, false, false]
    );
    let heard = carol.heard.wait_messages(2);
    assert_eq!(heard.texts(), ["@bob", "everyone"]);
    assert!(heard.messages.iter().all(|message| !message.mentioned));
    // What was meant for some is in nobody's history.
    let history = json!({ "type": GROUP, "target": "g1", "time": 0, "count": 20, "order": 0 });
    let list = web.call("history", history)["list"].as_array().unwrap().clone();
    assert_eq!(list.iter().map(text).collect::<Vec<_>>(), ["@bob", "everyone"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_sdk_deletes_is_gone_for_its_user_only() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let mut web = Page::join(sdk, &world, "alice").await;
    let bob = world.join("bob").await;
    let mut peer = Page::join(sdk, &world, "carol").await;
    let sent: Vec<Value> = ["1", "2", "3", "4"].iter().map(|line| web.say(PRIVATE, "carol", line)).collect();
    let history = |page: &mut Page, other: &str| {
        let key = json!({ "type": PRIVATE, "target": other, "time": 0, "count": 20, "order": 0 });
        let list = page.call("history", key)["list"].as_array().unwrap().clone();
        list.iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(history(&mut web, "carol"), ["1", "2", "3", "4"]);
    web.call("delete", json!({ "type": PRIVATE, "target": "carol", "messages": [sent[2]] }));
    assert_eq!(history(&mut web, "carol"), ["1", "2", "4"]);
    let until = json!({ "conversationType": PRIVATE, "targetId": "carol", "timestamp": sent[0]["sentTime"] });
    web.call("clear_history", until);
    assert_eq!(history(&mut web, "carol"), ["2", "4"]);
    assert_eq!(history(&mut peer, "alice"), ["1", "2", "3", "4"]);

    // A conversation that was touched by none of this.
    web.say(PRIVATE, "bob", "hello");
    bob.say(&ConversationKey::private("alice"), "hello yourself").await;
    web.wait_messages(1);
    assert_eq!(history(&mut web, "bob"), ["hello", "hello yourself"]);
    assert_eq!(text_of(&bob.heard.wait_messages(1).messages[0]), "hello");
}
