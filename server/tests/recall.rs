//! Recalls: in history, in inboxes, in lists, within their time, once. Every test runs as one process and as
//! two gateways on one store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use anser::wire::{PubAck, body};
use anser_server::{Clock, Config};
use common::{Client, Net, message, text, words};

both_ways!(
    a_recall_replaces_the_message_everywhere,
    who_was_offline_never_gets_the_text,
    a_group_recall_reaches_every_member,
    a_recall_of_a_directed_message_reaches_only_who_had_it,
    recalls_end_with_their_time,
    foreign_unknown_and_broken_recalls_are_refused,
    a_repeated_recall_gets_the_first_answer,
);

const LIMIT: i64 = 120_000;

async fn start(gateways: usize) -> Net {
    Net::start(gateways, Config::default()).await
}

fn command(kind: i32, target: &str, uid: &str) -> body::UpstreamMessage {
    let content = serde_json::json!({
        "conversationType": kind, "targetId": target, "messageUId": uid, "sentTime": 1, "extra": "why",
    });
    message("RC:RcCmd", 1, &content.to_string())
}

async fn recall(client: &mut Client, kind: i32, target: &str, uid: &str) -> PubAck {
    let own = client.user.clone();
    client.publish("recallMsg", &own, &command(kind, target, uid)).await
}

fn named(message: &body::DownstreamMessage) -> String {
    let content: serde_json::Value = serde_json::from_slice(message.content.as_ref().unwrap()).unwrap();
    content["messageUId"].as_str().unwrap().to_owned()
}

fn name(message: &body::DownstreamMessage) -> &str {
    message.object_name.as_deref().unwrap()
}

async fn a_recall_replaces_the_message_everywhere(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let mut phone = net.login_as("alice", "&apiVer=1&platform=mobile").await;
    alice.say("bob", "stays").await;
    let sent = alice.say("bob", "goes").await;
    bob.take(2).await;
    phone.take(2).await;
    let ack = recall(&mut alice, 1, "bob", &sent.uid).await;
    assert_eq!(ack.status, 0);
    assert_ne!(ack.uid, sent.uid, "the command is a message of its own");
    assert!(ack.time() > sent.time());
    for client in [&mut bob, &mut phone] {
        client.take(3).await;
        let seen = &client.got[2];
        assert_eq!((name(seen), named(seen)), ("RC:RcCmd", sent.uid.to_string()));
        assert_eq!(seen.message_uid.as_deref(), Some(&*ack.uid));
        assert_eq!((seen.status, seen.r#type), (Some(0x10), Some(1)));
    }
    assert_eq!(bob.got[2].from_user_id.as_deref(), Some("alice"));
    assert_eq!((phone.got[2].direction, phone.got[2].from_user_id.as_deref()), (Some(1), Some("bob")));
    for (client, peer) in [(&mut alice, "bob"), (&mut bob, "alice")] {
        let page = client.history("qryPMsg", peer).await;
        assert_eq!(page.len(), 2, "the command itself is not in it");
        assert_eq!((name(&page[0]), named(&page[0])), ("RC:RcCmd", sent.uid.to_string()));
        assert_eq!(page[0].message_uid.as_deref(), Some(&*sent.uid), "in its old place, by its old name");
        assert_eq!(page[0].data_time, Some(sent.time() as i64));
        assert_eq!(page[0].status, Some(0x10), "it does not count");
        assert_eq!(words(&page[1]), "stays");
        let last = client.conversations().await[0].message.clone().unwrap();
        assert_eq!((name(&last), last.data_time), ("RC:RcCmd", Some(sent.time() as i64)));
    }
}

async fn who_was_offline_never_gets_the_text(gateways: usize) {
    let net = start(gateways).await;
    let mut alice = net.login("alice").await;
    alice.say("bob", "before").await;
    let sent = alice.say("bob", "secret").await;
    alice.say("bob", "after").await;
    assert_eq!(recall(&mut alice, 1, "bob", &sent.uid).await.status, 0);
    alice.say("bob", "last").await;
    for client in [net.login("bob").await, net.login_as("alice", "&apiVer=1&platform=mobile").await] {
        let names: Vec<&str> = client.got.iter().map(name).collect();
        assert_eq!(names, ["RC:TxtMsg", "RC:TxtMsg", "RC:RcCmd", "RC:TxtMsg"]);
        let texts: Vec<String> = client.got.iter().filter(|m| name(m) == "RC:TxtMsg").map(words).collect();
        assert_eq!(texts, ["before", "after", "last"]);
    }
    // Its own name may not bring it back either.
    let mut bob = net.login("bob").await;
    let texts = bob.history("qryPMsg", "alice").await;
    assert!(texts.iter().all(|m| !String::from_utf8_lossy(m.content.as_ref().unwrap()).contains("secret")));
}

async fn a_group_recall_reaches_every_member(gateways: usize) {
    let net = start(gateways).await;
    net.first().create_group("g", "G", &["alice", "bob", "carol"]).await.unwrap();
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let sent = alice.publish("pgMsgP", "g", &text("goes")).await;
    bob.take(1).await;
    assert_eq!(recall(&mut alice, 3, "g", &sent.uid).await.status, 0);
    bob.take(2).await;
    assert_eq!(name(&bob.got[1]), "RC:RcCmd");
    assert_eq!((bob.got[1].r#type, bob.got[1].group_id.as_deref()), (Some(3), Some("g")));
    let carol = net.login("carol").await;
    assert_eq!(carol.got.iter().map(name).collect::<Vec<_>>(), ["RC:RcCmd"]);
    assert_eq!(name(&bob.history("qryGMsg", "g").await[0]), "RC:RcCmd");
}

async fn a_recall_of_a_directed_message_reaches_only_who_had_it(gateways: usize) {
    let net = start(gateways).await;
    net.first().create_group("g", "G", &["alice", "bob", "carol"]).await.unwrap();
    let mut alice = net.login("alice").await;
    let mut directed = text("for bob");
    directed.to_user_ids = vec!["bob".into()];
    let sent = alice.publish("pgMsgP", "g", &directed).await;
    assert_eq!(recall(&mut alice, 3, "g", &sent.uid).await.status, 0);
    assert_eq!(net.login("bob").await.got.iter().map(name).collect::<Vec<_>>(), ["RC:RcCmd"]);
    assert!(net.login("carol").await.got.is_empty());
}

async fn recalls_end_with_their_time(gateways: usize) {
    let clock = Clock::manual(1_700_000_000_000);
    let config = Config { clock: clock.clone(), ..Config::default() };
    let net = Net::start(gateways, config.clone()).await;
    let mut alice = net.login("alice").await;
    let (first, second) = (alice.say("bob", "1").await, alice.say("bob", "2").await);
    clock.set(first.time() as i64 + LIMIT);
    assert_eq!(recall(&mut alice, 1, "bob", &first.uid).await.status, 0, "the last moment");
    clock.set(second.time() as i64 + LIMIT + 1);
    let late = recall(&mut alice, 1, "bob", &second.uid).await;
    assert_eq!((late.status, &*late.uid), (25101, ""));
    assert_eq!(words(&alice.history("qryPMsg", "bob").await[0]), "2", "it is as it was");

    let net = Net::start(gateways, Config { recall_seconds: 0, ..config }).await;
    let mut alice = net.login("alice").await;
    let sent = alice.say("bob", "1").await;
    clock.advance(365 * 86_400_000);
    assert_eq!(recall(&mut alice, 1, "bob", &sent.uid).await.status, 0, "no limit");
}

async fn foreign_unknown_and_broken_recalls_are_refused(gateways: usize) {
    let net = start(gateways).await;
    net.first().create_group("g", "G", &["alice", "bob"]).await.unwrap();
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let sent = alice.say("bob", "stays").await;
    bob.take(1).await;
    assert_eq!(recall(&mut bob, 1, "alice", &sent.uid).await.status, 25101, "foreign");
    assert_eq!(recall(&mut alice, 1, "bob", "0000-0000-0000-0000").await.status, 25101, "unknown");
    assert_eq!(recall(&mut alice, 1, "carol", &sent.uid).await.status, 25101, "elsewhere");
    assert_eq!(recall(&mut alice, 3, "g", &sent.uid).await.status, 25101, "elsewhere");
    assert_eq!(recall(&mut alice, 4, "room", &sent.uid).await.status, 25101, "no such kind");
    assert_eq!(recall(&mut alice, 1, "", "").await.status, 25101);
    let other_name =
        body::UpstreamMessage { object_name: Some("RC:TxtMsg".into()), ..command(1, "bob", &sent.uid) };
    assert_eq!(alice.publish("recallMsg", "alice", &other_name).await.status, 25101);
    assert_eq!(alice.publish("recallMsg", "alice", &message("RC:RcCmd", 1, "[]")).await.status, 25101);
    assert_eq!(words(&bob.history("qryPMsg", "alice").await[0]), "stays");
    bob.settle().await;
    assert_eq!(bob.words(), ["stays"]);

    // A recall is for good: taken back itself, those who were away would keep the text.
    let goes = alice.say("bob", "goes").await;
    bob.take(2).await;
    let taken = recall(&mut alice, 1, "bob", &goes.uid).await;
    assert_eq!(taken.status, 0);
    assert_eq!(recall(&mut alice, 1, "bob", &taken.uid).await.status, 25101, "a recall");
    bob.take(3).await;
    assert_eq!((name(&bob.got[2]), named(&bob.got[2])), ("RC:RcCmd", goes.uid.to_string()));
}

async fn a_repeated_recall_gets_the_first_answer(gateways: usize) {
    let clock = Clock::manual(1_700_000_000_000);
    let net = Net::start(gateways, Config { clock: clock.clone(), ..Config::default() }).await;
    let mut alice = net.login("alice").await;
    let mut original = text("goes");
    original.client_unique_id = Some(1);
    let sent = alice.publish("ppMsgP", "bob", &original).await;
    let mut once = command(1, "bob", &sent.uid);
    once.client_unique_id = Some(2);
    let answer = |ack: &PubAck| (ack.status, ack.uid.clone(), ack.time());
    let first = alice.publish("recallMsg", "alice", &once).await;
    assert_eq!(first.status, 0);
    // The retry comes when the time is over: it is the first one's answer that counts.
    clock.advance(LIMIT + 1000);
    let mut again = net.login("alice").await;
    assert_eq!(answer(&again.publish("recallMsg", "alice", &once).await), answer(&first));
    // A client without ids of its own, or another device: it is done already.
    assert_eq!(answer(&recall(&mut again, 1, "bob", &sent.uid).await), answer(&first));
    // The message itself, sent again, does not come back.
    assert_eq!(answer(&again.publish("ppMsgP", "bob", &original).await), answer(&sent));
    let bob = net.login("bob").await;
    assert_eq!(bob.got.iter().map(name).collect::<Vec<_>>(), ["RC:RcCmd"]);
}
