//! The conversation list: order, states on all devices, drafts, tags, unread totals.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use anser::client::{ConversationFilter, Platform};
use anser::model::{ConversationKey, ConversationType, ErrorCode, MuteLevel};
use anser_testkit::{Person, World, new_folder};

async fn targets(person: &Person) -> Vec<String> {
    let rows = person.client.conversations().list(Vec::new(), None, 100).await.unwrap();
    rows.into_iter().map(|row| row.key.target_id).collect()
}

async fn filtered(person: &Person, filter: ConversationFilter) -> Vec<String> {
    let rows = person.client.conversations().filter(filter, None, 100).await.unwrap();
    rows.into_iter().map(|row| row.key.target_id).collect()
}

fn private(user: &str) -> ConversationKey {
    ConversationKey::private(user)
}

#[tokio::test(flavor = "multi_thread")]
async fn top_drafts_and_time_make_the_order() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    let list = alice.client.conversations();
    for user in ["a", "b", "c", "d"] {
        alice.say(&private(user), "hello").await;
    }
    assert_eq!(targets(&alice).await, ["d", "c", "b", "a"]);
    list.set_top(vec![private("b")], true).await.unwrap();
    assert_eq!(targets(&alice).await, ["b", "d", "c", "a"]);
    list.save_draft(private("a"), "begun".into()).await.unwrap();
    assert_eq!(targets(&alice).await, ["b", "a", "d", "c"]);
    assert_eq!(list.draft(private("a")).await.unwrap(), "begun");
    list.set_top(vec![private("c")], true).await.unwrap();
    assert_eq!(targets(&alice).await, ["c", "b", "a", "d"]);
    let after = list.list(Vec::new(), Some(private("b")), 1).await.unwrap();
    assert_eq!(after[0].key, private("a"), "pages go on across the top ones");
    list.save_draft(private("a"), String::new()).await.unwrap();
    assert_eq!(targets(&alice).await, ["c", "b", "d", "a"]);
    list.create(private("new")).await.unwrap();
    list.set_top(vec![private("b"), private("c")], false).await.unwrap();
    assert_eq!(targets(&alice).await, ["new", "d", "c", "b", "a"]);
    let rows = list.rows(vec![private("a"), private("nobody"), private("d")]).await.unwrap();
    assert_eq!(rows.into_iter().map(|row| row.key.target_id).collect::<Vec<_>>(), ["a", "d"]);
    let refused = list.create(private(" ")).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::TARGET_ID_INVALID);
}

#[tokio::test(flavor = "multi_thread")]
async fn states_are_the_accounts() {
    let world = World::new().await;
    let desk = world.join_on("alice", Platform::Desktop).await;
    let phone = world.join_on("alice", Platform::Mobile).await;
    let bob = world.join("bob").await;
    bob.say(&private("alice"), "hello").await;
    desk.heard.wait_messages(1);
    phone.heard.wait_messages(1);
    let (here, there) = (desk.client.conversations(), phone.client.conversations());
    assert_eq!(there.total_unread_count().await.unwrap(), 1);

    here.set_top(vec![private("bob")], true).await.unwrap();
    phone.row(&private("bob"), "top", |row| row.top).await;
    here.set_mute(vec![private("bob")], MuteLevel::ExceptMentions).await.unwrap();
    phone.row(&private("bob"), "mute", |row| row.mute == MuteLevel::ExceptMentions).await;
    assert_eq!(there.mute(private("bob")).await.unwrap(), MuteLevel::ExceptMentions);
    assert_eq!(there.total_unread_count().await.unwrap(), 0, "muted ones do not count in the badge");
    let types = vec![ConversationType::Private];
    assert_eq!(there.unread_count_by_types(types.clone(), true).await.unwrap(), 1);
    assert_eq!(there.unread_count_by_types(types, false).await.unwrap(), 0);
    assert_eq!(there.unread_count_of(vec![private("bob")]).await.unwrap(), 1);

    // Set without a line, told later, learned by a device that was not there.
    desk.client.disconnect().await.unwrap();
    here.set_mute(vec![private("bob")], MuteLevel::None).await.unwrap();
    here.set_top(vec![private("bob")], false).await.unwrap();
    phone.client.disconnect().await.unwrap();
    desk.connect().await;
    desk.client.sync_now().await.unwrap();
    phone.connect().await;
    phone.row(&private("bob"), "both states", |row| !row.top && row.mute == MuteLevel::None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_and_removed_conversations_come_back_with_a_newer_message() {
    let world = World::new().await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    let list = alice.client.conversations();
    bob.say(&private("alice"), "one").await;
    alice.heard.wait_messages(1);
    list.set_hidden(private("bob"), true).await.unwrap();
    assert!(targets(&alice).await.is_empty());
    assert_eq!(list.total_unread_count().await.unwrap(), 0);
    assert_eq!(filtered(&alice, ConversationFilter { hidden: true, ..Default::default() }).await, ["bob"]);
    list.set_hidden(private("bob"), false).await.unwrap();
    assert_eq!(list.total_unread_count().await.unwrap(), 1);

    list.remove(vec![private("bob")]).await.unwrap();
    assert!(targets(&alice).await.is_empty());
    list.sync_list(100).await.unwrap();
    alice.client.sync_now().await.unwrap();
    assert!(targets(&alice).await.is_empty(), "the server's list does not bring it back");
    assert_eq!(alice.messages().history(private("bob"), 0, 10).await.unwrap().len(), 1, "messages stay");
    bob.say(&private("alice"), "two").await;
    alice.heard.wait_messages(2);
    assert_eq!(targets(&alice).await, ["bob"]);
    assert_eq!(list.unread_count(private("bob")).await.unwrap(), 1);
    list.clear(vec![ConversationType::Private]).await.unwrap();
    assert!(targets(&alice).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_group_conversations_on_this_device() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    let list = alice.client.conversations();
    for user in ["a", "b", "c"] {
        list.create(private(user)).await.unwrap();
    }
    list.add_tag("work".into(), "Work".into()).await.unwrap();
    list.add_tag("work".into(), "Arbeit".into()).await.unwrap();
    list.set_tag("work".into(), vec![private("a"), private("c"), private("nobody")], true).await.unwrap();
    let tags = list.tags().await.unwrap();
    assert_eq!((tags[0].name.as_str(), tags[0].conversation_count), ("Arbeit", 2));
    let of_work = ConversationFilter { tag: Some("work".into()), ..Default::default() };
    let mut found = filtered(&alice, of_work.clone()).await;
    found.sort();
    assert_eq!(found, ["a", "c"]);
    assert_eq!(list.get(private("a")).await.unwrap().unwrap().tags, ["work"]);
    list.set_tag("work".into(), vec![private("a")], false).await.unwrap();
    assert_eq!(filtered(&alice, of_work.clone()).await, ["c"]);
    let missing = list.set_tag("home".into(), vec![private("a")], true).await.unwrap_err();
    assert_eq!(missing.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    assert!(list.remove_tag("work".into()).await.unwrap());
    assert!(!list.remove_tag("work".into()).await.unwrap());
    assert!(filtered(&alice, of_work).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn drafts_and_states_survive_a_restart_without_a_line() {
    let world = World::new().await;
    let folder = new_folder("drafts");
    let options = || {
        let mut options = world.options();
        options.data_dir = Some(folder.display().to_string());
        options.user_id = Some("alice".into());
        options
    };
    let alice = world.person("alice", options()).await;
    let list = alice.client.conversations();
    list.save_draft(private("bob"), "half a thought".into()).await.unwrap();
    list.set_mute(vec![private("bob")], MuteLevel::All).await.unwrap();
    drop(alice);
    let alice = world.person("alice", options()).await;
    let list = alice.client.conversations();
    assert_eq!(list.draft(private("bob")).await.unwrap(), "half a thought");
    assert_eq!(list.mute(private("bob")).await.unwrap(), MuteLevel::All);
    let muted = ConversationFilter { muted: Some(true), ..Default::default() };
    assert_eq!(filtered(&alice, muted).await, ["bob"]);
    let long = list.save_draft(private("bob"), "x".repeat(128 * 1024 + 1)).await.unwrap_err();
    assert_eq!(long.code(), ErrorCode::MSG_SIZE_OUT_OF_LIMIT);
}
