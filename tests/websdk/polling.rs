//! The official web SDK over long polling, beside native clients over both channels. Part of `websdk.rs`.

use anser::model::{ConnectionChannel, ConversationKey};
use anser_testkit::World;
use serde_json::json;

use crate::EMOJI;
use crate::install;
use crate::page::{Heard, PRIVATE, Page, text};

#[tokio::test(flavor = "multi_thread")]
async fn a_polling_page_chats_with_both_channels() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let mut web = Page::join_polling(sdk, &world, "alice").await;
    let bob = world.join("bob").await;
    let carol = world.person("carol", world.options().channel(ConnectionChannel::XhrPolling)).await;
    carol.connect().await;
    let to_alice = ConversationKey::private("alice");
    for native in [&bob, &carol] {
        let sent = web.say(PRIVATE, &native.user, EMOJI);
        let got = native.heard.wait_messages(1).messages.remove(0);
        assert_eq!(got.uid.as_deref(), sent["messageUId"].as_str());
        assert_eq!(native.heard.heard().texts(), [EMOJI]);
    }
    let mut down = Vec::new();
    for number in 0..30 {
        for native in [&bob, &carol] {
            let line = format!("{number} from {} {EMOJI}", native.user);
            native.say(&to_alice, &line).await;
            down.push(line);
        }
        web.say(PRIVATE, "bob", &format!("up {number}"));
    }
    let heard = web.wait_messages(down.len());
    assert_eq!(heard.texts(), down, "each once, in order");
    assert!(heard.messages.iter().all(|message| text(message).contains("from")));
    let mut up = vec![EMOJI.to_owned()];
    up.extend((0..30).map(|number| format!("up {number}")));
    assert_eq!(bob.heard.wait_messages(up.len()).texts(), up);
    // The list and the history are read over polling as well.
    let rows = web.call("conversations", json!({ "count": 300 }));
    assert_eq!(rows.as_array().map(Vec::len), Some(2));
    let key = json!({ "type": PRIVATE, "target": "carol", "time": 0, "count": 20, "order": 0 });
    assert_eq!(web.call("history", key)["list"].as_array().map(Vec::len), Some(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_polling_page_is_kicked_by_another() {
    let Some(sdk) = install::sdk() else { return };
    let world = World::new().await;
    let first = Page::join_polling(sdk, &world, "alice").await;
    let mut second = Page::join_polling(sdk, &world, "alice").await;
    let kicked = |heard: &Heard| heard.statuses.contains(&6);
    first.wait("the kick", kicked);
    // Its first pull may be under way: what comes meanwhile must reach it all the same.
    let bob = world.join("bob").await;
    bob.say(&ConversationKey::private("alice"), "who is left?").await;
    assert_eq!(second.wait_messages(1).texts(), ["who is left?"]);
    second.say(PRIVATE, "bob", "I am");
    assert_eq!(bob.heard.wait_messages(1).texts(), ["I am"]);
}
