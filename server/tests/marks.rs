//! Marks: what was delivered, what was read, and who is told. Every test runs as one process and as two
//! gateways on one store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use anser::wire::body;
use anser_server::{Clock, Config};
use common::{Client, Net, message, text};

both_ways!(
    a_sender_online_is_told_of_deliveries,
    a_sender_offline_finds_deliveries_in_the_list,
    only_ansers_own_clients_are_told,
    a_server_without_additions_tells_nothing,
    read_receipts_raise_the_peers_mark,
    read_marks_merge_by_maximum,
    who_answers_in_a_browser_has_read,
);

const WEB25: &str = "&apiVer=4711";
const ENGINE: &str = "&apiVer=normal&pid=undefined";

async fn start(gateways: usize) -> Net {
    Net::start(gateways, Config::default()).await
}

fn told(notice: &body::DownstreamMessage) -> i64 {
    let content: serde_json::Value = serde_json::from_slice(notice.content.as_ref().unwrap()).unwrap();
    content["lastMessageSendTime"].as_i64().unwrap()
}

/// Takes notices until one says this time; they only grow.
async fn told_up_to(client: &mut Client, time: i64) -> body::DownstreamMessage {
    let mut before = 0;
    loop {
        let notice = client.take_addition().await;
        assert!(told(&notice) > before && told(&notice) <= time);
        before = told(&notice);
        if before == time {
            return notice;
        }
    }
}

async fn item(client: &mut Client, target: &str) -> body::ConversationItem {
    let items = client.conversations().await;
    items.into_iter().find(|item| item.target_id.as_deref() == Some(target)).expect("it is listed")
}

/// Asks until the mark of delivery is there: it is written after the receiver's confirmation, which nobody
/// answers.
async fn delivered(client: &mut Client, target: &str, time: i64) {
    let asked = async {
        while item(client, target).await.peer_delivered_time != Some(time) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(common::DEADLINE, asked).await.expect("the mark in time");
}

async fn a_sender_online_is_told_of_deliveries(gateways: usize) {
    let net = start(gateways).await;
    let mut alice = net.login("alice").await;
    let first = alice.say("bob", "offline").await.time() as i64;
    alice.settle().await;
    assert!(alice.additions.is_empty(), "nobody has it yet");
    // A page, confirmed by QUERYCON.
    let mut bob = net.login("bob").await;
    let notice = told_up_to(&mut alice, first).await;
    assert_eq!(notice.object_name.as_deref(), Some("AN:DlvNtf"));
    assert_eq!(notice.from_user_id.as_deref(), Some("bob"));
    assert_eq!(notice.group_id.as_deref(), Some("alice"));
    assert_eq!((notice.r#type, notice.status), (Some(1), Some(0)));
    // Pushed ones, confirmed by PUBACK.
    let mut last = 0;
    for n in 0..5 {
        last = alice.say("bob", &n.to_string()).await.time() as i64;
    }
    bob.take(6).await;
    told_up_to(&mut alice, last).await;
    delivered(&mut alice, "bob", last).await;
    // A notice lies in no inbox, and what nobody keeps or counts is not worth one.
    bob.publish("ppMsgP", "alice", &message("RC:CmdMsg", 0, "{}")).await;
    alice.take(1).await;
    bob.settle().await;
    assert!(bob.additions.is_empty());
    assert_eq!(net.login("alice").await.got.len(), 7, "six own ones and the command");
}

async fn a_sender_offline_finds_deliveries_in_the_list(gateways: usize) {
    let net = start(gateways).await;
    let mut alice = net.login("alice").await;
    let time = alice.say("bob", "hello").await.time() as i64;
    assert_eq!(item(&mut alice, "bob").await.peer_delivered_time, None);
    alice.close().await;
    net.login("bob").await.close().await;
    let mut alice = net.login("alice").await;
    delivered(&mut alice, "bob", time).await;
    // A group has no such mark.
    net.first().create_group("g", "G", &["alice", "bob"]).await.unwrap();
    alice.publish("pgMsgP", "g", &text("all")).await;
    net.login("bob").await.close().await;
    assert_eq!(item(&mut alice, "g").await.peer_delivered_time, None);
}

async fn only_ansers_own_clients_are_told(gateways: usize) {
    let net = Net::start(gateways, Config { multi_device: true, ..Config::default() }).await;
    let mut anser = net.login("alice").await;
    let mut others = [net.login_as("alice", WEB25).await, net.login_as("alice", ENGINE).await];
    // The receiver's generation does not matter.
    let mut bob = net.login_as("bob", WEB25).await;
    let time = anser.say("bob", "hello").await.time() as i64;
    bob.take(1).await;
    told_up_to(&mut anser, time).await;
    let receipt = format!(r#"{{"messageUId":"x","lastMessageSendTime":{time},"type":1}}"#);
    bob.publish("ppMsgP", "alice", &message("RC:ReadNtf", 0, &receipt)).await;
    for other in &mut others {
        other.take(2).await;
        other.settle().await;
        assert!(other.additions.is_empty());
        let item = item(other, "bob").await;
        assert_eq!((item.peer_delivered_time, item.peer_read_time), (None, None));
    }
}

async fn a_server_without_additions_tells_nothing(gateways: usize) {
    let net = Net::start(gateways, Config { announce_additions: false, ..Config::default() }).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    alice.say("bob", "hello").await;
    while bob.got.is_empty() {
        let frame = bob.frame().await.unwrap();
        bob.act(frame).await;
    }
    // bob's answer comes after anything that his confirmation could have set off.
    bob.settle().await;
    bob.say("alice", "back").await;
    alice.take(1).await;
    alice.settle().await;
    assert!(alice.additions.is_empty());
    assert_eq!(item(&mut alice, "bob").await.peer_delivered_time, None);
}

async fn read_receipts_raise_the_peers_mark(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let time = alice.say("bob", "hello").await.time() as i64;
    bob.take(1).await;
    // Telling the own devices tells the peer nothing.
    let mark = format!(r#"{{"lastMessageSendTime":{time}}}"#);
    bob.publish("ppMsgP", "alice", &message("RC:SRSMsg", 0, &mark)).await;
    assert_eq!(item(&mut alice, "bob").await.peer_read_time, None);
    let receipt = format!(r#"{{"messageUId":"x","lastMessageSendTime":{time},"type":1}}"#);
    bob.publish("ppMsgP", "alice", &message("RC:ReadNtf", 0, &receipt)).await;
    alice.take(1).await;
    assert_eq!(item(&mut alice, "bob").await.peer_read_time, Some(time));
    assert_eq!(item(&mut bob, "alice").await.read_message_time, Some(time));
    assert_eq!(item(&mut bob, "alice").await.peer_read_time, None);
}

async fn read_marks_merge_by_maximum(gateways: usize) {
    let clock = Clock::manual(1_700_000_000_000);
    let net = Net::start(gateways, Config { clock: clock.clone(), ..Config::default() }).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let times: Vec<i64> = [bob.say("alice", "1").await, bob.say("alice", "2").await]
        .iter()
        .map(|ack| ack.time() as i64)
        .collect();
    let read = async |alice: &mut Client| item(alice, "bob").await.read_message_time.unwrap();
    let by_engine = |time| body::MarkConversationReadRequest {
        r#type: Some(1),
        message_time: Some(time),
        target_id: Some("bob".into()),
    };
    assert_eq!(alice.ask("updRRTime", "alice", &by_engine(times[1])).await, 0);
    assert_eq!(read(&mut alice).await, times[1]);
    let older = format!(r#"{{"lastMessageSendTime":"{}"}}"#, times[0]);
    alice.publish("ppMsgP", "bob", &message("RC:SRSMsg", 0, &older)).await;
    assert_eq!(alice.ask("updRRTime", "alice", &by_engine(-5)).await, 0);
    assert_eq!(read(&mut alice).await, times[1], "marks only grow");
    // A mark in the future counts as now: it must not swallow what is yet to come.
    assert_eq!(alice.ask("updRRTime", "alice", &by_engine(i64::MAX)).await, 0);
    assert_eq!(read(&mut alice).await, times[1]);
    let receipt = format!(r#"{{"lastMessageSendTime":{}}}"#, i64::MAX);
    alice.publish("ppMsgP", "bob", &message("RC:ReadNtf", 0, &receipt)).await;
    let third = bob.say("alice", "3").await.time() as i64;
    assert!(read(&mut alice).await < third);
}

async fn who_answers_in_a_browser_has_read(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login_as("alice", WEB25).await, net.login("bob").await);
    bob.say("alice", "question").await;
    let answer = alice.say("bob", "answer").await.time() as i64;
    assert_eq!(item(&mut alice, "bob").await.read_message_time, Some(answer));
    // A command says nothing about reading.
    bob.say("alice", "again").await;
    alice.publish("ppMsgP", "bob", &message("RC:CmdMsg", 0, "{}")).await;
    assert_eq!(item(&mut alice, "bob").await.read_message_time, Some(answer));
    // What leaves an outbox may have been written before anything was read.
    let mut carol = net.login("carol").await;
    bob.say("carol", "question").await;
    carol.say("bob", "from the outbox").await;
    assert_eq!(item(&mut carol, "bob").await.read_message_time, Some(0));
}
