//! What a sender can ask for beside the text: directed, live only, silent, mentioned, expandable; and group
//! receipts of both versions. Every test runs as one process and as two gateways on one store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use anser::wire::{Body, body};
use anser_server::{Clock, Config};
use common::{Client, Net, message, text, words};

both_ways!(
    directed_messages_leave_no_trace_elsewhere,
    status_messages_are_live_only,
    status_messages_can_be_directed,
    flags_reach_the_receiver,
    what_is_attached_comes_with_the_message,
    attachments_change_and_stay_with_the_message,
    attachments_have_limits,
    only_expandable_messages_of_the_conversation_can_be_changed,
    first_receipts_are_plain_messages,
    second_receipts_are_counted_and_told,
    receipts_know_their_group,
);

async fn start(gateways: usize) -> Net {
    let net = Net::start(gateways, Config::default()).await;
    net.first().create_group("g", "Group", &["alice", "bob", "carol"]).await.unwrap();
    net
}

fn directed(words: &str, to: &[&str]) -> body::UpstreamMessage {
    let mut message = text(words);
    message.to_user_ids = to.iter().map(|user| (*user).to_owned()).collect();
    message
}

async fn directed_messages_leave_no_trace_elsewhere(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    alice.publish("pgMsgP", "g", &text("all")).await;
    let ack = alice.publish("pgMsgP", "g", &directed("some", &["bob", "stranger", "alice"])).await;
    assert_eq!(ack.status, 0);
    bob.take(2).await;
    assert_eq!(bob.words(), ["all", "some"]);
    assert_eq!((bob.got[1].group_id.as_deref(), bob.got[1].status), (Some("g"), Some(0x30)));
    assert_eq!(net.login("carol").await.words(), ["all"]);
    assert!(net.login("stranger").await.got.is_empty());
    let phone = net.login_as("alice", "&apiVer=1&platform=mobile").await;
    assert_eq!(phone.words(), ["all", "some"], "the sender's other device has both, each once");
    for client in [&mut alice, &mut bob] {
        assert_eq!(client.history("qryGMsg", "g").await.iter().map(words).collect::<Vec<_>>(), ["all"]);
        assert_eq!(words(client.conversations().await[0].message.as_ref().unwrap()), "all");
    }
    let ack = alice.publish("pgMsgP", "g", &directed("nobody", &["stranger"])).await;
    assert_eq!(ack.status, 0, "accepted, though nobody of them is here");
    let outside = net.login("stranger").await.publish("pgMsgP", "g", &directed("x", &["bob"])).await;
    assert_eq!(outside.status, 22406);
}

async fn status_messages_are_live_only(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    alice.publish_raw("ppMsgS", "bob", &message("App:Live", 0, r#"{"n":1}"#)).await;
    alice.publish_raw("pgMsgS", "g", &message("App:Live", 0, r#"{"n":2}"#)).await;
    let (first, second) = (bob.take_passing().await, bob.take_passing().await);
    assert_eq!((first.r#type, second.r#type), (Some(1), Some(3)));
    assert_eq!(second.group_id.as_deref(), Some("g"));
    assert_eq!(first.content.as_deref(), Some(&br#"{"n":1}"#[..]));
    assert!(net.login("carol").await.got.is_empty(), "not for those who were away");
    // No PUBACK came; the next answer is that of the next message.
    assert_eq!(alice.say("bob", "stored").await.status, 0);
    bob.take(1).await;
    assert_eq!(bob.history("qryPMsg", "alice").await.len(), 1);
    assert!(bob.history("qryGMsg", "g").await.is_empty());
    assert_eq!(bob.conversations().await.len(), 1);
    // Neither is a refused one answered.
    let mut dave = net.login("dave").await;
    dave.publish_raw("pgMsgS", "g", &message("App:Live", 0, "{}")).await;
    assert_eq!(dave.say("bob", "after").await.status, 0);
    bob.take(2).await;
    bob.settle().await;
    assert!(bob.passing.is_empty());
}

async fn status_messages_can_be_directed(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let mut carol = net.login("carol").await;
    let mut live = message("App:Live", 0, "{}");
    live.to_user_ids = vec!["bob".into()];
    alice.publish_raw("pgMsgS", "g", &live).await;
    assert_eq!(bob.take_passing().await.group_id.as_deref(), Some("g"));
    // What carol gets next is what was sent next.
    alice.publish("pgMsgP", "g", &text("all")).await;
    carol.take(1).await;
    assert!(carol.passing.is_empty());
}

async fn flags_reach_the_receiver(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    for (n, (flags, status)) in
        [(3, 0x30), (7, 0x70), (0x23, 0x230), (0x43, 0x430), (0x13, 0x130), (1, 0x10)].into_iter().enumerate()
    {
        let sent = message("RC:TxtMsg", flags, r#"{"content":"x"}"#);
        assert_eq!(alice.publish("pgMsgP", "g", &sent).await.status, 0);
        bob.take(n + 1).await;
        assert_eq!(bob.got[n].status, Some(status), "{flags:#x}");
    }
    let page = bob.history("qryGMsg", "g").await;
    assert_eq!(page.iter().map(|m| m.status.unwrap()).collect::<Vec<_>>()[3], 0x230, "in history too");
}

const EXPANDABLE: i32 = 0x43;

fn expandable(words: &str, extra: &str) -> body::UpstreamMessage {
    let content = serde_json::json!({ "content": words }).to_string();
    let extra_content = Some(extra.to_owned()).filter(|extra| !extra.is_empty());
    body::UpstreamMessage { extra_content, ..message("RC:TxtMsg", EXPANDABLE, &content) }
}

fn attached(message: &body::DownstreamMessage) -> Option<&str> {
    message.extra_content.as_deref()
}

async fn change(client: &mut Client, topic: &str, target: &str, content: serde_json::Value) -> u16 {
    client.publish(topic, target, &message("RC:MsgExMsg", 0, &content.to_string())).await.status
}

async fn what_is_attached_comes_with_the_message(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let extra = r#"{"a":{"v":"1"},"b":{"v":"张"}}"#;
    assert_eq!(alice.publish("ppMsgP", "bob", &expandable("x", extra)).await.status, 0);
    bob.take(1).await;
    assert_eq!(attached(&bob.got[0]), Some(extra));
    assert_eq!(attached(&net.login_as("bob", "&apiVer=normal").await.got[0]), Some(extra));
    assert_eq!(attached(&alice.history("qryPMsg", "bob").await[0]), Some(extra));
    // Without the flag nothing is attached.
    let plain = body::UpstreamMessage { flags: Some(3), ..expandable("y", extra) };
    assert_eq!(alice.publish("ppMsgP", "bob", &plain).await.status, 0);
    assert_eq!(attached(&alice.history("qryPMsg", "bob").await[0]), None);
    for bad in ["no JSON", r#"{"a":"1"}"#] {
        assert_eq!(alice.publish("ppMsgP", "bob", &expandable("z", bad)).await.status, 33003, "{bad}");
    }
}

async fn attachments_change_and_stay_with_the_message(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let sent = alice.publish("pgMsgP", "g", &expandable("x", "")).await;
    bob.take(1).await;
    let uid = sent.uid.to_string();
    let put = serde_json::json!({ "mid": uid, "put": { "a": "1", "b": "2" } });
    assert_eq!(change(&mut bob, "pgMsgP", "g", put.clone()).await, 0, "any member may");
    alice.take(1).await;
    assert_eq!(alice.got[0].object_name.as_deref(), Some("RC:MsgExMsg"));
    assert_eq!(alice.got[0].content.as_deref(), Some(put.to_string().as_bytes()));
    let delete = serde_json::json!({ "mid": uid, "put": { "c": "3" }, "del": ["a", "x"] });
    assert_eq!(change(&mut alice, "pgMsgP", "g", delete).await, 0);
    let now = Some(r#"{"b":{"v":"2"},"c":{"v":"3"}}"#);
    // Who comes later has the message as it is, and the notices.
    let carol = net.login("carol").await;
    let names: Vec<_> = carol.got.iter().map(|m| m.object_name.as_deref().unwrap()).collect();
    assert_eq!(names, ["RC:TxtMsg", "RC:MsgExMsg", "RC:MsgExMsg"]);
    assert_eq!(attached(&carol.got[0]), now);
    let page = alice.history("qryGMsg", "g").await;
    assert_eq!((page.len(), attached(&page[0])), (1, now), "notices are not in history");
    assert_eq!(attached(alice.conversations().await[0].message.as_ref().unwrap()), now);
    assert_eq!(change(&mut alice, "pgMsgP", "g", serde_json::json!({ "mid": uid, "removeAll": 1 })).await, 0);
    assert_eq!(attached(&alice.history("qryGMsg", "g").await[0]), None);
}

async fn attachments_have_limits(gateways: usize) {
    let net = start(gateways).await;
    let mut alice = net.login("alice").await;
    let uid = alice.publish("ppMsgP", "bob", &expandable("x", "")).await.uid.to_string();
    let put = |from: usize, to: usize| {
        let pairs: serde_json::Map<_, _> = (from..to).map(|n| (format!("k{n}"), "v".into())).collect();
        serde_json::json!({ "mid": uid, "put": pairs })
    };
    assert_eq!(change(&mut alice, "ppMsgP", "bob", put(0, 300)).await, 0);
    assert_eq!(change(&mut alice, "ppMsgP", "bob", put(299, 301)).await, 33003, "one key too many");
    assert_eq!(change(&mut alice, "ppMsgP", "bob", put(0, 300)).await, 0, "the same keys again");
    let long = |key: usize, value: usize| serde_json::json!({ "mid": uid, "del": ["k0"], "put": { "k".repeat(key): "v".repeat(value) } });
    assert_eq!(change(&mut alice, "ppMsgP", "bob", long(33, 1)).await, 33003);
    assert_eq!(change(&mut alice, "ppMsgP", "bob", long(1, 4097)).await, 33003);
    assert_eq!(change(&mut alice, "ppMsgP", "bob", long(32, 4096)).await, 0);
}

async fn only_expandable_messages_of_the_conversation_can_be_changed(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut dave) = (net.login("alice").await, net.login("dave").await);
    let plain = alice.say("bob", "plain").await.uid.to_string();
    let open = alice.publish("ppMsgP", "bob", &expandable("x", "")).await.uid.to_string();
    let put = |uid: &str| serde_json::json!({ "mid": uid, "put": { "a": "1" } });
    assert_eq!(change(&mut alice, "ppMsgP", "bob", put(&plain)).await, 33003);
    assert_eq!(change(&mut alice, "ppMsgP", "bob", put("0000-0000-0000-0000")).await, 33003);
    assert_eq!(change(&mut alice, "pgMsgP", "g", put(&open)).await, 33003, "another conversation");
    assert_eq!(change(&mut dave, "ppMsgP", "bob", put(&open)).await, 33003, "a stranger");
    assert_eq!(change(&mut dave, "ppMsgP", "alice", put(&open)).await, 33003, "a stranger");
    assert_eq!(change(&mut alice, "ppMsgP", "bob", serde_json::json!({ "put": {} })).await, 33003);
    assert_eq!(change(&mut alice, "ppMsgP", "bob", put(&open)).await, 0);
    let command = serde_json::json!({ "conversationType": 1, "targetId": "bob", "messageUId": open });
    let recall = message("RC:RcCmd", 1, &command.to_string());
    assert_eq!(alice.publish("recallMsg", "alice", &recall).await.status, 0);
    let page = alice.history("qryPMsg", "bob").await;
    assert_eq!((page[0].object_name.as_deref(), attached(&page[0])), (Some("RC:RcCmd"), None));
    assert_eq!(change(&mut alice, "ppMsgP", "bob", put(&open)).await, 33003, "taken back");
}

async fn first_receipts_are_plain_messages(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let sent = alice.publish("pgMsgP", "g", &text("who reads?")).await;
    let ask = message("RC:RRReqMsg", 0, &serde_json::json!({ "messageUId": &*sent.uid }).to_string());
    assert_eq!(alice.publish("pgMsgP", "g", &ask).await.status, 0);
    bob.take(2).await;
    let answer = serde_json::json!({ "receiptMessageDic": { "alice": [&*sent.uid] } }).to_string();
    let mut answer = message("RC:RRRspMsg", 0, &answer);
    answer.to_user_ids = vec!["alice".into()];
    assert_eq!(bob.publish("pgMsgP", "g", &answer).await.status, 0);
    alice.take(1).await;
    assert_eq!(alice.got[0].object_name.as_deref(), Some("RC:RRRspMsg"));
    let carol = net.login("carol").await;
    assert_eq!(carol.got.len(), 2, "the message and the question, not the answer");
    assert_eq!(alice.history("qryGMsg", "g").await.len(), 1);
}

fn receipt(uids: &[&str]) -> body::GroupReadReceiptRequest {
    let message_uids = uids.iter().map(|uid| (*uid).to_owned()).collect();
    body::GroupReadReceiptRequest { message_uids, bus_channel: None }
}

async fn readers(client: &mut Client, uid: &str) -> (i32, Vec<(String, i64)>) {
    let answer = client.query("rrList", "g", receipt(&[uid]).to_bytes()).await;
    assert_eq!(answer.status, 0);
    let reply = body::GroupReadReceiptReply::from_bytes(answer.body).unwrap();
    let list = reply.list.into_iter().map(|reader| (reader.user_id.unwrap(), reader.read_time.unwrap()));
    (reply.total_member_count.unwrap(), list.collect())
}

async fn second_receipts_are_counted_and_told(gateways: usize) {
    let clock = Clock::manual(1_700_000_000_000);
    let net = Net::start(gateways, Config { clock: clock.clone(), ..Config::default() }).await;
    net.first().create_group("g", "Group", &["alice", "bob", "carol"]).await.unwrap();
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let one = alice.publish("pgMsgP", "g", &text("1")).await.uid.to_string();
    let two = alice.publish("pgMsgP", "g", &text("2")).await.uid.to_string();
    bob.take(2).await;
    assert_eq!(readers(&mut alice, &one).await, (3, vec![]));
    clock.advance(1000);
    let bobs = clock.now_ms();
    assert_eq!(bob.ask("rrMsg", "g", &receipt(&[&one, &two])).await, 0);
    alice.take(1).await;
    let notice = &alice.got[0];
    assert_eq!(notice.object_name.as_deref(), Some("RC:RRMsg"));
    assert_eq!((notice.from_user_id.as_deref(), notice.group_id.as_deref()), (Some("bob"), Some("g")));
    let content: serde_json::Value = serde_json::from_slice(notice.content.as_ref().unwrap()).unwrap();
    assert_eq!(content, serde_json::json!({ "messageUIds": [one, two], "readTime": bobs }));
    // Said again it is neither told again nor dated anew.
    clock.advance(1000);
    assert_eq!(bob.ask("rrMsg", "g", &receipt(&[&one])).await, 0);
    assert_eq!(alice.ask("rrMsg", "g", &receipt(&[&one])).await, 0, "the own message: nothing to note");
    let mut carol = net.login("carol").await;
    assert_eq!(carol.got.len(), 2, "only authors are told");
    assert_eq!(carol.ask("rrMsg", "g", &receipt(&[&one])).await, 0);
    alice.take(2).await;
    let both = vec![("bob".to_owned(), bobs), ("carol".to_owned(), clock.now_ms())];
    assert_eq!(readers(&mut carol, &one).await, (3, both));
    assert_eq!(readers(&mut alice, &two).await, (3, vec![("bob".to_owned(), bobs)]));
    assert_eq!(alice.history("qryGMsg", "g").await.len(), 2, "receipts are not in history");
    // The reader's own devices have no use for the notice; the author's all do.
    assert_eq!(net.login_as("bob", "&apiVer=1&platform=mobile").await.got.len(), 2);
    assert_eq!(net.login_as("alice", "&apiVer=1&platform=mobile").await.got.len(), 4);
}

async fn receipts_know_their_group(gateways: usize) {
    let net = start(gateways).await;
    net.first().create_group("h", "Other", &["alice", "dave"]).await.unwrap();
    let mut alice = net.login("alice").await;
    let (mut bob, mut dave) = (net.login("bob").await, net.login("dave").await);
    let uid = alice.publish("pgMsgP", "g", &text("1")).await.uid.to_string();
    bob.take(1).await;
    assert_eq!(dave.ask("rrMsg", "g", &receipt(&[&uid])).await, 22406);
    assert_eq!(dave.ask("rrList", "g", &receipt(&[&uid])).await, 33003);
    assert_eq!(dave.ask("rrMsg", "h", &receipt(&[&uid])).await, 0, "not a message of that group: nothing");
    assert_eq!(dave.ask("rrList", "h", &receipt(&[&uid])).await, 33003);
    for bad in [receipt(&[]), receipt(&[""]), receipt(&vec![&*uid; 101])] {
        assert_eq!(bob.ask("rrMsg", "g", &bad).await, 33003);
    }
    assert_eq!(bob.ask("rrList", "g", &receipt(&[&uid, &uid])).await, 33003);
    assert_eq!(readers(&mut alice, &uid).await, (3, vec![]));
}
