//! Receipts, read marks across devices, mentions, typing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use anser::client::{Client, MentionOptions, Platform, SendOptions};
use anser::clock::Clock;
use anser::model::enums::MentionedType;
use anser::model::{ConversationKey, ErrorCode, ReceiptKind, SentStatus, TypingUser};
use anser::timing;
use anser_testkit::{Person, World};

#[tokio::test(flavor = "multi_thread")]
async fn a_private_message_is_sent_then_received_then_read() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    let (to_bob, to_alice) = (ConversationKey::private("bob"), ConversationKey::private("alice"));
    let sent = alice.say(&to_bob, "hello").await;
    assert_eq!(alice.messages().get(sent.id).await.unwrap().sent_status, SentStatus::Sent);

    let bob = world.join("bob").await;
    bob.heard.wait_messages(1);
    let delivered = alice.heard.wait_receipt(ReceiptKind::Delivered);
    assert_eq!((delivered.conversation, delivered.user_id), (to_bob.clone(), "bob".to_owned()));
    assert!(delivered.time >= sent.sent_time);
    assert_eq!(alice.messages().get(sent.id).await.unwrap().sent_status, SentStatus::Received);

    let read = bob.client.receipts().send_read(to_alice.clone(), 0).await.unwrap();
    assert_eq!(read, sent.sent_time);
    assert_eq!(bob.client.conversations().unread_count(to_alice.clone()).await.unwrap(), 0);
    assert_eq!(alice.heard.wait_receipt(ReceiptKind::Read).time, sent.sent_time);
    assert_eq!(alice.messages().get(sent.id).await.unwrap().sent_status, SentStatus::Read);
    let row = alice.client.conversations().get(to_bob.clone()).await.unwrap().unwrap();
    assert_eq!(row.peer_read_time, sent.sent_time);

    let phone = world.join_on("alice", Platform::Mobile).await;
    phone.heard.wait("the inbox", |heard| heard.synced > 0);
    let learned = |row: &anser::model::Conversation| row.peer_read_time == sent.sent_time;
    phone.row(&to_bob, "a device that was not there learns it from the list", learned).await;
    let group = bob.client.receipts().send_read(ConversationKey::group("g"), 0).await.unwrap_err();
    assert_eq!(group.code(), ErrorCode::CONVERSATION_TYPE_UNSUPPORTED);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_on_one_device_is_read_on_the_others() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    let desk = world.join_on("bob", Platform::Desktop).await;
    let phone = world.join_on("bob", Platform::Mobile).await;
    let (to_bob, to_alice) = (ConversationKey::private("bob"), ConversationKey::private("alice"));
    for text in ["one", "two", "three"] {
        alice.say(&to_bob, text).await;
    }
    let got = desk.heard.wait_messages(3).messages;
    phone.heard.wait_messages(3);
    let unread = |person: &Person| {
        let conversations = person.client.conversations();
        let key = to_alice.clone();
        async move { conversations.unread_count(key).await.unwrap() }
    };
    assert_eq!((unread(&desk).await, unread(&phone).await), (3, 3));
    desk.client.conversations().clear_unread_until(to_alice.clone(), got[1].sent_time).await.unwrap();
    assert_eq!(unread(&desk).await, 1);
    phone.row(&to_alice, "the mark", |row| row.unread_count == 1).await;

    // Offline on one side: the mark is told when the line is there, and learned on the next login.
    phone.client.disconnect().await.unwrap();
    desk.client.disconnect().await.unwrap();
    desk.client.conversations().clear_unread(to_alice.clone()).await.unwrap();
    desk.connect().await;
    desk.client.sync_now().await.unwrap();
    phone.connect().await;
    phone.row(&to_alice, "the mark from the list", |row| row.unread_count == 0).await;

    desk.client.conversations().set_unread_count(to_alice.clone(), 2).await.unwrap();
    assert_eq!(unread(&desk).await, 2, "marked as unread again");
    desk.client.conversations().set_unread_count(to_alice.clone(), 99).await.unwrap();
    assert_eq!(unread(&desk).await, 3, "as many as there are");
    desk.client.conversations().sync_list(10).await.unwrap();
    assert_eq!(unread(&desk).await, 3, "an old mark of the server takes nothing back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mark_at_a_recalled_message_does_not_fall_back() {
    let world = World::new().await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    let (to_alice, to_bob) = (ConversationKey::private("alice"), ConversationKey::private("bob"));
    alice.say(&to_bob, "stays").await;
    let last = alice.say(&to_bob, "goes").await;
    bob.heard.wait_messages(2);
    let conversations = bob.client.conversations();
    conversations.clear_unread(to_alice.clone()).await.unwrap();
    alice.messages().recall(last.id, anser::client::RecallOptions::default()).await.unwrap();
    bob.heard.wait("the recall", |heard| !heard.changes.is_empty());
    conversations.set_unread_count(to_alice.clone(), 0).await.unwrap();
    assert_eq!(conversations.get(to_alice).await.unwrap().unwrap().read_time, last.sent_time);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_of_a_group_answer_who_reads() {
    let world = World::new().await;
    world.group("g", &["alice", "bob", "carol"]).await;
    let group = ConversationKey::group("g");
    let people = [world.join("alice").await, world.join("bob").await, world.join("carol").await];
    let [alice, bob, carol] = &people;
    let sent = alice.say(&group, "who reads?").await;
    bob.heard.wait_messages(1);
    carol.heard.wait_messages(1);
    assert!(alice.client.receipts().request(sent.id).await.unwrap().receipt_requested);
    for member in [bob, carol] {
        let asked = member.heard.wait_receipt(ReceiptKind::GroupRequest);
        assert_eq!(asked.message_uids, [sent.uid.clone().unwrap()]);
        assert_eq!(member.client.receipts().respond(group.clone(), Vec::new()).await.unwrap(), 1);
        assert_eq!(member.client.receipts().respond(group.clone(), Vec::new()).await.unwrap(), 0);
    }
    alice.heard.wait("both answers", |heard| {
        heard.receipts.iter().filter(|receipt| receipt.kind == ReceiptKind::GroupRead).count() == 2
    });
    let readers = alice.client.receipts().readers(sent.id).await.unwrap();
    let mut names: Vec<_> = readers.into_iter().map(|reader| reader.user_id).collect();
    names.sort();
    assert_eq!(names, ["bob", "carol"]);
    assert_eq!(alice.messages().get(sent.id).await.unwrap().read_count, 2);
    let foreign = bob.heard.heard().messages[0].id;
    let refused = bob.client.receipts().request(foreign).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_counts_names_the_readers() {
    let world = World::new().await;
    world.group("g", &["alice", "bob"]).await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    let sent = alice.say(&ConversationKey::group("g"), "counted").await;
    let uid = sent.uid.clone().unwrap();
    bob.heard.wait_messages(1);
    bob.client.receipts().report_read("g".into(), vec![uid.clone()]).await.unwrap();
    let read = alice.heard.wait_receipt(ReceiptKind::GroupRead);
    assert_eq!((read.user_id.as_str(), read.message_uids), ("bob", vec![uid.clone()]));
    let readers = alice.client.receipts().remote_readers("g".into(), uid).await.unwrap();
    assert_eq!(readers.member_count, 2);
    assert_eq!(readers.readers.iter().map(|reader| &reader.user_id).collect::<Vec<_>>(), ["bob"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn mentions_are_counted_and_listed_until_read() {
    let world = World::new().await;
    world.group("g", &["alice", "bob", "carol"]).await;
    let group = ConversationKey::group("g");
    let people = [world.join("alice").await, world.join("bob").await, world.join("carol").await];
    let [alice, bob, carol] = &people;
    let mention = |kind, users: &[&str]| SendOptions {
        mention: Some(MentionOptions {
            kind,
            user_ids: users.iter().map(|user| (*user).to_owned()).collect(),
            text: "look".into(),
        }),
        ..Default::default()
    };
    let content = |text: &str| format!(r#"{{"content":"{text}"}}"#);
    let messages = alice.messages();
    let send = |text: &str, options| {
        let (messages, group, content) = (messages.clone(), group.clone(), content(text));
        async move {
            let local = messages.send(group, "RC:TxtMsg".into(), content, options).await.unwrap();
            messages.wait_sent(local.id).await.unwrap()
        }
    };
    send("plain", SendOptions::default()).await;
    let to_bob = send("bob!", mention(MentionedType::Part, &["bob"])).await;
    let to_all = send("all!", mention(MentionedType::All, &[])).await;
    bob.heard.wait_messages(3);
    carol.heard.wait_messages(3);

    let uids = |list: Vec<anser::model::Message>| list.into_iter().map(|m| m.uid).collect::<Vec<_>>();
    let history = bob.client.history();
    let mentions = history.unread_mentions(group.clone(), 10).await.unwrap();
    assert_eq!(uids(mentions), [to_bob.uid.clone(), to_all.uid.clone()]);
    let of_carol = carol.client.history().unread_mentions(group.clone(), 10).await.unwrap();
    assert_eq!(uids(of_carol), std::slice::from_ref(&to_all.uid));
    assert_eq!(bob.client.conversations().get(group.clone()).await.unwrap().unwrap().mention_count, 2);
    let first = history.first_unread(group.clone()).await.unwrap().unwrap();
    assert_eq!(anser_testkit::text_of(&first), "plain");
    bob.client.conversations().clear_unread(group.clone()).await.unwrap();
    assert!(history.unread_mentions(group.clone(), 10).await.unwrap().is_empty());
    assert!(history.first_unread(group.clone()).await.unwrap().is_none());
    let nobody = mention(MentionedType::Part, &[]);
    let refused = messages.send(group, "RC:TxtMsg".into(), content("x"), nobody).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
}

async fn by(world: &World, user: &str, clock: &Clock) -> Person {
    let client = Client::with_clock(world.options(), clock.clone()).unwrap();
    let person = Person::with(user, world.server.token(user).await.unwrap(), client);
    person.connect().await;
    person.heard.wait("the inbox", |heard| heard.synced > 0);
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_shows_and_ends() {
    let world = World::new().await;
    // Time stands still: nothing here ends or is throttled by the machine's own.
    let clock = Clock::manual(Clock::system().wall());
    let (alice, bob) = (by(&world, "alice", &clock).await, by(&world, "bob", &clock).await);
    let (to_bob, to_alice) = (ConversationKey::private("bob"), ConversationKey::private("alice"));
    let receipts = alice.client.receipts();
    let text = || "RC:TxtMsg".to_owned();
    receipts.send_typing(to_bob.clone(), text()).await.unwrap();
    receipts.send_typing(to_bob.clone(), text()).await.unwrap();
    let heard = bob.heard.wait("typing", |heard| !heard.typing.is_empty());
    let user = TypingUser { user_id: "alice".into(), object_name: text() };
    assert_eq!(heard.typing, [(to_alice.clone(), vec![user.clone()])]);
    alice.say(&to_bob, "written").await;
    bob.heard.wait_messages(1);
    let ended = [(to_alice.clone(), vec![user.clone()]), (to_alice.clone(), vec![])];
    let heard = bob.heard.heard();
    assert_eq!(heard.typing, ended, "the message ends it, and within six seconds it is told once");
    assert_eq!(heard.texts(), ["written"], "typing is no message");

    // Without another word it ends by itself. The interval is over for alice as well.
    clock.advance(timing::TYPING_SENT);
    receipts.send_typing(to_bob.clone(), text()).await.unwrap();
    bob.heard.wait("typing again", |heard| heard.typing.len() == 3);
    clock.advance(timing::TYPING_SHOWN);
    // Whatever wakes the client now makes it look.
    let _ = bob.client.sync_now().await;
    let heard = bob.heard.wait("the end by itself", |heard| heard.typing.len() == 4);
    assert_eq!(heard.typing[3], (to_alice, vec![]));

    alice.client.disconnect().await.unwrap();
    clock.advance(timing::TYPING_SENT);
    for _ in 0..2 {
        let offline = receipts.send_typing(to_bob.clone(), text()).await.unwrap_err();
        assert_eq!(offline.code(), ErrorCode::RC_NET_CHANNEL_INVALID, "what was not told does not count");
    }
    assert_eq!(
        receipts.set_typing_interval(60_001).unwrap_err().code(),
        ErrorCode::BIZ_ERROR_INVALID_PARAMETER
    );
}
