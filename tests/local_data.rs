//! What the client's data directory promises: an offline start, one client at a time, users never mixed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use anser::client::{Client, ClientOptions};
use anser::model::{ConversationKey, SentStatus};
use anser_testkit::{Person, World, new_folder, text_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_remembered_user_works_before_any_network() {
    let world = World::new().await;
    let bob = world.join("bob").await;
    let (from_alice, to_bob) = (ConversationKey::private("alice"), ConversationKey::private("bob"));
    let data = new_folder("alice");
    let options = world.options().data_dir(data.to_str().unwrap());
    let alice = world.person("alice", options.clone()).await;
    let untouched = alice.messages().send_text(to_bob.clone(), "too early".into()).await.unwrap_err();
    assert_eq!(untouched.code().0, 33001, "nobody is known yet");
    alice.connect().await;
    alice.say(&to_bob, "before").await;
    let token = alice.token.clone();
    drop(alice);

    // A port where nobody listens: the network is away.
    let away = ClientOptions { navigation: "http://127.0.0.1:1".into(), ..options.clone() };
    let alice = Person::new("alice", token.clone(), away);
    assert_eq!(alice.client.current_user_id().as_deref(), Some("alice"));
    let failure = alice.client.connect(token.clone()).await.unwrap_err();
    assert_eq!(failure.code().0, 30004, "{failure}");
    alice.client.disconnect().await.unwrap();
    let queued = alice.messages().send_text(to_bob.clone(), "offline".into()).await.unwrap();
    assert_eq!(queued.sent_status, SentStatus::Sending);
    let history = alice.messages().history(to_bob.clone(), 0, 10).await.unwrap();
    assert_eq!(history.iter().map(text_of).collect::<Vec<_>>(), ["before", "offline"]);
    assert_eq!(alice.client.conversations().list(vec![], None, 10).await.unwrap()[0].key, to_bob);
    drop(alice);

    let alice = Person::new("alice", token, options);
    alice.connect().await;
    alice.messages().wait_sent(queued.id).await.unwrap();
    assert_eq!(bob.heard.wait_messages(2).texts(), ["before", "offline"]);
    let history = bob.messages().history(from_alice, 0, 10).await.unwrap();
    assert_eq!(history.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_client_on_the_same_data_is_refused() {
    let world = World::new().await;
    let data = new_folder("shared");
    let options = world.options().data_dir(data.to_str().unwrap());
    let first = world.person("alice", options.clone()).await;
    // Before anybody is known both can be made: the data is a user's.
    let second = world.person("alice", options.clone()).await;
    first.connect().await;
    let refused = second.client.connect(second.token.clone()).await.unwrap_err();
    assert_eq!(refused.code().0, 34307);
    assert_eq!(Client::new(options.clone()).err().unwrap().code().0, 34307, "the user is remembered");
    first.say(&ConversationKey::private("bob"), "still mine").await;

    drop(first);
    second.connect().await;
    let history = second.messages().history(ConversationKey::private("bob"), 0, 10).await.unwrap();
    assert_eq!(history.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_gets_another_store() {
    let world = World::new().await;
    let data = new_folder("two-users");
    let carol = world.join("carol").await;
    let to_carol = ConversationKey::private("carol");
    let phone = world.person("alice", world.options().data_dir(data.to_str().unwrap())).await;
    phone.connect().await;
    phone.say(&to_carol, "from alice").await;
    phone.client.disconnect().await.unwrap();
    // The same row number in both stores: a wait for one must not be answered with the other.
    let waiting = phone.messages().send_text(to_carol.clone(), "alice, later".into()).await.unwrap();
    let messages = phone.messages();
    let id = waiting.id;
    let wait = tokio::spawn(async move { messages.wait_sent(id).await });
    // The wait is registered once a later call of the same actor is answered.
    phone.client.disconnect().await.unwrap();

    let bobs = world.server.token("bob").await.unwrap();
    assert_eq!(phone.client.connect(bobs).await.unwrap(), "bob");
    assert_eq!(phone.client.current_user_id().as_deref(), Some("bob"));
    assert!(phone.messages().history(to_carol.clone(), 0, 10).await.unwrap().is_empty());
    assert!(phone.client.conversations().list(vec![], None, 10).await.unwrap().is_empty());
    let first = phone.say(&to_carol, "from bob").await;
    let second = phone.say(&to_carol, "from bob again").await;
    assert!(first.id == id || second.id == id, "the test needs the same number in both stores");
    assert_eq!(wait.await.unwrap().unwrap_err().code().0, 33001);

    assert_eq!(phone.client.connect(phone.token.clone()).await.unwrap(), "alice");
    phone.messages().wait_sent(id).await.unwrap();
    let heard = carol.heard.wait_messages(4);
    let mut got: Vec<(String, String)> =
        heard.messages.iter().map(|message| (message.sender_user_id.clone(), text_of(message))).collect();
    got.sort();
    let expected =
        [("alice", "alice, later"), ("alice", "from alice"), ("bob", "from bob"), ("bob", "from bob again")];
    assert_eq!(got, expected.map(|(user, text)| (user.to_owned(), text.to_owned())));
    let history = phone.messages().history(to_carol, 0, 10).await.unwrap();
    assert_eq!(history.iter().map(text_of).collect::<Vec<_>>(), ["from alice", "alice, later"]);
}
