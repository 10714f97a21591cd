//! Two native clients talk, through the real server, over both channels.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use anser::client::SendOptions;
use anser::model::content::{Content, ImageMessage};
use anser::model::{
    ConnectionChannel, ConnectionStatus, ConversationKey, ConversationType, MessageDirection,
};
use anser_testkit::{World, over_both, text_of};

over_both!(
    text_goes_both_ways,
    a_group_hears_everything_in_one_order,
    what_was_sent_meanwhile_arrives_on_connect,
    unread_counts_clear,
    the_list_shows_the_newest_first_in_pages,
    history_pages_join_without_gap_or_double,
    built_in_and_custom_content_arrive_byte_for_byte,
    a_note_to_oneself_arrives_once,
    the_other_device_sees_own_messages,
    a_second_device_of_the_same_class_kicks_the_first,
);

async fn text_goes_both_ways(channel: ConnectionChannel) {
    let world = World::over(channel).await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);

    let sent = alice.say(&ConversationKey::private("bob"), "你好, Bob 😀").await;
    assert!(sent.sent_status.has_arrived());
    let heard = bob.heard.wait_messages(1);
    let got = &heard.messages[0];
    assert_eq!(text_of(got), "你好, Bob 😀");
    assert_eq!(got.uid, sent.uid);
    assert_eq!(got.sent_time, sent.sent_time);
    assert_eq!(got.sender_user_id, "alice");
    assert_eq!(got.conversation, ConversationKey::private("alice"));
    assert_eq!(got.direction, MessageDirection::Receive);
    assert!(!got.offline);

    bob.say(&ConversationKey::private("alice"), "hello").await;
    assert_eq!(alice.heard.wait_messages(1).texts(), ["hello"]);
}

async fn a_group_hears_everything_in_one_order(channel: ConnectionChannel) {
    let world = World::over(channel).await;
    world.group("g1", &["alice", "bob", "carol"]).await;
    let people = [world.join("alice").await, world.join("bob").await, world.join("carol").await];
    let group = ConversationKey::group("g1");
    for round in 0..10 {
        for person in &people {
            person.messages().send_text(group.clone(), format!("{} {round}", person.user)).await.unwrap();
        }
    }
    let mut orders = Vec::new();
    for person in &people {
        person.heard.wait_messages(20);
        person.heard.wait("own messages sent", |heard| heard.sent.len() == 10);
        let history = person.messages().history(group.clone(), 0, 100).await.unwrap();
        orders.push(history.iter().map(|message| message.uid.clone().unwrap()).collect::<Vec<_>>());
    }
    assert_eq!(orders[0].len(), 30);
    assert_eq!(orders[0], orders[1]);
    assert_eq!(orders[1], orders[2]);
}

async fn what_was_sent_meanwhile_arrives_on_connect(channel: ConnectionChannel) {
    let world = World::over(channel).await;
    let alice = world.join("alice").await;
    for number in 0..250 {
        let text = format!("line {number}");
        alice.messages().send_text(ConversationKey::private("bob"), text).await.unwrap();
    }
    alice.heard.wait("everything sent", |heard| heard.sent.len() == 250);
    let bob = world.join("bob").await;
    let heard = bob.heard.wait_messages(250);
    let expected: Vec<String> = (0..250).map(|number| format!("line {number}")).collect();
    assert_eq!(heard.texts(), expected);
    // Older than the CONNACK. Not asked of all: stamps run ahead of the clock in a burst like this.
    assert!(heard.messages[0].offline);
    let unread = bob.client.conversations().unread_count(ConversationKey::private("alice")).await.unwrap();
    assert_eq!(unread, 250);
}

async fn unread_counts_clear(channel: ConnectionChannel) {
    let world = World::over(channel).await;
    world.group("g1", &["alice", "bob"]).await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    let (private, group) = (ConversationKey::private("bob"), ConversationKey::group("g1"));
    for text in ["1", "2", "3"] {
        alice.say(&private, text).await;
    }
    alice.say(&group, "4").await;
    bob.heard.wait_messages(4);

    let conversations = bob.client.conversations();
    let from_alice = ConversationKey::private("alice");
    assert_eq!(conversations.unread_count(from_alice.clone()).await.unwrap(), 3);
    assert_eq!(conversations.unread_count(group.clone()).await.unwrap(), 1);
    assert_eq!(conversations.total_unread_count().await.unwrap(), 4);
    let groups = vec![ConversationType::Group];
    assert_eq!(conversations.unread_count_by_types(groups.clone(), true).await.unwrap(), 1);

    conversations.clear_unread(from_alice.clone()).await.unwrap();
    assert_eq!(conversations.unread_count(from_alice.clone()).await.unwrap(), 0);
    assert_eq!(conversations.total_unread_count().await.unwrap(), 1);
    alice.say(&private, "5").await;
    bob.heard.wait_messages(5);
    assert_eq!(conversations.unread_count(from_alice).await.unwrap(), 1);
    conversations.clear_all_unread().await.unwrap();
    assert_eq!(conversations.total_unread_count().await.unwrap(), 0);

    // The sender's own messages never count.
    assert_eq!(alice.client.conversations().total_unread_count().await.unwrap(), 0);
}

async fn the_list_shows_the_newest_first_in_pages(channel: ConnectionChannel) {
    let world = World::over(channel).await;
    let alice = world.join("alice").await;
    for peer in ["bob", "carol", "dave", "erin", "bob"] {
        alice.say(&ConversationKey::private(peer), &format!("to {peer}")).await;
    }
    let conversations = alice.client.conversations();
    let first = conversations.list(vec![], None, 3).await.unwrap();
    let names: Vec<&str> = first.iter().map(|row| row.key.target_id.as_str()).collect();
    assert_eq!(names, ["bob", "erin", "dave"]);
    let latest = first[0].latest_message.as_ref().unwrap();
    assert_eq!(text_of(latest), "to bob");
    assert_eq!(first[0].sort_time, latest.sent_time);

    let second = conversations.list(vec![], Some(first[2].key.clone()), 3).await.unwrap();
    assert_eq!(second.len(), 1);
    assert_eq!(second[0].key.target_id, "carol");
    assert!(conversations.list(vec![ConversationType::Group], None, 3).await.unwrap().is_empty());
    assert!(conversations.get(ConversationKey::private("nobody")).await.unwrap().is_none());
}

async fn history_pages_join_without_gap_or_double(channel: ConnectionChannel) {
    let world = World::over(channel).await;
    let alice = world.join("alice").await;
    let bob = ConversationKey::private("bob");
    for number in 0..25 {
        alice.say(&bob, &number.to_string()).await;
    }
    let mut texts = Vec::new();
    let mut before = 0;
    loop {
        let page = alice.messages().history(bob.clone(), before, 10).await.unwrap();
        let Some(oldest) = page.first() else { break };
        before = oldest.sent_time;
        texts.splice(0..0, page.iter().map(text_of));
    }
    assert_eq!(texts, (0..25).map(|number| number.to_string()).collect::<Vec<_>>());
}

async fn built_in_and_custom_content_arrive_byte_for_byte(channel: ConnectionChannel) {
    let world = World::over(channel).await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    let to = ConversationKey::private("bob");
    let image = Content::from(ImageMessage {
        content: "aGk=".into(),
        image_uri: Some("https://i/1.png".into()),
        ..ImageMessage::default()
    });
    alice.messages().send_content(to.clone(), &image, SendOptions::default()).await.unwrap();
    let custom = "{ \"b\": 1,\"a\":[\"你\", \"😀\"] }";
    alice
        .messages()
        .send(to.clone(), "App:Order".into(), custom.into(), SendOptions::default())
        .await
        .unwrap();
    let quiet = SendOptions { counted: Some(false), ..SendOptions::default() };
    alice.messages().send(to, "App:Note".into(), "{}".into(), quiet).await.unwrap();

    let heard = bob.heard.wait_messages(3);
    assert_eq!(heard.messages[0].object_name, "RC:ImgMsg");
    assert_eq!(Content::read("RC:ImgMsg", &heard.messages[0].content), image);
    assert_eq!(heard.messages[1].content, custom);
    let unread = bob.client.conversations().unread_count(ConversationKey::private("alice")).await.unwrap();
    assert_eq!(unread, 2);
}

async fn a_note_to_oneself_arrives_once(channel: ConnectionChannel) {
    let world = World::over(channel).await;
    let alice = world.join("alice").await;
    let own = ConversationKey::private("alice");
    alice.say(&own, "remember").await;
    alice.client.sync_now().await.unwrap();
    let history = alice.messages().history(own, 0, 10).await.unwrap();
    assert_eq!(history.iter().map(text_of).collect::<Vec<_>>(), ["remember"]);
}

async fn the_other_device_sees_own_messages(channel: ConnectionChannel) {
    let config = anser_server::Config { multi_device: true, ..Default::default() };
    let world = World { channel: Some(channel), ..World::with(config).await };
    let (phone, laptop, bob) =
        (world.join("alice").await, world.join("alice").await, world.join("bob").await);
    let sent = phone.say(&ConversationKey::private("bob"), "from my phone").await;
    let heard = laptop.heard.wait_messages(1);
    assert_eq!(heard.messages[0].uid, sent.uid);
    assert_eq!(heard.messages[0].direction, MessageDirection::Send);
    assert_eq!(heard.messages[0].conversation, ConversationKey::private("bob"));
    bob.heard.wait_messages(1);
    bob.say(&ConversationKey::private("alice"), "to both").await;
    phone.heard.wait_messages(1);
    laptop.heard.wait_messages(2);
    // All three show the same list.
    let uids = |messages: Vec<anser::model::Message>| -> Vec<_> {
        messages.into_iter().map(|message| message.uid).collect()
    };
    let on_phone = uids(phone.messages().history(ConversationKey::private("bob"), 0, 10).await.unwrap());
    let on_laptop = uids(laptop.messages().history(ConversationKey::private("bob"), 0, 10).await.unwrap());
    let on_bobs = uids(bob.messages().history(ConversationKey::private("alice"), 0, 10).await.unwrap());
    assert_eq!(on_phone, on_laptop);
    assert_eq!(on_phone, on_bobs);
}

async fn a_second_device_of_the_same_class_kicks_the_first(channel: ConnectionChannel) {
    let world = World::over(channel).await;
    let first = world.join("alice").await;
    let second = world.join("alice").await;
    let heard = first.heard.wait_status(ConnectionStatus::KickedOfflineByOtherClient);
    assert_eq!(heard.statuses.last().unwrap().1, 31010);
    assert_eq!(second.client.status(), ConnectionStatus::Connected);
}
