//! Pages of a conversation: here, at the server, and the holes between.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::{Arc, Mutex};

use anser::client::{BackfillListener, HistoryQuery, MessageKind, Platform, RemoteQuery};
use anser::model::{ConversationKey, ErrorCode, Message, MessageChangeKind};
use anser::store::search::SearchQuery;
use anser_server::{Clock, Config};
use anser_testkit::{Person, World, new_folder, text_of};

const DAY: i64 = 86_400_000;

fn texts(messages: &[Message]) -> Vec<String> {
    messages.iter().map(text_of).collect()
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| number.to_string()).collect()
}

async fn talk(alice: &Person, to: &ConversationKey, range: std::ops::Range<usize>) -> Vec<Message> {
    let mut sent = Vec::new();
    for number in range {
        sent.push(alice.say(to, &number.to_string()).await);
    }
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn local_pages_go_both_ways_by_time_message_kind_and_sender() {
    let world = World::new().await;
    world.group("g", &["alice", "bob"]).await;
    let group = ConversationKey::group("g");
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    let sent = talk(&alice, &group, 0..6).await;
    bob.say(&group, "from bob").await;
    alice.heard.wait_messages(1);
    let history = alice.client.history();
    let page = |query: HistoryQuery| {
        let (history, group) = (history.clone(), group.clone());
        async move { texts(&history.page(group, query).await.unwrap()) }
    };
    let query = |count| HistoryQuery { count, ..HistoryQuery::default() };
    assert_eq!(page(query(2)).await, ["5", "from bob"]);
    assert_eq!(page(HistoryQuery { message_id: sent[3].id, ..query(2) }).await, ["1", "2"]);
    assert_eq!(page(HistoryQuery { message_id: sent[3].id, newer: true, ..query(2) }).await, ["4", "5"]);
    assert_eq!(page(HistoryQuery { newer: true, ..query(2) }).await, ["0", "1"]);
    assert_eq!(page(HistoryQuery { time: sent[1].sent_time, ..query(9) }).await, ["0"]);
    assert_eq!(page(HistoryQuery { senders: vec!["bob".into()], ..query(9) }).await, ["from bob"]);
    let kinds = vec!["RC:ImgMsg".to_owned()];
    assert!(page(HistoryQuery { object_names: kinds, ..query(9) }).await.is_empty());
    for bad in [query(0), query(1001), HistoryQuery { time: -1, ..query(1) }] {
        let refused = history.page(group.clone(), bad).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_device_never_saw_is_fetched_and_never_hidden() {
    let clock = Clock::manual(1_800_000_000_000);
    let world = World::with(Config { clock: clock.clone(), ..Config::default() }).await;
    let alice = world.join("alice").await;
    let (to_bob, to_alice) = (ConversationKey::private("bob"), ConversationKey::private("alice"));
    let folder = new_folder("gaps");
    let options = || {
        let mut options = world.options();
        options.data_dir = Some(folder.display().to_string());
        options
    };
    // Seen live: 0..10. Then a month away: 10..60 leave the inbox. Back: 60..70.
    let bob = world.person("bob", options()).await;
    bob.connect().await;
    talk(&alice, &to_bob, 0..10).await;
    bob.heard.wait_messages(10);
    drop(bob);
    clock.advance(DAY);
    let missed = talk(&alice, &to_bob, 10..60).await;
    clock.advance(30 * DAY);
    world.server.purge().await.unwrap();
    let bob = world.person("bob", options()).await;
    bob.connect().await;
    talk(&alice, &to_bob, 60..70).await;
    bob.heard.wait_messages(10);

    let history = bob.client.history();
    let local = bob.messages().history(to_alice.clone(), 0, 100).await.unwrap();
    // The server's list may have brought the newest missed one.
    assert!((20..=21).contains(&local.len()), "what is here has a hole: {}", local.len());
    let gaps = history.gaps(to_alice.clone()).await.unwrap();
    assert!(
        gaps.iter().any(|gap| gap.from < missed[0].sent_time && missed[49].sent_time < gap.to),
        "{gaps:?}"
    );

    bob.client.disconnect().await.unwrap();
    let offline = history.load(to_alice.clone(), 0, 15).await.unwrap();
    assert_eq!(texts(&offline.messages)[5..], numbers(60..70));
    assert!(offline.gap_to > missed[49].sent_time, "offline the hole is named: {offline:?}");
    assert!(offline.gap_from <= missed[49].sent_time && offline.has_more, "{offline:?}");
    bob.connect().await;
    bob.client.sync_now().await.unwrap();

    let page = history.load(to_alice.clone(), 0, 15).await.unwrap();
    assert_eq!(texts(&page.messages), numbers(55..70));
    assert_eq!((page.gap_from, page.gap_to), (0, 0));
    let middle = history.around(to_alice.clone(), missed[20].sent_time, 5).await.unwrap();
    assert_eq!(texts(&middle.messages), numbers(25..35), "a jump into the hole");
    assert_eq!(middle.gap_to, 0, "{middle:?}");
    let whole = history.load(to_alice.clone(), 0, 100).await.unwrap();
    assert_eq!(texts(&whole.messages), numbers(0..70), "no doubles, no holes");
    assert!(!whole.has_more);
    assert!(history.gaps(to_alice.clone()).await.unwrap().is_empty());
    assert_eq!(bob.heard.heard().messages.len(), 10, "history is no news");
}

#[derive(Default)]
struct Progress(Mutex<Vec<(u32, i64)>>);

impl BackfillListener for Progress {
    fn on_progress(&self, fetched: u32, since: i64) {
        self.0.lock().unwrap().push((fetched, since));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_device_fills_up_page_by_page_or_asks_the_server() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    let to_bob = ConversationKey::private("bob");
    let to_alice = ConversationKey::private("alice");
    let first = world.join_on("bob", Platform::Desktop).await;
    let sent = talk(&alice, &to_bob, 0..45).await;
    first.heard.wait_messages(45);

    let phone = world.join_on("bob", Platform::Mobile).await;
    phone.heard.wait("the inbox", |heard| heard.synced > 0);
    let history = phone.client.history();
    let remote = |query: RemoteQuery| {
        let (history, key) = (history.clone(), to_alice.clone());
        async move { history.remote(key, query).await }
    };
    let page = remote(RemoteQuery { count: 3, ..Default::default() }).await.unwrap();
    assert_eq!((texts(&page.messages), page.has_more), (numbers(42..45), true));
    let older = RemoteQuery { time: sent[42].sent_time, count: 1, newer: false };
    assert_eq!(texts(&remote(older).await.unwrap().messages), ["41"]);
    let newer = RemoteQuery { time: sent[1].sent_time, count: 2, newer: true };
    assert_eq!(texts(&remote(newer).await.unwrap().messages), ["2", "3"]);
    for bad in [0, 21, 1_000_000] {
        let refused = remote(RemoteQuery { count: bad, ..Default::default() }).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    }

    let progress = Arc::new(Progress::default());
    history.clear(to_alice.clone(), 0).await.unwrap();
    assert!(phone.messages().history(to_alice.clone(), 0, 10).await.unwrap().is_empty());
    let fetched = history.backfill(to_alice.clone(), 0, Some(progress.clone())).await.unwrap();
    assert_eq!(fetched, 0, "what was cleared here does not come back");
    let desk = world.join_on("carol", Platform::Desktop).await;
    assert_eq!(desk.client.history().backfill(to_alice.clone(), 0, None).await.unwrap(), 0);
    let negative = history.backfill(to_alice.clone(), -1, None).await.unwrap_err();
    assert_eq!(negative.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_fill_tells_how_far_it_is() {
    let clock = Clock::manual(1_800_000_000_000);
    let world = World::with(Config { clock: clock.clone(), ..Config::default() }).await;
    let alice = world.join("alice").await;
    talk(&alice, &ConversationKey::private("bob"), 0..45).await;
    clock.advance(30 * DAY);
    world.server.purge().await.unwrap();
    let bob = world.join("bob").await;
    bob.heard.wait("the inbox", |heard| heard.synced > 0);
    let progress = Arc::new(Progress::default());
    let key = ConversationKey::private("alice");
    let fetched = bob.client.history().backfill(key.clone(), 0, Some(progress.clone())).await.unwrap();
    assert_eq!(fetched, 45);
    assert_eq!(texts(&bob.messages().history(key.clone(), 0, 100).await.unwrap()), numbers(0..45));
    bob.client.close();
    let steps = progress.0.lock().unwrap().clone();
    assert_eq!(steps.iter().map(|(fetched, _)| *fetched).collect::<Vec<_>>(), [20, 40, 45]);
    assert_eq!(steps.last().unwrap().1, 0, "back to the beginning");
}

#[tokio::test(flavor = "multi_thread")]
async fn clearing_at_the_server_and_here() {
    let world = World::new().await;
    let alice = world.join("alice").await;
    let to_bob = ConversationKey::private("bob");
    let sent = talk(&alice, &to_bob, 0..5).await;
    let history = alice.client.history();
    let clear = |until, here| {
        let (history, key) = (history.clone(), to_bob.clone());
        async move { history.clear_remote(key, until, here).await.map_err(|error| error.code()) }
    };
    assert_eq!(clear(0, false).await, Err(ErrorCode::CLEAR_HIS_TIME_ERROR));
    assert_eq!(clear(-5, false).await, Err(ErrorCode::CLEAR_HIS_TIME_ERROR));
    assert_eq!(clear(i64::MAX / 2, false).await, Err(ErrorCode::CLEAR_HIS_ERROR));
    clear(sent[2].sent_time, false).await.unwrap();
    assert_eq!(alice.messages().history(to_bob.clone(), 0, 10).await.unwrap().len(), 5);
    let query = RemoteQuery { count: 20, ..Default::default() };
    let page = history.remote(to_bob.clone(), query).await.unwrap();
    assert_eq!(texts(&page.messages), numbers(3..5));
    clear(sent[3].sent_time, true).await.unwrap();
    assert_eq!(texts(&alice.messages().history(to_bob.clone(), 0, 10).await.unwrap()), ["4"]);
    let row = alice.client.conversations().get(to_bob.clone()).await.unwrap().unwrap();
    assert_eq!(text_of(&row.latest_message.unwrap()), "4");
    let negative = history.clear(to_bob, -1).await.unwrap_err();
    assert_eq!(negative.code(), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_history_says_so() {
    let world = World::with(Config { history: false, ..Config::default() }).await;
    let alice = world.join("alice").await;
    let to_bob = ConversationKey::private("bob");
    talk(&alice, &to_bob, 0..2).await;
    let query = RemoteQuery { count: 2, ..Default::default() };
    let refused = alice.client.history().remote(to_bob.clone(), query).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::MSG_ROAMING_SERVICE_UNAVAILABLE);
    let page = alice.client.history().load(to_bob, 0, 10).await.unwrap();
    assert_eq!(texts(&page.messages), numbers(0..2), "what is here is shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_page_is_whole_before_any_page_of_the_inbox_came() {
    let world = World::new().await;
    let (alice, bob) = (world.join("alice").await, world.join("bob").await);
    bob.client.sync_now().await.unwrap();
    let (to_bob, to_alice) = (ConversationKey::private("bob"), ConversationKey::private("alice"));
    // Pushed one by one, so that no page of the inbox ever says since when everything is here.
    talk(&alice, &to_bob, 0..25).await;
    bob.heard.wait_messages(25);
    let page = bob.client.history().load(to_alice.clone(), 0, 20).await.unwrap();
    assert_eq!((texts(&page.messages), page.has_more), (numbers(5..25), true));
    let rest = bob.client.history().load(to_alice, page.messages[0].sent_time, 20).await.unwrap();
    assert_eq!((texts(&rest.messages), rest.has_more), (numbers(0..5), false));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_changes_is_told_and_what_it_brings_is_found() {
    let clock = Clock::manual(1_800_000_000_000);
    let world = World::with(Config { clock: clock.clone(), ..Config::default() }).await;
    let alice = world.join("alice").await;
    let (to_bob, to_alice) = (ConversationKey::private("bob"), ConversationKey::private("alice"));
    let options = world.options().data_dir(new_folder("told").to_str().unwrap());
    let bob = world.person("bob", options.clone()).await;
    bob.connect().await;
    let sent = alice.say(&to_bob, "a secret").await;
    bob.heard.wait_messages(1);
    drop(bob);
    // The recall and what follows leave the inbox before bob is back.
    alice.messages().recall(sent.id, Default::default()).await.unwrap();
    let vote = r#"{"question":"tea?"}"#.to_owned();
    let vote =
        alice.messages().send(to_bob.clone(), "app:vote".into(), vote, Default::default()).await.unwrap();
    alice.messages().wait_sent(vote.id).await.unwrap();
    talk(&alice, &to_bob, 0..3).await;
    clock.advance(30 * DAY);
    world.server.purge().await.unwrap();

    let bob = world.person("bob", options).await;
    let kind = MessageKind {
        object_name: "app:vote".into(),
        persisted: true,
        counted: true,
        fields: vec![],
        search_fields: vec!["question".into()],
    };
    bob.messages().register_kinds(vec![kind]).unwrap();
    bob.connect().await;
    bob.client.sync_now().await.unwrap();
    let told = bob.heard.heard().conversations.len();
    let query = RemoteQuery { count: 20, ..Default::default() };
    let page = bob.client.history().remote(to_alice.clone(), query).await.unwrap();
    assert_eq!(page.messages.len(), 5);
    let change = bob.heard.wait_change(MessageChangeKind::Recalled);
    assert_eq!(change.message.unwrap().uid, sent.uid);
    bob.heard.wait("the conversation", |heard| heard.conversations[told..].contains(&to_alice));
    let query = SearchQuery { text: "tea".into(), count: 10, ..Default::default() };
    assert_eq!(bob.client.search().count(query).await.unwrap().count, 1);
    assert!(bob.heard.heard().messages.is_empty(), "history is no news");
}
