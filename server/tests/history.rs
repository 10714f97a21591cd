//! How long the server keeps what it knows and whom it tells: history switched off and limited, deleting and
//! clearing, and the question whether anything unread waits. As one process and as two gateways.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use anser::wire::{Body, body};
use anser_server::{Clock, Config, Running};
use common::{Client, Net, http, message, text, words};

both_ways!(
    history_that_is_off_says_so,
    history_ends_with_its_days,
    clearing_and_deleting_change_only_the_own_view,
    unusable_times_and_strangers_uids_change_nothing,
    unread_messages_are_told_to_a_page,
    the_page_must_name_itself_properly,
);

const DAY: i64 = 86_400_000;

async fn navigation(gateway: &Running) -> serde_json::Value {
    let token = gateway.token("alice").await.unwrap();
    let head = format!("GET /navi.js?appId={}&token={token} HTTP/1.1", gateway.app_key());
    let (status, _, body) = http(gateway, &head, "").await;
    assert_eq!(status, 200);
    serde_json::from_str(&body).unwrap()
}

async fn texts(client: &mut Client, topic: &str, target: &str) -> Vec<String> {
    client.history(topic, target).await.iter().map(words).collect()
}

async fn history_that_is_off_says_so(gateways: usize) {
    let clock = Clock::manual(1_700_000_000_000);
    let config = Config { history: false, group_receipts: 1, clock: clock.clone(), ..Config::default() };
    let net = Net::start(gateways, config).await;
    let said = navigation(net.first()).await;
    assert_eq!((&said["historyMsg"], &said["grpRRVer"]), (&false.into(), &1.into()));
    let mut alice = net.login("alice").await;
    let sent = alice.say("bob", "hello").await.time() as i64;
    for topic in ["qryPMsg", "qryGMsg"] {
        let query = body::HistoryQuery { target_id: Some("bob".into()), ..Default::default() };
        assert_eq!(alice.ask(topic, "alice", &query).await, 33007);
    }
    assert_eq!(net.login("bob").await.words(), ["hello"], "delivery needs no history");
    // Without history a message is kept only as long as it may wait for somebody.
    assert_eq!(alice.conversations().await.len(), 1);
    clock.set(sent + 7 * DAY);
    net.first().purge().await.unwrap();
    assert_eq!(alice.conversations().await.len(), 0);

    let said = navigation(Net::one().await.first()).await;
    assert_eq!((&said["historyMsg"], &said["grpRRVer"]), (&true.into(), &0.into()), "the defaults");
}

async fn history_ends_with_its_days(gateways: usize) {
    let clock = Clock::manual(1_700_000_000_000);
    let config = Config { history_days: 10, clock: clock.clone(), ..Config::default() };
    let net = Net::start(gateways, config).await;
    net.first().create_group("g", "Group", &["alice", "bob"]).await.unwrap();
    let mut alice = net.login("alice").await;
    let old = alice.say("bob", "old").await.time() as i64;
    alice.publish("pgMsgP", "g", &text("old in the group")).await;
    clock.advance(5 * DAY);
    alice.say("bob", "new").await;
    clock.set(old + 10 * DAY - 1);
    net.first().purge().await.unwrap();
    assert_eq!(texts(&mut alice, "qryPMsg", "bob").await, ["new", "old"], "the last moment");
    assert_eq!(alice.conversations().await.len(), 2);
    clock.advance(2);
    for purged in [false, true] {
        if purged {
            net.first().purge().await.unwrap();
        }
        assert_eq!(texts(&mut alice, "qryPMsg", "bob").await, ["new"], "{purged}");
        assert!(texts(&mut alice, "qryGMsg", "g").await.is_empty());
        let list = alice.conversations().await;
        assert_eq!(list.len(), 1, "nothing of the group is left to show");
        assert_eq!(words(list[0].message.as_ref().unwrap()), "new");
    }
    clock.set(old);
    assert_eq!(texts(&mut alice, "qryPMsg", "bob").await, ["new"], "it is deleted, not hidden");
}

fn clear(target: &str, time: i64) -> body::ClearHistoryRequest {
    body::ClearHistoryRequest { target_id: Some(target.into()), data_time: Some(time), ..Default::default() }
}

fn delete(target: &str, uids: &[&str]) -> body::DeleteMessagesRequest {
    let item =
        |uid: &&str| body::DeleteMessageItem { message_uid: Some((*uid).into()), ..Default::default() };
    body::DeleteMessagesRequest {
        r#type: Some(1),
        conversation_id: Some(target.into()),
        messages: uids.iter().map(item).collect(),
    }
}

async fn clearing_and_deleting_change_only_the_own_view(gateways: usize) {
    let net = Net::start(gateways, Config::default()).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let mut sent = Vec::new();
    for n in 0..3 {
        sent.push(alice.say("bob", &n.to_string()).await);
    }
    assert_eq!(alice.ask("cleanPMsg", "bob", &clear("bob", sent[1].time() as i64)).await, 0);
    assert_eq!(texts(&mut alice, "qryPMsg", "bob").await, ["2"]);
    assert_eq!(alice.ask("delMsg", "bob", &delete("bob", &[&sent[2].uid])).await, 0);
    assert!(texts(&mut alice, "qryPMsg", "bob").await.is_empty());
    assert!(
        alice.conversations().await.is_empty(),
        "what was cleared does not come back as the last message"
    );
    assert_eq!(texts(&mut bob, "qryPMsg", "alice").await, ["2", "1", "0"]);
    bob.say("alice", "3").await;
    assert_eq!(texts(&mut alice, "qryPMsg", "bob").await, ["3"]);
    assert_eq!(words(alice.conversations().await[0].message.as_ref().unwrap()), "3");
}

async fn unusable_times_and_strangers_uids_change_nothing(gateways: usize) {
    let clock = Clock::manual(1_700_000_000_000);
    let net = Net::start(gateways, Config { clock: clock.clone(), ..Config::default() }).await;
    let (mut alice, mut dave) = (net.login("alice").await, net.login("dave").await);
    let sent = alice.say("bob", "stays").await;
    let future = clock.now_ms() + 60_001;
    assert_eq!(alice.ask("cleanPMsg", "bob", &clear("bob", future)).await, 1);
    for harmless in [0, -1, i64::MIN] {
        assert_eq!(alice.ask("cleanPMsg", "bob", &clear("bob", harmless)).await, 0);
    }
    assert_eq!(dave.ask("delMsg", "bob", &delete("bob", &[&sent.uid, "unknown"])).await, 0);
    assert_eq!(alice.ask("delMsg", "bob", &delete("bob", &["x"; 101])).await, 33003);
    assert_eq!(texts(&mut alice, "qryPMsg", "bob").await, ["stays"]);
    for time in [i64::MIN, -1, i64::MAX] {
        for count in [-1, 0, 1_000_000] {
            let query = body::HistoryQuery {
                target_id: Some("bob".into()),
                time: Some(time),
                count: Some(count),
                order: Some(0),
            };
            let answer = alice.query("qryPMsg", "alice", query.to_bytes()).await;
            assert_eq!(body::HistoryResult::from_bytes(answer.body).unwrap().list.len(), 1);
        }
    }
}

async fn exist(gateway: &Running, key: &str, token: &str, callback: &str) -> (u16, String) {
    let head = format!("GET /message/exist.js?appKey={key}&token={token}{callback}&_=1 HTTP/1.1");
    let (status, head, body) = http(gateway, &head, "").await;
    assert!(head.contains("access-control-allow-origin: *"));
    (status, body)
}

async fn unread(gateway: &Running, user: &str) -> bool {
    let token = gateway.token(user).await.unwrap();
    let (status, body) = exist(gateway, gateway.app_key(), &token, "&callBack=RCCallback").await;
    assert_eq!(status, 200);
    match body.as_str() {
        r#"RCCallback({"status":1})"# => true,
        r#"RCCallback({"status":0})"# => false,
        other => panic!("{other}"),
    }
}

async fn unread_messages_are_told_to_a_page(gateways: usize) {
    let clock = Clock::manual(1_700_000_000_000);
    let net = Net::start(gateways, Config { clock: clock.clone(), ..Config::default() }).await;
    net.first().create_group("g", "Group", &["alice", "bob"]).await.unwrap();
    let page = net.gateways.last().unwrap();
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    assert!(!unread(page, "bob").await);
    alice.publish("ppMsgP", "bob", &message("RC:CmdMsg", 0, "{}")).await;
    assert!(!unread(page, "bob").await, "it does not count");
    let time = alice.say("bob", "hello").await.time();
    assert!(unread(page, "bob").await);
    assert!(!unread(page, "alice").await, "own messages do not count");
    bob.take(2).await;
    assert!(unread(page, "bob").await, "pulled is not read");
    let mark = message("RC:SRSMsg", 0, &format!(r#"{{"lastMessageSendTime":{time}}}"#));
    bob.publish("ppMsgP", "alice", &mark).await;
    assert!(!unread(page, "bob").await);
    let sent = alice.publish("pgMsgP", "g", &text("all")).await;
    assert!(unread(page, "bob").await);
    let command = serde_json::json!({ "conversationType": 3, "targetId": "g", "messageUId": &*sent.uid });
    alice.publish("recallMsg", "alice", &message("RC:RcCmd", 1, &command.to_string())).await;
    assert!(!unread(page, "bob").await, "taken back");
    alice.say("bob", "waits").await;
    clock.advance(7 * DAY + 1000);
    assert!(!unread(page, "bob").await, "it waits no more");
}

async fn the_page_must_name_itself_properly(gateways: usize) {
    let net = Net::start(gateways, Config::default()).await;
    let gateway = net.first();
    let (key, token) = (gateway.app_key(), gateway.token("alice").await.unwrap());
    let status = async |key: &str, token: &str, callback: &str| exist(gateway, key, token, callback).await.0;
    assert_eq!(exist(gateway, key, &token, "").await, (200, r#"{"status":0}"#.to_owned()));
    assert_eq!(status(key, &token, "&callBack=a.b_$1").await, 200);
    for bad in ["", "alert(1)//", "a%3Bb", "%C3%A9", "a%20b", &"x".repeat(65)] {
        assert_eq!(status(key, &token, &format!("&callBack={bad}")).await, 400, "{bad}");
    }
    assert_eq!(status("other", &token, "&callBack=f").await, 403);
    assert_eq!(status(key, "nonsense", "&callBack=f").await, 401);
    let expired = gateway.token_until("alice", 1000).await.unwrap();
    assert_eq!(status(key, &expired, "&callBack=f").await, 401);
}
