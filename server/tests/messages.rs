//! Messages from sender to receiver: live, offline, paged, in groups, directed, repeated, crossing; history
//! and conversation lists. Every test runs as one process and as two gateways on one store.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::collections::HashSet;

use anser::wire::{Body, Bytes, DownFrame, body};
use anser_server::{Clock, Config};
use futures_util::FutureExt as _;

use common::{Client, Net, message, text, words};

both_ways!(
    private_messages_arrive_live,
    offline_messages_come_in_pages,
    bursts_from_both_sides_lose_and_double_nothing,
    a_note_to_oneself_is_received,
    own_messages_reach_the_other_device,
    group_messages_reach_members_only,
    directed_group_messages_reach_the_named_members,
    a_repeated_client_id_gets_the_first_answer,
    times_grow_for_each_user_even_when_the_clock_stands,
    typing_is_live_only,
    read_sync_goes_to_the_own_devices_only,
    read_notices_are_delivered_but_not_in_history,
    history_is_newest_first_both_ways,
    history_can_be_deleted_and_cleared,
    the_conversation_list_shows_the_last_message,
    old_web_clients_get_emoji_as_escapes,
    refusals_have_their_codes,
    unknown_queries_are_answered,
    what_the_4x_engine_asks_at_login_is_answered,
);

async fn start(gateways: usize) -> Net {
    Net::start(gateways, Config::default()).await
}

async fn private_messages_arrive_live(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let ack = alice.say("bob", "你好 😀").await;
    assert_eq!(ack.uid.len(), 19);
    bob.take(1).await;
    assert_eq!(bob.pushed, 1, "an idle session gets the message itself");
    let seen = &bob.got[0];
    assert_eq!(words(seen), "你好 😀");
    assert_eq!(seen.from_user_id.as_deref(), Some("alice"));
    assert_eq!(seen.group_id.as_deref(), Some("bob"));
    assert_eq!(seen.direction, Some(2));
    assert_eq!(seen.message_uid.as_deref(), Some(&*ack.uid));
    assert_eq!(seen.data_time, Some(ack.time() as i64));
    assert_eq!(seen.status, Some(0x30));
    assert_eq!(seen.extra, Some(1), "the first message of this inbox");

    alice.say("bob", "again").await;
    bob.take(2).await;
    assert_eq!(bob.got[1].extra, bob.got[0].data_time, "each knows its predecessor");
}

async fn offline_messages_come_in_pages(gateways: usize) {
    let net = Net::start(gateways, Config { page_size: 10, ..Config::default() }).await;
    let mut alice = net.login("alice").await;
    for n in 0..25 {
        alice.say("bob", &n.to_string()).await;
    }
    let mut bob = net.connect("bob", "&apiVer=1").await;
    assert_eq!(bob.pull_all().await, 3);
    let expected: Vec<String> = (0..25).map(|n| n.to_string()).collect();
    assert_eq!(bob.words(), expected);

    // A client that only follows notices, as 2.5.3 does, reaches the end as well.
    let mut second = net.connect("bob", "&apiVer=1&platform=mobile").await;
    second.pull().await;
    second.take(25).await;
    assert_eq!(second.words(), expected);
    // Another device's cursors are its own; nothing new for the first.
    assert_eq!(bob.pull().await.list.len(), 0);
}

async fn bursts_from_both_sides_lose_and_double_nothing(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let mut carol = net.login("carol").await;
    const EACH: usize = 60;
    let mut ids = Vec::new();
    for n in 0..EACH {
        ids.push(alice.publish_raw("ppMsgP", "bob", &text(&format!("a{n}"))).await);
        bob.publish_raw("ppMsgP", "alice", &text(&format!("b{n}"))).await;
        carol.publish_raw("ppMsgP", "bob", &text(&format!("c{n}"))).await;
    }
    // The senders' own copies come only through an outbox pull, which this bob may do while he catches up.
    let others = |client: &Client| client.got.iter().filter(|m| m.direction == Some(2)).count();
    while others(&bob) < 2 * EACH {
        let frame = bob.frame().await.unwrap();
        bob.act(frame).await;
    }
    while others(&alice) < EACH {
        let frame = alice.frame().await.unwrap();
        alice.act(frame).await;
    }
    for (client, senders) in [(&bob, vec!["a", "c"]), (&alice, vec!["b"])] {
        let uids: HashSet<_> = client.got.iter().map(|m| m.message_uid.clone()).collect();
        assert_eq!(uids.len(), client.got.len(), "nothing twice");
        for sender in senders {
            let got: Vec<String> = client.words().into_iter().filter(|w| w.starts_with(sender)).collect();
            let sent: Vec<String> = (0..EACH).map(|n| format!("{sender}{n}")).collect();
            let got: Vec<String> = got.into_iter().filter(|w| sent.contains(w)).collect();
            assert_eq!(got, sent, "in the order in which they were sent");
        }
    }
    for id in ids {
        assert_eq!(alice.ack(id).await.status, 0);
    }
}

async fn a_note_to_oneself_is_received(gateways: usize) {
    let net = start(gateways).await;
    let mut alice = net.login("alice").await;
    let id = alice.publish_raw("ppMsgP", "alice", &text("note")).await;
    let first = alice.next().await.unwrap();
    assert!(matches!(first, DownFrame::PubAck(ack) if ack.message_id == id), "the ack comes first");
    alice.take(1).await;
    assert_eq!(alice.got[0].direction, Some(2));
    assert_eq!(alice.got[0].from_user_id.as_deref(), Some("alice"));
    assert_eq!(alice.pull().await.list.len(), 0, "it does not come back through the outbox");
}

async fn own_messages_reach_the_other_device(gateways: usize) {
    let net = start(gateways).await;
    let mut desk = net.login_as("alice", "&apiVer=1&platform=desktop").await;
    let mut phone = net.login_as("alice", "&apiVer=1&platform=mobile").await;
    let mut client_id = text("from my desk");
    client_id.client_unique_id = Some(77);
    let ack = desk.publish("ppMsgP", "bob", &client_id).await;
    phone.take(1).await;
    let copy = &phone.got[0];
    assert_eq!(phone.pushed, 0, "own messages are pulled");
    assert_eq!(copy.direction, Some(1));
    assert_eq!(copy.from_user_id.as_deref(), Some("bob"), "the peer, for both web generations");
    assert_eq!(copy.group_id.as_deref(), Some("bob"));
    assert_eq!(copy.message_uid.as_deref(), Some(&*ack.uid));
    assert_eq!(copy.client_unique_id, Some(77));
    // The sending device is not told of its own message.
    desk.ping().await;
    assert!(desk.until(|f| matches!(f, DownFrame::PingResp).then_some(())).now_or_never().is_none());
}

async fn group_messages_reach_members_only(gateways: usize) {
    let net = start(gateways).await;
    net.first().create_group("g", "Group", &["alice", "bob", "carol"]).await.unwrap();
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let (mut carol, mut dave) = (net.login("carol").await, net.login("dave").await);
    let ack = alice.publish("pgMsgP", "g", &text("hello group")).await;
    assert_eq!(ack.status, 0);
    for client in [&mut bob, &mut carol] {
        client.take(1).await;
        assert_eq!(client.got[0].from_user_id.as_deref(), Some("alice"));
        assert_eq!(client.got[0].group_id.as_deref(), Some("g"));
        assert_eq!(client.got[0].r#type, Some(3));
    }
    assert_eq!(dave.publish("pgMsgP", "g", &text("let me in")).await.status, 22406);
    assert_eq!(dave.publish("pgMsgP", "nowhere", &text("x")).await.status, 22406);
    assert_eq!(dave.pull().await.list.len(), 0);
    // Who leaves gets no more.
    net.first().parts().store.quit_group("g", vec!["carol".into()]).await.unwrap();
    alice.publish("pgMsgP", "g", &text("without carol")).await;
    bob.take(2).await;
    assert_eq!(carol.pull().await.list.len(), 0);
}

async fn directed_group_messages_reach_the_named_members(gateways: usize) {
    let net = start(gateways).await;
    net.first().create_group("g", "Group", &["alice", "bob", "carol"]).await.unwrap();
    let mut alice = net.login("alice").await;
    let mut whisper = text("psst");
    whisper.to_user_ids = vec!["bob".into(), "dave".into()];
    assert_eq!(alice.publish("pgMsgP", "g", &whisper).await.status, 0);
    let mut bob = net.login("bob").await;
    assert_eq!(bob.words(), ["psst"]);
    assert_eq!(net.login("carol").await.got.len(), 0);
    assert_eq!(net.login("dave").await.got.len(), 0, "not a member");
    let page = history(&mut bob, "qryGMsg", "g", 0, 10, 0).await;
    assert_eq!(page.list.len(), 0, "directed messages are not in history");
}

async fn a_repeated_client_id_gets_the_first_answer(gateways: usize) {
    let net = start(gateways).await;
    let mut alice = net.login("alice").await;
    let mut once = text("once");
    once.client_unique_id = Some(-12_345);
    // Twice at the same time, then after everything, then from another connection.
    let (a, b) =
        (alice.publish_raw("ppMsgP", "bob", &once).await, alice.publish_raw("ppMsgP", "bob", &once).await);
    let first = alice.ack(a).await;
    let answer = |ack: &anser::wire::PubAck| (ack.status, ack.uid.clone(), ack.time());
    assert_eq!(answer(&alice.ack(b).await), answer(&first));
    let mut again = net.login("alice").await;
    assert_eq!(answer(&again.publish("ppMsgP", "bob", &once).await), answer(&first));
    // The same number of another sender is another message.
    let mut carol = net.login("carol").await;
    assert_ne!(carol.publish("ppMsgP", "bob", &once).await.uid, first.uid);
    assert_eq!(net.login("bob").await.got.len(), 2);
}

async fn times_grow_for_each_user_even_when_the_clock_stands(gateways: usize) {
    let clock = Clock::manual(1_700_000_000_000);
    let net = Net::start(gateways, Config { clock: clock.clone(), ..Config::default() }).await;
    net.first().create_group("g", "Group", &["alice", "bob"]).await.unwrap();
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let mut times: Vec<i64> = vec![alice.connack_time];
    for n in 0..20 {
        times.push(alice.say("bob", &n.to_string()).await.time() as i64);
        times.push(alice.publish("pgMsgP", "g", &text("g")).await.time() as i64);
    }
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
    bob.take(40).await;
    let bobs = bob.say("alice", "back").await.time() as i64;
    assert!(bobs > bob.inbox, "above everything that bob was shown");
    assert_eq!(net.first().metrics().head_lead.greatest, bobs - clock.now_ms());
    // A clock that jumps back changes nothing.
    clock.set(1_600_000_000_000);
    assert!(bob.say("alice", "later").await.time() as i64 > bobs);
    alice.take(2).await;
    assert_eq!(alice.words(), ["back", "later"]);
}

async fn typing_is_live_only(gateways: usize) {
    let net = start(gateways).await;
    net.first().create_group("g", "Group", &["alice", "bob"]).await.unwrap();
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    alice.say("bob", "first").await;
    bob.take(1).await;
    let typing = message("RC:TypSts", 0, r#"{"typingContentType":"RC:TxtMsg"}"#);
    let before = alice.say("bob", "second").await.time();
    let ack = alice.publish("ppMsgP", "bob", &typing).await;
    assert_eq!((ack.status, ack.time()), (0, before), "acknowledged with the time last shown");
    alice.publish_raw("pgMsgS", "g", &typing).await;
    let seen = bob.take_passing().await;
    assert_eq!(seen.object_name.as_deref(), Some("RC:TypSts"));
    assert_eq!(seen.data_time, Some(bob.inbox), "it moves no cursor");
    assert_eq!(bob.take_passing().await.group_id.as_deref(), Some("g"));
    bob.take(2).await;
    let late = net.login_as("bob", "&apiVer=1&platform=mobile").await;
    assert_eq!(late.words(), ["first", "second"]);
}

async fn read_sync_goes_to_the_own_devices_only(gateways: usize) {
    let net = start(gateways).await;
    let mut desk = net.login_as("alice", "&apiVer=1&platform=desktop").await;
    let mut phone = net.login_as("alice", "&apiVer=1&platform=mobile").await;
    let mut bob = net.login("bob").await;
    bob.say("alice", "read me").await;
    desk.take(1).await;
    phone.take(1).await;
    let mark = format!(r#"{{"lastMessageSendTime":{}}}"#, desk.inbox);
    assert_eq!(desk.publish("ppMsgP", "bob", &message("RC:SRSMsg", 0, &mark)).await.status, 0);
    let (target, copy) = phone.take_copy().await;
    assert_eq!((&*target, copy.object_name.as_deref()), ("bob", Some("RC:SRSMsg")));
    let list = conversations(&mut desk).await;
    assert_eq!(list[0].read_message_time, Some(desk.inbox), "the server keeps the mark");
    // Whatever bob gets next is not the mark.
    desk.say("bob", "hello").await;
    bob.take(1).await;
    assert_eq!(bob.words(), ["hello"]);
    assert!(bob.passing.is_empty() && bob.copies.is_empty());
}

async fn read_notices_are_delivered_but_not_in_history(gateways: usize) {
    let net = start(gateways).await;
    let mut bob = net.login("bob").await;
    let notice = message("RC:ReadNtf", 0, r#"{"messageUId":"x","lastMessageSendTime":1000,"type":1}"#);
    assert_eq!(bob.publish("ppMsgP", "alice", &notice).await.status, 0);
    let mut alice = net.login("alice").await;
    assert_eq!(alice.got[0].object_name.as_deref(), Some("RC:ReadNtf"));
    assert_eq!(alice.got[0].status, Some(0));
    assert_eq!(history(&mut alice, "qryPMsg", "bob", 0, 10, 0).await.list.len(), 0);
    assert_eq!(conversations(&mut alice).await.len(), 0);
}

async fn history(
    client: &mut Client,
    topic: &str,
    target: &str,
    time: i64,
    count: i32,
    order: i32,
) -> body::HistoryResult {
    let query = body::HistoryQuery {
        target_id: Some(target.into()),
        time: Some(time),
        count: Some(count),
        order: Some(order),
    };
    let user = client.user.clone();
    let answer = client.query(topic, &user, query.to_bytes()).await;
    assert_eq!(answer.status, 0);
    assert!(!answer.qos.wants_ack());
    body::HistoryResult::from_bytes(answer.body).unwrap()
}

fn list(page: &body::HistoryResult) -> Vec<String> {
    page.list.iter().map(words).collect()
}

async fn history_is_newest_first_both_ways(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    for n in 0..5 {
        let (from, to) = if n % 2 == 0 { (&mut alice, "bob") } else { (&mut bob, "alice") };
        from.say(to, &n.to_string()).await;
    }
    alice.publish("ppMsgP", "bob", &message("RC:CmdMsg", 0, "{}")).await;
    let newest = history(&mut alice, "qryPMsg", "bob", 0, 2, 0).await;
    assert_eq!((list(&newest), newest.has_more), (vec!["4".into(), "3".into()], Some(1)));
    assert_eq!(newest.list[0].direction, Some(1));
    assert_eq!(newest.list[0].from_user_id.as_deref(), Some("bob"));
    assert_eq!(newest.list[1].direction, Some(2));
    let older = history(&mut alice, "qryPMsg", "bob", newest.sync_time.unwrap(), 20, 0).await;
    assert_eq!((list(&older), older.has_more), (vec!["2".into(), "1".into(), "0".into()], Some(0)));

    let oldest = history(&mut bob, "qryPMsg", "alice", 1, 2, 1).await;
    assert_eq!((list(&oldest), oldest.has_more), (vec!["1".into(), "0".into()], Some(1)));
    let newer = history(&mut bob, "qryPMsg", "alice", oldest.sync_time.unwrap(), 20, 1).await;
    assert_eq!((list(&newer), newer.has_more), (vec!["4".into(), "3".into(), "2".into()], Some(0)));

    // Old clients name the conversation in the frame's target only.
    let query = body::HistoryQuery { time: Some(0), count: Some(20), ..Default::default() };
    let answer = alice.query("qryPMsg", "bob", query.to_bytes()).await;
    assert_eq!(body::HistoryResult::from_bytes(answer.body).unwrap().list.len(), 5);

    net.first().create_group("g", "Group", &["alice"]).await.unwrap();
    let query = body::HistoryQuery { target_id: Some("g".into()), ..Default::default() };
    assert_eq!(bob.query("qryGMsg", "bob", query.to_bytes()).await.status, 22406);
    assert_eq!(alice.query("qryGMsg", "alice", query.to_bytes()).await.status, 0);
}

async fn history_can_be_deleted_and_cleared(gateways: usize) {
    let net = start(gateways).await;
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let mut acks = Vec::new();
    for n in 0..4 {
        acks.push(alice.say("bob", &n.to_string()).await);
    }
    let request = body::DeleteMessagesRequest {
        r#type: Some(1),
        conversation_id: Some("bob".into()),
        messages: vec![body::DeleteMessageItem {
            message_uid: Some(acks[3].uid.to_string()),
            ..Default::default()
        }],
    };
    let answer = alice.query("delMsg", "bob", request.to_bytes()).await;
    assert_eq!(answer.status, 0);
    assert!(!answer.body.is_empty(), "the old client needs a body");
    let clear = body::ClearHistoryRequest {
        target_id: Some("bob".into()),
        data_time: Some(acks[0].time() as i64),
        ..Default::default()
    };
    assert_eq!(alice.query("cleanPMsg", "bob", clear.to_bytes()).await.status, 0);
    assert_eq!(list(&history(&mut alice, "qryPMsg", "bob", 0, 20, 0).await), ["2", "1"]);
    assert_eq!(words(conversations(&mut alice).await[0].message.as_ref().unwrap()), "2");
    assert_eq!(list(&history(&mut bob, "qryPMsg", "alice", 0, 20, 0).await), ["3", "2", "1", "0"]);
    let future = body::ClearHistoryRequest { data_time: Some(i64::MAX), ..clear };
    assert_eq!(alice.query("cleanPMsg", "bob", future.to_bytes()).await.status, 1);
}

async fn conversations(client: &mut Client) -> Vec<body::ConversationItem> {
    let query = body::ConversationsQuery { r#type: Some(1), count: Some(0), ..Default::default() };
    let user = client.user.clone();
    let answer = client.query("qryRelation", &user, query.to_bytes()).await;
    assert_eq!(answer.status, 0);
    body::ConversationsResult::from_bytes(answer.body).unwrap().items
}

async fn the_conversation_list_shows_the_last_message(gateways: usize) {
    let net = start(gateways).await;
    net.first().create_group("g", "Group", &["alice", "bob"]).await.unwrap();
    let (mut alice, mut bob) = (net.login("alice").await, net.login("bob").await);
    let mut carol = net.login("carol").await;
    alice.say("bob", "one").await;
    alice.publish("pgMsgP", "g", &text("two")).await;
    carol.say("alice", "three").await;
    let shown = |items: &[body::ConversationItem]| -> Vec<(i32, String, String)> {
        let line = |item: &body::ConversationItem| {
            let last = words(item.message.as_ref().unwrap());
            (item.r#type.unwrap(), item.target_id.clone().unwrap(), last)
        };
        items.iter().map(line).collect()
    };
    let line = |kind: i32, target: &str, last: &str| (kind, target.to_owned(), last.to_owned());
    let all = [line(1, "carol", "three"), line(3, "g", "two"), line(1, "bob", "one")];
    assert_eq!(shown(&conversations(&mut alice).await), all);
    assert_eq!(shown(&conversations(&mut bob).await), [line(3, "g", "two"), line(1, "alice", "one")]);

    let query = body::ConversationsQueryV4 { r#type: Some(1), count: Some(1), ..Default::default() };
    let answer = alice.query("qryRelationR", "alice", query.to_bytes()).await;
    let items = body::ConversationsResult::from_bytes(answer.body).unwrap().items;
    assert_eq!(shown(&items), all[..1]);

    // Removing: the old body, and the engine's, whose second field has another type.
    let old = body::ConversationsQuery { r#type: Some(1), ..Default::default() };
    assert_eq!(alice.query("delRelation", "bob", old.to_bytes()).await.status, 0);
    let new = body::ConversationsQueryV4 { r#type: Some(3), count: Some(2), ..Default::default() };
    assert_eq!(alice.query("delRelation", "g", new.to_bytes()).await.status, 0);
    assert_eq!(shown(&conversations(&mut alice).await), all[..1]);
    bob.say("alice", "back again").await;
    assert_eq!(shown(&conversations(&mut alice).await)[0], line(1, "bob", "back again"));
    assert_eq!(history(&mut alice, "qryGMsg", "g", 0, 10, 0).await.list.len(), 1, "history stays");
}

async fn old_web_clients_get_emoji_as_escapes(gateways: usize) {
    let net = start(gateways).await;
    let mut alice = net.login("alice").await;
    alice.say("bob", "😀").await;
    let raw = |client: &Client| client.got[0].content.clone().unwrap();
    let old = net.login_as("bob", "&apiVer=4711").await;
    assert_eq!(raw(&old), r#"{"content":"\uD83D\uDE00"}"#);
    let engine = net.login_as("bob", "&apiVer=normal&pid=undefined").await;
    assert_eq!(raw(&engine), r#"{"content":"😀"}"#);
}

async fn refusals_have_their_codes(gateways: usize) {
    let net = start(gateways).await;
    let mut alice = net.login("alice").await;
    let big = message("RC:TxtMsg", 3, &"x".repeat(128 * 1024 + 1));
    assert_eq!(alice.publish("ppMsgP", "bob", &big).await.status, 30016);
    let fits = message("RC:TxtMsg", 3, &"x".repeat(128 * 1024));
    assert_eq!(alice.publish("ppMsgP", "bob", &fits).await.status, 0);
    assert_eq!(alice.publish("ppMsgP", "", &text("x")).await.status, 33003);
    assert_eq!(alice.publish("chatMsg", "room", &text("x")).await.status, 23406);
    assert_eq!(alice.publish("pdMsgP", "d", &text("x")).await.status, 21406);
    assert_eq!(alice.publish("recallMsg", "alice", &text("x")).await.status, 25101);
    assert_eq!(alice.publish("whatever", "bob", &text("x")).await.status, 34209);
    let empty = body::UpstreamMessage::default();
    let ack = alice.publish("ppMsgP", "bob", &empty).await;
    assert_eq!((ack.status, &*ack.uid), (32002, ""));
}

async fn unknown_queries_are_answered(gateways: usize) {
    let net = start(gateways).await;
    let mut alice = net.login("alice").await;
    assert_eq!(alice.query("noSuchTopic", "alice", Bytes::new()).await.status, 33003);
    let chatroom = body::ChatroomPull { sync_time: Some(0), count: Some(1) };
    assert_eq!(alice.query("chrmPull", "room", chatroom.to_bytes()).await.status, 23406);
    let join = body::RequiredPlaceholder { nothing: Some(1) };
    assert_eq!(alice.query("joinChrm", "room", join.to_bytes()).await.status, 23410);
    for topic in ["pullMsg", "qryPMsg", "qryRelation", "delMsg", "cleanGMsg"] {
        let garbage = Bytes::from_static(&[0xff; 9]);
        assert_eq!(alice.query(topic, "alice", garbage).await.status, 32002, "{topic}");
    }
    alice.ping().await;
}

async fn what_the_4x_engine_asks_at_login_is_answered(gateways: usize) {
    let net = start(gateways).await;
    let mut alice = net.connect("alice", "&apiVer=normal&pid=undefined").await;
    let states = body::PullConversationStatesRequest { time: Some(0) };
    let answer = alice.query("pullSeAtts", "alice", states.to_bytes()).await;
    assert_eq!(answer.status, 0);
    assert!(body::ConversationStates::from_bytes(answer.body).unwrap().state.is_empty());
    let settings = body::PullUserSettingsRequest { version: Some(0), ..Default::default() };
    let answer = alice.query("pullUS", "alice", settings.to_bytes()).await;
    assert_eq!(answer.status, 0);
    assert!(body::UserSettings::from_bytes(answer.body).unwrap().items.is_empty());
    let report = body::ReportSdkRequest { sdk_info: Some("{}".into()) };
    assert_eq!(alice.query("reportsdk", "alice", report.to_bytes()).await.status, 0);
    alice.pull_all().await;
}
