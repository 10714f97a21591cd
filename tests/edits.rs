//! What happens to messages after they are sent: taken back, changed, given pairs, deleted, destroyed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::HashMap;

use anser::client::{Client, InsertedMessage, Platform, RecallOptions, SendOptions};
use anser::clock::Clock;
use anser::model::{ConversationKey, ErrorCode, Message, MessageChangeKind, SentStatus};
use anser_server::Config;
use anser_testkit::{Person, World, text_of};

async fn history(person: &Person, key: &ConversationKey) -> Vec<Message> {
    person.messages().history(key.clone(), 0, 1000).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_replaces_the_message_on_every_device_online_or_not() {
    let world = World::new().await;
    let alice = world.join_on("alice", Platform::Desktop).await;
    let phone = world.join_on("alice", Platform::Mobile).await;
    let bob = world.join("bob").await;
    let carol = world.person("carol", world.options()).await;
    world.group("g", &["alice", "bob", "carol"]).await;
    let group = ConversationKey::group("g");

    let sent = alice.say(&group, "a secret").await;
    bob.heard.wait_messages(1);
    phone.heard.wait_messages(1);
    assert_eq!(bob.client.conversations().unread_count(group.clone()).await.unwrap(), 1);
    let options = RecallOptions { extra: Some("why".into()), ..Default::default() };
    let left = alice.messages().recall(sent.id, options).await.unwrap();
    assert_eq!(left.object_name, "RC:RcCmd");
    assert_eq!((left.uid.clone(), left.sent_time), (sent.uid.clone(), sent.sent_time));

    for person in [&bob, &phone] {
        let change = person.heard.wait_change(MessageChangeKind::Recalled);
        let message = change.message.unwrap();
        assert_eq!(message.uid, sent.uid);
        assert!(message.content.contains("why"), "{}", message.content);
        let here = history(person, &group).await;
        assert_eq!(here.len(), 1);
        assert_eq!(here[0].object_name, "RC:RcCmd");
    }
    assert_eq!(bob.client.conversations().unread_count(group.clone()).await.unwrap(), 0);

    carol.connect().await;
    carol.client.sync_now().await.unwrap();
    let here = history(&carol, &group).await;
    assert!(here.iter().all(|message| !message.content.contains("secret")), "{here:?}");
    assert!(carol.heard.heard().texts().iter().all(|text| !text.contains("secret")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_is_refused_for_foreign_unsent_unknown_and_old_messages() {
    let clock = anser_server::Clock::manual(1_800_000_000_000);
    let config = Config { recall_seconds: 1, clock: clock.clone(), ..Config::default() };
    let world = World::with(config).await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    let to_bob = ConversationKey::private("bob");
    let sent = alice.say(&to_bob, "hello").await;
    let got = bob.heard.wait_messages(1).messages[0].clone();
    let recall = |person: &Person, id| {
        let messages = person.messages();
        async move { messages.recall(id, RecallOptions::default()).await.map_err(|error| error.code()) }
    };
    assert_eq!(recall(&bob, got.id).await, Err(ErrorCode::RECALL_MESSAGE));
    assert_eq!(recall(&alice, 4711).await, Err(ErrorCode::GET_MESSAGE_BY_ID_ERROR));
    clock.advance(2_000);
    assert_eq!(recall(&alice, sent.id).await, Err(ErrorCode::RECALL_MESSAGE));
    assert_eq!(text_of(&alice.messages().get(sent.id).await.unwrap()), "hello");
    alice.client.disconnect().await.unwrap();
    let waiting = alice.messages().send_text(to_bob, "later".into()).await.unwrap();
    assert_eq!(recall(&alice, waiting.id).await, Err(ErrorCode::RECALL_MESSAGE));
    assert_eq!(recall(&alice, sent.id).await, Err(ErrorCode::RC_NET_CHANNEL_INVALID));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_can_be_put_in_and_changed_here() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    let key = ConversationKey::private("bob");
    let new = |text: &str, time| InsertedMessage {
        conversation: key.clone(),
        sender_user_id: "bob".into(),
        object_name: "RC:TxtMsg".into(),
        content: format!(r#"{{"content":"{text}"}}"#),
        sent_time: time,
        sent_status: None,
        received_status: 0,
        counted: true,
        uid: Some(format!("local-{time}")),
        extra: String::new(),
    };
    let messages = alice.messages();
    let inserted = messages.insert_many(vec![new("two", 2_000), new("one", 1_000)]).await.unwrap();
    assert_eq!(history(&alice, &key).await.iter().map(text_of).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(alice.client.conversations().unread_count(key.clone()).await.unwrap(), 2);
    let double = messages.insert_many(vec![new("three", 3_000), new("one", 1_000)]).await.unwrap_err();
    assert_eq!(double.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    assert_eq!(history(&alice, &key).await.len(), 2, "all or none");

    let id = inserted[0].id;
    let changed = messages.set_content(id, r#"{"content":"zwei"}"#.into()).await.unwrap();
    assert_eq!(text_of(&changed), "zwei");
    assert_eq!(messages.set_extra(id, "note".into()).await.unwrap().extra, "note");
    assert_eq!(messages.set_received_status(id, 0b101).await.unwrap().received_status, 5);
    assert_eq!(messages.set_sent_status(id, SentStatus::Read).await.unwrap().sent_status, SentStatus::Read);
    assert_eq!(messages.get_by_uid("local-2000".into()).await.unwrap().extra, "note");
    alice.heard.wait("each change told", |heard| heard.changes.len() == 4);

    let code = |result: Result<Message, anser::client::AnserError>| result.unwrap_err().code();
    assert_eq!(code(messages.set_content(id, "no json".into()).await), ErrorCode::CONTENT_INVALID);
    assert_eq!(code(messages.set_received_status(id, 16).await), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    assert_eq!(
        code(messages.set_sent_status(id, SentStatus::Sending).await),
        ErrorCode::BIZ_ERROR_INVALID_PARAMETER
    );
    assert_eq!(code(messages.set_extra(4711, "x".into()).await), ErrorCode::GET_MESSAGE_BY_ID_ERROR);
    assert_eq!(code(messages.get_by_uid("nobody".into()).await), ErrorCode::GET_MESSAGE_BY_ID_ERROR);
    assert_eq!(code(messages.insert(new("x", -1)).await), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    let tomorrow = Clock::system().wall() + 86_400_000;
    assert_eq!(code(messages.insert(new("x", tomorrow)).await), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_moves_the_list_and_the_history_does_not_bring_it_back() {
    let world = World::new().await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    let (to_bob, to_alice) = (ConversationKey::private("bob"), ConversationKey::private("alice"));
    for text in ["one", "two", "three"] {
        alice.say(&to_bob, text).await;
    }
    let got = bob.heard.wait_messages(3).messages;
    let conversations = bob.client.conversations();
    assert_eq!(conversations.unread_count(to_alice.clone()).await.unwrap(), 3);

    assert_eq!(bob.messages().delete(vec![got[2].id, 4711]).await.unwrap(), 1);
    let row = conversations.get(to_alice.clone()).await.unwrap().unwrap();
    assert_eq!(row.unread_count, 2);
    assert_eq!(text_of(&row.latest_message.unwrap()), "two");
    assert_eq!(row.sort_time, got[1].sent_time);
    let change = bob.heard.wait_change(MessageChangeKind::Deleted);
    assert_eq!(change.message_ids, [got[2].id]);

    let query = anser::client::RemoteQuery { count: 20, ..Default::default() };
    let remote = bob.client.history().remote(to_alice.clone(), query.clone()).await.unwrap();
    assert_eq!(remote.messages.iter().map(text_of).collect::<Vec<_>>(), ["one", "two"]);
    assert_eq!(history(&bob, &to_alice).await.len(), 2);

    bob.messages().delete_everywhere(vec![got[0].id]).await.unwrap();
    let tablet = world.join_on("bob", Platform::Mobile).await;
    tablet.client.sync_now().await.unwrap();
    let page = tablet.client.history().remote(to_alice.clone(), query).await.unwrap();
    assert_eq!(page.messages.iter().map(text_of).collect::<Vec<_>>(), ["two", "three"]);
    assert_eq!(history(&alice, &to_bob).await.len(), 3, "the other side keeps its own");
    let none = bob.messages().delete(Vec::new()).await.unwrap_err();
    assert_eq!(none.code(), ErrorCode::DELETE_MESSAGE_ID_IS_NULL);
}

#[tokio::test(flavor = "multi_thread")]
async fn pairs_travel_with_a_message_and_change_for_all() {
    let world = World::new().await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    let to_bob = ConversationKey::private("bob");
    let pairs = |list: &[(&str, &str)]| -> HashMap<String, String> {
        list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let options = SendOptions { expansion: Some(pairs(&[("likes", "1")])), ..Default::default() };
    let content = r#"{"content":"vote"}"#.to_owned();
    let messages = alice.messages();
    let local = messages.send(to_bob.clone(), "RC:TxtMsg".into(), content, options).await.unwrap();
    messages.wait_sent(local.id).await.unwrap();
    let got = bob.heard.wait_messages(1).messages[0].clone();
    assert!(got.expandable);
    assert_eq!(got.expansion, pairs(&[("likes", "1")]));

    bob.messages().set_expansion(got.id, pairs(&[("likes", "2"), ("from", "bob")])).await.unwrap();
    let change = alice.heard.wait_change(MessageChangeKind::ExpansionSet);
    assert_eq!(change.message.unwrap().expansion, pairs(&[("likes", "2"), ("from", "bob")]));
    messages.remove_expansion(local.id, vec!["from".into()]).await.unwrap();
    let change = bob.heard.wait_change(MessageChangeKind::ExpansionRemoved);
    assert_eq!(change.keys, ["from"]);
    assert_eq!(bob.messages().get(got.id).await.unwrap().expansion, pairs(&[("likes", "2")]));

    let late = world.join_on("bob", Platform::Mobile).await;
    let caught_up = late.heard.wait("the message", |heard| !heard.messages.is_empty());
    assert_eq!(caught_up.messages[0].expansion, pairs(&[("likes", "2")]));

    let plain = alice.say(&to_bob, "plain").await;
    let refused = messages.set_expansion(plain.id, pairs(&[("a", "b")])).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    let too_long = messages.set_expansion(local.id, pairs(&[(&"k".repeat(33), "v")])).await.unwrap_err();
    assert_eq!(too_long.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_destroys_itself_goes_when_its_time_is_over() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    let clock = Clock::manual(Clock::system().wall());
    let bob = Client::with_clock(world.options(), clock.clone()).unwrap();
    let bob = Person::with("bob", world.server.token("bob").await.unwrap(), bob);
    bob.connect().await;
    let to_bob = ConversationKey::private("bob");
    let options = SendOptions { destruct_seconds: 10, ..Default::default() };
    let content = r#"{"content":"burn"}"#.to_owned();
    alice.messages().send(to_bob, "RC:TxtMsg".into(), content, options).await.unwrap();
    let got = bob.heard.wait_messages(1).messages[0].clone();

    let stopped = bob.messages().begin_destruct(got.id).await.unwrap();
    assert_eq!(stopped.destruct_at, clock.wall() + 10_000);
    assert_eq!(bob.messages().stop_destruct(got.id).await.unwrap().destruct_at, 0);
    bob.messages().begin_destruct(got.id).await.unwrap();
    clock.advance(9_999);
    bob.client.sync_now().await.unwrap();
    assert_eq!(bob.messages().get(got.id).await.unwrap().id, got.id);
    clock.advance(1);
    // Whatever wakes the client now makes it look.
    let _ = bob.client.sync_now().await;
    let change = bob.heard.wait_change(MessageChangeKind::Deleted);
    assert_eq!(change.message_ids, [got.id]);
    let plain = bob.say(&ConversationKey::private("alice"), "plain").await;
    let refused = bob.messages().begin_destruct(plain.id).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
}
