//! What a message can ask for beyond its content, and what is refused before anything is sent.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use anser::client::{
    InsertedMessage, MessageKind, Platform, PushOptions, QuietHours, SendOptions, SenderInfo,
};
use anser::model::{ConversationKey, ConversationType, ErrorCode, Message};
use anser::store::search::SearchQuery;
use anser_server::Config;
use anser_testkit::{Person, World, text_of};

async fn send(person: &Person, to: &ConversationKey, text: &str, options: SendOptions) -> Message {
    let messages = person.messages();
    let content = format!(r#"{{"content":"{text}"}}"#);
    let local = messages.send(to.clone(), "RC:TxtMsg".into(), content, options).await.unwrap();
    if local.id == 0 { local } else { messages.wait_sent(local.id).await.unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directed_message_reaches_only_those_named_and_no_history() {
    let world = World::new().await;
    world.group("g", &["alice", "bob", "carol"]).await;
    let group = ConversationKey::group("g");
    let people = [world.join("alice").await, world.join("bob").await, world.join("carol").await];
    let [alice, bob, carol] = &people;
    let only_bob = SendOptions { to_user_ids: vec!["bob".into()], ..Default::default() };
    send(alice, &group, "for bob", only_bob.clone()).await;
    send(alice, &group, "for all", SendOptions::default()).await;
    assert_eq!(bob.heard.wait_messages(2).texts(), ["for bob", "for all"]);
    assert_eq!(carol.heard.wait_messages(1).texts(), ["for all"]);
    let query = anser::client::RemoteQuery { count: 20, ..Default::default() };
    let page = bob.client.history().remote(group.clone(), query).await.unwrap();
    assert_eq!(page.messages.iter().map(text_of).collect::<Vec<_>>(), ["for all"]);
    let content = r#"{"content":"x"}"#.to_owned();
    let to_one = ConversationKey::private("bob");
    let refused = alice.messages().send(to_one, "RC:TxtMsg".into(), content, only_bob).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_message_is_for_those_online_and_kept_nowhere() {
    let world = World::new().await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    bob.heard.wait("the inbox", |heard| heard.synced > 0);
    let to_bob = ConversationKey::private("bob");
    let status = SendOptions { status_only: true, ..Default::default() };
    assert_eq!(send(&alice, &to_bob, "now", status.clone()).await.id, 0);
    let got = bob.heard.wait_messages(1).messages[0].clone();
    assert_eq!((text_of(&got).as_str(), got.id), ("now", 0));
    assert!(alice.messages().history(to_bob.clone(), 0, 10).await.unwrap().is_empty());
    assert!(bob.client.conversations().list(Vec::new(), None, 10).await.unwrap().is_empty());
    let late = world.join_on("bob", Platform::Mobile).await;
    late.heard.wait("the inbox", |heard| heard.synced > 0);
    assert!(late.heard.heard().messages.is_empty());
    alice.client.disconnect().await.unwrap();
    let content = r#"{"content":"x"}"#.to_owned();
    let offline = alice.messages().send(to_bob, "RC:TxtMsg".into(), content, status).await.unwrap_err();
    assert_eq!(offline.code(), ErrorCode::RC_NET_CHANNEL_INVALID);
}

#[tokio::test(flavor = "multi_thread")]
async fn options_stand_in_the_message() {
    let world = World::new().await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    let to_bob = ConversationKey::private("bob");
    let options = SendOptions {
        silent: true,
        sender: Some(SenderInfo { id: "alice".into(), name: "Alice".into(), portrait_uri: "p".into() }),
        push_text: Some("a message".into()),
        push: Some(PushOptions { title: Some("T".into()), force_detail: true, ..Default::default() }),
        destruct_seconds: 5,
        ..Default::default()
    };
    send(&alice, &to_bob, "quiet", options).await;
    let got = bob.heard.wait_messages(1).messages[0].clone();
    assert!(got.silent);
    let json: serde_json::Value = serde_json::from_str(&got.content).unwrap();
    assert_eq!(json["user"]["name"], "Alice");
    assert_eq!(json["burnDuration"], 5);
    assert_eq!(json["content"], "quiet");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hosts_own_kinds_have_flags_and_fields() {
    let world = World::new().await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    let to_bob = ConversationKey::private("bob");
    let kind = MessageKind {
        object_name: "app:vote".into(),
        persisted: true,
        counted: false,
        fields: vec!["question".into()],
        search_fields: vec!["question".into()],
    };
    alice.messages().register_kinds(vec![kind.clone()]).unwrap();
    let messages = alice.messages();
    let send = |content: &str| {
        let (messages, to_bob, content) = (messages.clone(), to_bob.clone(), content.to_owned());
        async move { messages.send(to_bob, "app:vote".into(), content, SendOptions::default()).await }
    };
    let lacking = send(r#"{"answer":1}"#).await.unwrap_err();
    assert_eq!(lacking.code(), ErrorCode::CONTENT_INVALID);
    let local = send(r#"{"question":"tea?"}"#).await.unwrap();
    assert!(!local.counted);
    messages.wait_sent(local.id).await.unwrap();
    assert!(!bob.heard.wait_messages(1).messages[0].counted);
    assert_eq!(bob.client.conversations().total_unread_count().await.unwrap(), 0);
    // Put in and changed here it is held to the same, and found.
    let found = |text: &str| {
        let (search, text) = (alice.client.search(), text.to_owned());
        async move { search.count(SearchQuery { text, count: 10, ..Default::default() }).await.unwrap().count }
    };
    let insert = |content: &str| {
        let conversation = to_bob.clone();
        messages.insert(InsertedMessage {
            conversation,
            sender_user_id: "bob".into(),
            object_name: "app:vote".into(),
            content: content.into(),
            sent_time: 0,
            sent_status: None,
            received_status: 0,
            counted: false,
            uid: None,
            extra: String::new(),
        })
    };
    assert_eq!(insert(r#"{"answer":1}"#).await.unwrap_err().code(), ErrorCode::CONTENT_INVALID);
    let inserted = insert(r#"{"question":"coffee?"}"#).await.unwrap();
    assert_eq!(found("coffee").await, 1);
    let lacking = messages.set_content(inserted.id, "{}".into()).await.unwrap_err();
    assert_eq!(lacking.code(), ErrorCode::CONTENT_INVALID);
    messages.set_content(inserted.id, r#"{"question":"water?"}"#.into()).await.unwrap();
    assert_eq!((found("coffee").await, found("water").await), (0, 1));
    let built_in = MessageKind { object_name: "RC:TxtMsg".into(), ..kind };
    let refused = messages.register_kinds(vec![built_in]).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::OBJECT_NAME_INVALID);
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_kept_and_told() {
    let world = World::with(Config::default()).await;
    let alice = world.person("alice", world.options()).await;
    let settings = alice.client.settings();
    assert_eq!(settings.quiet_hours().await.unwrap_err().code(), ErrorCode::BIZ_ERROR_CLIENT_NOT_INIT);
    alice.connect().await;
    assert_eq!(settings.quiet_hours().await.unwrap(), None);
    let night = QuietHours { start_minute: 22 * 60, duration_minutes: 9 * 60, except_mentions: true };
    settings.set_quiet_hours(night).await.unwrap();
    assert_eq!(settings.quiet_hours().await.unwrap(), Some(night));
    let endless = QuietHours { duration_minutes: 24 * 60, ..night };
    let refused = settings.set_quiet_hours(endless).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    settings.remove_quiet_hours().await.unwrap();
    assert_eq!(settings.quiet_hours().await.unwrap(), None);

    settings.set_offline_days(3).await.unwrap();
    assert_eq!(settings.offline_days().await.unwrap(), 3);
    let phone = world.join_on("alice", Platform::Mobile).await;
    assert_eq!(phone.client.settings().offline_days().await.unwrap(), 3);
    for bad in [0, 8] {
        let refused = settings.set_offline_days(bad).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    }
    alice.client.disconnect().await.unwrap();
    assert_eq!(settings.offline_days().await.unwrap(), 3, "offline the last known number");
    let offline = settings.set_offline_days(4).await.unwrap_err();
    assert_eq!(offline.code(), ErrorCode::RC_NET_CHANNEL_INVALID);
}

#[tokio::test(flavor = "multi_thread")]
async fn whether_anything_waits_is_asked_without_a_line() {
    let world = World::new().await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    bob.client.disconnect().await.unwrap();
    assert!(!bob.client.settings().has_remote_unread().await.unwrap());
    alice.say(&ConversationKey::private("bob"), "are you there?").await;
    assert!(bob.client.settings().has_remote_unread().await.unwrap());
    let never = world.person("carol", world.options()).await;
    let unknown = never.client.settings().has_remote_unread().await.unwrap_err();
    assert_eq!(unknown.code(), ErrorCode::BIZ_ERROR_CLIENT_NOT_INIT);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_before_anything_is_sent() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    let to_bob = ConversationKey::private("bob");
    let code = |key: ConversationKey, content: &str, options: SendOptions| {
        let (messages, content) = (alice.messages(), content.to_owned());
        async move { messages.send(key, "RC:TxtMsg".into(), content, options).await.unwrap_err().code() }
    };
    let text = r#"{"content":"x"}"#;
    let plain = SendOptions::default;
    let system = ConversationKey::new(ConversationType::System, "s");
    assert_eq!(code(system, text, plain()).await, ErrorCode::CONVERSATION_TYPE_UNSUPPORTED);
    let large = format!(r#"{{"content":"{}"}}"#, "x".repeat(128 * 1024));
    assert_eq!(code(to_bob.clone(), &large, plain()).await, ErrorCode::MSG_SIZE_OUT_OF_LIMIT);
    assert_eq!(code(to_bob.clone(), "{}", plain()).await, ErrorCode::CONTENT_INVALID);
    let long = SendOptions { destruct_seconds: 31 * 86_400, ..plain() };
    assert_eq!(code(to_bob.clone(), text, long).await, ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    let pairs = (0..301).map(|number| (number.to_string(), String::new())).collect();
    let many = SendOptions { expansion: Some(pairs), ..plain() };
    assert_eq!(code(to_bob.clone(), text, many).await, ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    assert!(alice.messages().history(to_bob, 0, 10).await.unwrap().is_empty());
}
