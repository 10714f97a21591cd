//! Every message is in the receiver's store exactly once and in order, whatever dies in between, over
//! both channels.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::net::SocketAddr;
use std::path::Path;

use anser::client::ClientOptions;
use anser::model::{ConnectionChannel, ConnectionStatus, ConversationKey, Message};
use anser_server::{Config, Running, Server};
use anser_testkit::{Heard, Person, Proxy, World, new_folder, over_both, text_of};

over_both!(
    a_burst_survives_the_death_of_both_sides,
    lost_acknowledgements_double_nothing,
    lost_pages_come_again_and_double_nothing,
    a_server_without_additions_serves_the_plain_path,
);

fn texts(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("line {number}")).collect()
}

async fn enqueue(person: &Person, to: &ConversationKey, lines: &[String]) {
    for line in lines {
        person.messages().send_text(to.clone(), line.clone()).await.unwrap();
    }
}

/// The whole conversation as the store has it.
async fn stored(person: &Person, conversation: &ConversationKey) -> Vec<Message> {
    person.messages().history(conversation.clone(), 0, 1000).await.unwrap()
}

async fn stored_texts(person: &Person, conversation: &ConversationKey) -> Vec<String> {
    stored(person, conversation).await.iter().map(text_of).collect()
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

async fn server(data: &Path, bind: Option<SocketAddr>) -> Running {
    let base = Config::default();
    let bind = bind.unwrap_or(base.bind);
    Server::start(Config { data: Some(data.to_owned()), bind, ..base }).await.unwrap()
}

fn options(server: &Running, data: &Path, channel: ConnectionChannel) -> ClientOptions {
    let options = ClientOptions::new(server.app_key(), server.navi_url());
    options.data_dir(data.to_str().unwrap()).channel(channel)
}

async fn a_burst_survives_the_death_of_both_sides(channel: ConnectionChannel) {
    let (on_server, on_alice, on_bob) = (new_folder("server"), new_folder("alice"), new_folder("bob"));
    let first = server(&on_server, None).await;
    let (address, alices, bobs) =
        (first.addresses[0], first.token("alice").await.unwrap(), first.token("bob").await.unwrap());
    let to_bob = ConversationKey::private("bob");
    let lines = texts(300);

    let alice = Person::new("alice", alices.clone(), options(&first, &on_alice, channel));
    let bob = Person::new("bob", bobs.clone(), options(&first, &on_bob, channel));
    alice.connect().await;
    bob.connect().await;
    enqueue(&alice, &to_bob, &lines[..200]).await;
    alice.heard.wait("the burst on its way", |heard| heard.sent.len() >= 20);
    first.kill();
    drop(first);

    // Both clients end while the server is away; the sender goes on writing into its outbox.
    let heard_before = bob.heard.heard().texts();
    drop(alice);
    let second = server(&on_server, Some(address)).await;
    let alice = Person::new("alice", alices.clone(), options(&second, &on_alice, channel));
    enqueue(&alice, &to_bob, &lines[200..]).await;
    alice.connect().await;
    carry_on(&bob, "some of the rest", |heard| heard.messages.len() > heard_before.len()).await;
    drop(bob);
    second.kill();
    drop(second);

    let third = server(&on_server, Some(address)).await;
    let bob = Person::new("bob", bobs, options(&third, &on_bob, channel));
    bob.connect().await;
    let newest = |heard: &Heard| heard.sent.last().map(text_of) == lines.last().cloned();
    carry_on(&alice, "everything sent", newest).await;
    bob.client.sync_now().await.unwrap();

    assert_eq!(stored_texts(&bob, &ConversationKey::private("alice")).await, lines);
    let sent = stored(&alice, &to_bob).await;
    assert_eq!(sent.iter().map(text_of).collect::<Vec<_>>(), lines);
    assert!(sent.iter().all(|message| message.sent_status.has_arrived()));
}

async fn lost_acknowledgements_double_nothing(channel: ConnectionChannel) {
    let world = World::over(channel).await;
    // Upgrade and login take some 200 bytes: the cuts fall into acknowledgements from the first on.
    let cuts: Vec<usize> = (0..16).map(|step| 260 + step * 53).collect();
    let proxy = Proxy::start(world.server.addresses[0], cuts.clone()).await.unwrap();
    let bob = world.join("bob").await;
    let token = world.server.token("alice").await.unwrap();
    let options = ClientOptions::new(world.server.app_key(), proxy.navi_url()).channel(channel);
    let alice = Person::new("alice", token, options.user_id("alice"));
    let to_bob = ConversationKey::private("bob");
    let lines = texts(400);
    enqueue(&alice, &to_bob, &lines).await;
    // The first line may break before the login ends.
    let _ = alice.client.connect(alice.token.clone()).await;
    carry_on(&alice, "everything sent", |heard| heard.sent.len() >= lines.len()).await;
    assert_eq!(proxy.cuts_made(), cuts.len(), "every planned loss happened");

    let heard = bob.heard.wait_messages(lines.len());
    assert_eq!(heard.texts(), lines);
    assert_eq!(stored_texts(&bob, &ConversationKey::private("alice")).await, lines);
    alice.client.sync_now().await.unwrap();
    assert_eq!(stored_texts(&alice, &to_bob).await, lines);
    assert_eq!(alice.heard.heard().sent.len(), lines.len(), "each is told once");
}

async fn lost_pages_come_again_and_double_nothing(channel: ConnectionChannel) {
    let world = World::over(channel).await;
    let alice = world.join("alice").await;
    let lines = texts(350);
    enqueue(&alice, &ConversationKey::private("bob"), &lines).await;
    alice.heard.wait("everything sent", |heard| heard.sent.len() == lines.len());

    let cuts = [300, 900, 9_000, 20_000, 40_000];
    let proxy = Proxy::start(world.server.addresses[0], cuts).await.unwrap();
    let token = world.server.token("bob").await.unwrap();
    let options = ClientOptions::new(world.server.app_key(), proxy.navi_url());
    let bob = Person::new("bob", token, options.channel(channel));
    let _ = bob.client.connect(bob.token.clone()).await;
    carry_on(&bob, "everything", |heard| heard.messages.len() >= lines.len()).await;
    assert_eq!(bob.heard.heard().texts(), lines);
    assert_eq!(stored_texts(&bob, &ConversationKey::private("alice")).await, lines);
}

async fn a_server_without_additions_serves_the_plain_path(channel: ConnectionChannel) {
    let config = Config { announce_additions: false, ..Config::default() };
    let world = World { channel: Some(channel), ..World::with(config).await };
    let (on_alice, on_bob) = (new_folder("alice"), new_folder("bob"));
    let (from_alice, to_bob) = (ConversationKey::private("alice"), ConversationKey::private("bob"));
    let open = |data: &Path| world.options().data_dir(data.to_str().unwrap());
    let lines = texts(150);
    for (round, part) in lines.chunks(50).enumerate() {
        let alice = world.person("alice", open(&on_alice)).await;
        alice.connect().await;
        enqueue(&alice, &to_bob, part).await;
        // The receiver is late in the even rounds and there in the odd ones.
        let early = if round % 2 == 1 { Some(world.person("bob", open(&on_bob)).await) } else { None };
        if let Some(bob) = &early {
            bob.connect().await;
        }
        alice.heard.wait("this part sent", |heard| heard.sent.len() == part.len());
        let bob = match early {
            Some(bob) => bob,
            None => {
                let bob = world.person("bob", open(&on_bob)).await;
                bob.connect().await;
                bob
            }
        };
        assert_eq!(bob.heard.wait_messages(part.len()).texts(), part);
        bob.say(&from_alice, &format!("answer {round}")).await;
        alice.heard.wait_messages(1);
        alice.client.sync_now().await.unwrap();
    }
    for (user, data, peer) in [("alice", &on_alice, &to_bob), ("bob", &on_bob, &from_alice)] {
        let person = world.person(user, open(data)).await;
        person.connect().await;
        person.client.sync_now().await.unwrap();
        let all = stored_texts(&person, peer).await;
        assert_eq!(all.iter().filter(|text| text.starts_with("line")).cloned().collect::<Vec<_>>(), lines);
        assert_eq!(all.len(), lines.len() + 3, "{user}");
    }
}
