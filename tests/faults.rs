//! Lines that break, in ways that the fault proxy makes exact.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use anser::client::ClientOptions;
use anser::model::{ConnectionChannel, ConversationKey};
use anser_testkit::{DEADLINE, Fault, FaultProxy, World, over_both};

over_both!(everything_that_trickles_arrives, a_message_whose_answer_is_lost_is_sent_once);

/// A world whose clients go through a proxy.
async fn world(channel: ConnectionChannel) -> (World, FaultProxy) {
    let world = World::over(channel).await;
    let proxy = FaultProxy::start(world.server.address().parse().unwrap()).await.unwrap();
    (world, proxy)
}

fn through(world: &World, proxy: &FaultProxy) -> ClientOptions {
    ClientOptions { navigation: proxy.navi_url(), ..world.options() }
}

/// From the first byte of the line on: the answer to the upgrade, to the login, to the message.
async fn everything_that_trickles_arrives(channel: ConnectionChannel) {
    let (world, proxy) = world(channel).await;
    proxy.plan([(0, Fault::Dribble(usize::MAX))]);
    let alice = world.person("alice", through(&world, &proxy)).await;
    alice.connect().await;
    assert_eq!(alice.client.channel(), channel);
    let bob = world.join("bob").await;
    alice.say(&ConversationKey::private("bob"), "slowly").await;
    assert_eq!(bob.heard.wait_messages(1).texts(), ["slowly"]);
}

async fn a_message_whose_answer_is_lost_is_sent_once(channel: ConnectionChannel) {
    let (world, proxy) = world(channel).await;
    let alice = world.person("alice", through(&world, &proxy)).await;
    alice.connect().await;
    alice.client.sync_now().await.unwrap();
    let bob = world.join("bob").await;
    proxy.plan([(1, Fault::DropAnswers)]);
    for text in ["one", "two", "three"] {
        alice.say(&ConversationKey::private("bob"), text).await;
    }
    tokio::time::timeout(DEADLINE, proxy.calm()).await.unwrap();
    assert_eq!(proxy.strikes().len(), 1);
    bob.client.sync_now().await.unwrap();
    let told = bob.heard.wait_messages(3).texts();
    let stored = bob.messages().history(ConversationKey::private("alice"), 0, 10).await.unwrap();
    assert_eq!((told, stored.len()), (["one", "two", "three"].map(String::from).to_vec(), 3));
}
