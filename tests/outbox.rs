//! The outbox against real servers and broken lines, over both channels: it goes on by itself, in order, no stall
//! holds up what it does not concern, and servers without client ids get nothing twice.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod slow;

use std::path::Path;

use anser::client::ClientOptions;
use anser::model::{ConnectionChannel, ConnectionStatus, ConversationKey, SentStatus};
use anser_server::{Config, RateLimit};
use anser_testkit::{Heard, Person, Proxy, World, new_folder, over_both, text_of};
use slow::Slow;

over_both!(
    it_goes_on_by_itself_after_a_restart,
    order_holds_when_the_server_slows_it_down,
    a_silent_conversation_holds_up_no_other,
    sixty_four_silent_conversations_hold_up_no_other_for_long,
    lost_acknowledgements_double_nothing_where_the_server_knows_no_client_ids,
    a_client_that_ends_between_message_and_acknowledgement_doubles_nothing_there,
);

fn plain() -> Config {
    Config { announce_additions: false, ..Config::default() }
}

async fn world(config: Config, channel: ConnectionChannel) -> World {
    World { channel: Some(channel), ..World::with(config).await }
}

async fn texts_of(person: &Person, key: &ConversationKey) -> Vec<String> {
    let all = person.messages().history(key.clone(), 0, 1000).await.unwrap();
    all.iter().map(text_of).collect()
}

async fn enqueue(person: &Person, to: &ConversationKey, texts: &[String]) {
    for text in texts {
        person.messages().send_text(to.clone(), text.clone()).await.unwrap();
    }
}

/// Waits for `done`, connecting at once whenever the line is lost, so that no test waits for a pause.
async fn carry_on(person: &Person, what: &str, done: impl Fn(&Heard) -> bool) {
    let lost = |heard: &Heard| {
        heard.statuses.last().is_some_and(|(last, _)| *last == ConnectionStatus::NetworkUnavailable)
    };
    loop {
        let heard = person.heard.wait(what, |heard| done(heard) || lost(heard));
        if done(&heard) {
            return;
        }
        // Its failure shows as the next status.
        let _ = person.client.connect(person.token.clone()).await;
    }
}

fn on_disk(options: ClientOptions, data: &Path) -> ClientOptions {
    options.data_dir(data.to_str().unwrap()).user_id("alice")
}

/// Lines of which every third is the same: equal texts are messages of their own.
fn lines(count: usize) -> Vec<String> {
    (0..count).map(|number| if number % 3 == 0 { "ok".into() } else { format!("line {number}") }).collect()
}

async fn it_goes_on_by_itself_after_a_restart(channel: ConnectionChannel) {
    let world = world(Config::default(), channel).await;
    let folder = new_folder("alice");
    let (bob, carol) = (world.join("bob").await, world.join("carol").await);
    let lines = lines(60);
    let (to_bob, to_carol) = (ConversationKey::private("bob"), ConversationKey::private("carol"));
    for part in lines.chunks(20) {
        // Written offline, by a process that ends.
        let alice = world.person("alice", on_disk(world.options(), &folder)).await;
        for line in part {
            enqueue(&alice, &to_bob, std::slice::from_ref(line)).await;
            enqueue(&alice, &to_carol, std::slice::from_ref(line)).await;
        }
    }
    let alice = world.person("alice", on_disk(world.options(), &folder)).await;
    alice.connect().await;
    alice.heard.wait("everything sent", |heard| heard.sent.len() == 2 * lines.len());
    for (person, key) in [(&bob, &to_bob), (&carol, &to_carol)] {
        assert_eq!(person.heard.wait_messages(lines.len()).texts(), lines);
        assert_eq!(texts_of(&alice, key).await, lines);
    }
}

async fn order_holds_when_the_server_slows_it_down(channel: ConnectionChannel) {
    let rate_limit = Some(RateLimit { per_second: 40.0, burst: 5 });
    let world = world(Config { rate_limit, ..Config::default() }, channel).await;
    let (alice, bob, carol) = (world.join("alice").await, world.join("bob").await, world.join("carol").await);
    let lines = lines(30);
    for line in &lines {
        for peer in ["bob", "carol"] {
            enqueue(&alice, &ConversationKey::private(peer), std::slice::from_ref(line)).await;
        }
    }
    assert_eq!(bob.heard.wait_messages(lines.len()).texts(), lines);
    assert_eq!(carol.heard.wait_messages(lines.len()).texts(), lines);
}

async fn behind(slow: &Slow, world: &World) -> Person {
    let options = ClientOptions {
        channel: world.channel,
        ..ClientOptions::new(world.server.app_key(), slow.navi_url())
    };
    let alice = world.person("alice", options).await;
    alice.connect().await;
    alice
}

async fn a_silent_conversation_holds_up_no_other(channel: ConnectionChannel) {
    let world = world(Config::default(), channel).await;
    let slow = Slow::before(world.server.addresses[0]).await;
    let (alice, bob) = (behind(&slow, &world).await, world.join("bob").await);
    let silent = ConversationKey::private("silent");
    enqueue(&alice, &silent, &["nobody answers".into(), "nor this".into()]).await;
    let lines = lines(50);
    enqueue(&alice, &ConversationKey::private("bob"), &lines).await;
    assert_eq!(bob.heard.wait_messages(lines.len()).texts(), lines);
    alice.heard.wait("all to bob", |heard| heard.sent.len() == lines.len());
    assert_eq!(slow.swallowed(), 1, "the first is still on its way, the second waits behind it");
    let waits = alice.messages().history(silent, 0, 10).await.unwrap();
    assert!(waits.iter().all(|message| message.sent_status == SentStatus::Sending));
}

/// Waits for the client's own patience with such a request.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_never_answered_hold_up_no_other_for_long() {
    let channel = ConnectionChannel::XhrPolling;
    let world = world(Config::default(), channel).await;
    let slow = Slow::holding(world.server.addresses[0]).await;
    let (alice, bob) = (behind(&slow, &world).await, world.join("bob").await);
    for number in 0..2 {
        enqueue(&alice, &ConversationKey::private(format!("silent{number}")), &["nobody answers".into()])
            .await;
    }
    let lines = lines(50);
    enqueue(&alice, &ConversationKey::private("bob"), &lines).await;
    assert_eq!(bob.heard.wait_messages(lines.len()).texts(), lines);
    alice.heard.wait("all to bob", |heard| heard.sent.len() == lines.len());
    assert_eq!(slow.swallowed(), 2, "they did not wait until the line was given up");
    assert!(!has_lost_the_line(&alice.heard.heard()));
}

fn has_lost_the_line(heard: &Heard) -> bool {
    heard.statuses.iter().any(|(status, _)| *status == ConnectionStatus::NetworkUnavailable)
}

async fn sixty_four_silent_conversations_hold_up_no_other_for_long(channel: ConnectionChannel) {
    let world = world(Config::default(), channel).await;
    let slow = Slow::before(world.server.addresses[0]).await;
    let (alice, bob) = (behind(&slow, &world).await, world.join("bob").await);
    for number in 0..64 {
        enqueue(&alice, &ConversationKey::private(format!("silent{number}")), &["nobody answers".into()])
            .await;
    }
    enqueue(&alice, &ConversationKey::private("bob"), &["through".into()]).await;
    assert_eq!(bob.heard.wait_messages(1).texts(), ["through"]);
    assert_eq!(slow.swallowed(), 64, "it did not wait until they were given up");
}

async fn lost_acknowledgements_double_nothing_where_the_server_knows_no_client_ids(
    channel: ConnectionChannel,
) {
    let world = world(plain(), channel).await;
    // Upgrade and login take some 200 bytes: the cuts fall into acknowledgements from the first on.
    let cuts: Vec<usize> = (0..12).map(|step| 260 + step * 67).collect();
    let proxy = Proxy::start(world.server.addresses[0], cuts.clone()).await.unwrap();
    let (bob, carol) = (world.join("bob").await, world.join("carol").await);
    let token = world.server.token("alice").await.unwrap();
    let options = ClientOptions::new(world.server.app_key(), proxy.navi_url()).channel(channel);
    let alice = Person::new("alice", token, options.user_id("alice"));
    let lines = lines(150);
    for line in &lines {
        for peer in ["bob", "carol"] {
            enqueue(&alice, &ConversationKey::private(peer), std::slice::from_ref(line)).await;
        }
    }
    // The first line may break before the login ends.
    let _ = alice.client.connect(alice.token.clone()).await;
    carry_on(&alice, "everything sent", |heard| heard.sent.len() >= 2 * lines.len()).await;
    assert_eq!(proxy.cuts_made(), cuts.len(), "every planned loss happened");
    alice.client.sync_now().await.unwrap();
    for person in [&bob, &carol] {
        assert_eq!(person.heard.wait_messages(lines.len()).texts(), lines, "{}", person.user);
        person.client.sync_now().await.unwrap();
        assert_eq!(texts_of(person, &ConversationKey::private("alice")).await, lines, "{}", person.user);
        assert_eq!(texts_of(&alice, &ConversationKey::private(&person.user)).await, lines, "{}", person.user);
    }
    let heard = alice.heard.heard();
    assert_eq!(heard.sent.len(), 2 * lines.len(), "each is told once");
    assert!(heard.messages.is_empty(), "none is taken for another device's: {:?}", heard.texts());
}

async fn a_client_that_ends_between_message_and_acknowledgement_doubles_nothing_there(
    channel: ConnectionChannel,
) {
    let world = world(plain(), channel).await;
    let bob = world.join("bob").await;
    let (folder, to_bob) = (new_folder("alice"), ConversationKey::private("bob"));
    let lines = lines(60);
    let alice = world.person("alice", on_disk(world.options(), &folder)).await;
    enqueue(&alice, &to_bob, &lines).await;
    drop(alice);
    for step in 0..8 {
        let proxy = Proxy::start(world.server.addresses[0], [300 + step * 41]).await.unwrap();
        let options = ClientOptions::new(world.server.app_key(), proxy.navi_url()).channel(channel);
        let alice = world.person("alice", on_disk(options, &folder)).await;
        let _ = alice.client.connect(alice.token.clone()).await;
        // It ends as soon as it has lost the line, with what that line left unanswered in its outbox.
        alice.heard.wait("the loss", has_lost_the_line);
        assert_eq!(proxy.cuts_made(), 1);
    }
    let alice = world.person("alice", on_disk(world.options(), &folder)).await;
    alice.connect().await;
    for message in alice.messages().history(to_bob.clone(), 0, 1000).await.unwrap() {
        alice.messages().wait_sent(message.id).await.unwrap();
    }
    alice.client.sync_now().await.unwrap();
    bob.client.sync_now().await.unwrap();
    assert_eq!(texts_of(&bob, &ConversationKey::private("alice")).await, lines);
    assert_eq!(texts_of(&alice, &to_bob).await, lines);
}
