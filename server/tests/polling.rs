//! Long polling as the server sees it: the requests, sessions, both families of clients, and the same
//! messages as over WebSocket. A plain HTTP client asks; it moves its cursors like the old web client.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use anser::wire::polling::{Signal, request};
use anser::wire::{Body, Bytes, DownFrame, PubAck, Qos, Query, QueryAck, Topic, UpFrame, UpPublish, body};
use anser_server::{Config, Running};
use common::{Net, eventually, http, text, words};

/// Families by what their URLs say.
const WEB25: &str = "&sdkVer=2.5.3&apiVer=4711";
const ENGINE: &str = "&sdkVer=2.9.2&apiVer=normal";

struct Poller<'a> {
    gateway: &'a Running,
    session: String,
    asked: HashMap<u16, Topic>,
    next_id: u16,
    kept: VecDeque<DownFrame>,
    inbox: i64,
    outbox: i64,
    got: Vec<body::DownstreamMessage>,
    user: String,
}

async fn get(gateway: &Running, path: &str) -> (u16, String, String) {
    http(gateway, &format!("GET {path} HTTP/1.1"), "").await
}

/// The text of a connecting request's answer.
async fn connect(gateway: &Running, token: &str, extra: &str) -> String {
    let key = gateway.app_key();
    let (status, _, body) = get(gateway, &format!("/websocket?appId={key}&token={token}{extra}")).await;
    assert_eq!(status, 200);
    body
}

impl<'a> Poller<'a> {
    async fn login(gateway: &'a Running, user: &str, extra: &str) -> Self {
        let token = gateway.token(user).await.unwrap();
        let text = connect(gateway, &token, extra).await;
        let signal = Signal::parse_answer(&text).unwrap().remove(0);
        let session = signal.session_id.clone().unwrap();
        Self {
            gateway,
            session,
            asked: HashMap::new(),
            next_id: 0,
            kept: VecDeque::new(),
            inbox: 0,
            outbox: 0,
            got: Vec::new(),
            user: user.into(),
        }
    }

    /// The raw answer to a hold.
    async fn hold_raw(&self) -> String {
        get(self.gateway, &request::hold(&self.session, 1, "p").path).await.2
    }

    async fn hold(&mut self) -> Vec<DownFrame> {
        let text = self.hold_raw().await;
        assert!(text.starts_with('['), "an array: {text}");
        let signals = Signal::parse_answer(&text).unwrap();
        signals.into_iter().map(|signal| signal.into_frame(|id| self.asked.remove(&id)).unwrap()).collect()
    }

    /// Sends a frame; the answer's text.
    async fn send(&mut self, frame: &UpFrame) -> String {
        let request = request::send(frame, &self.session, "p").unwrap();
        self.post(&request.path, &request.body.unwrap()).await
    }

    async fn post(&self, path: &str, body: &str) -> String {
        let (status, _, text) = http(self.gateway, &format!("POST {path} HTTP/1.1"), body).await;
        assert_eq!(status, 200);
        text
    }

    async fn next(&mut self) -> DownFrame {
        while self.kept.is_empty() {
            let frames = self.hold().await;
            self.kept.extend(frames);
        }
        self.kept.pop_front().unwrap()
    }

    async fn until<T>(&mut self, mut fits: impl FnMut(&DownFrame) -> Option<T>) -> T {
        if let Some(at) = self.kept.iter().position(|frame| fits(frame).is_some()) {
            return fits(&self.kept.remove(at).unwrap()).unwrap();
        }
        loop {
            for frame in self.hold().await {
                self.kept.push_back(frame);
            }
            if let Some(at) = self.kept.iter().position(|frame| fits(frame).is_some()) {
                return fits(&self.kept.remove(at).unwrap()).unwrap();
            }
        }
    }

    async fn query(&mut self, topic: &str, target: &str, body: Bytes) -> QueryAck {
        self.next_id += 1;
        let message_id = self.next_id;
        if let Some(topic) = Topic::parse(topic) {
            self.asked.insert(message_id, topic);
        }
        let (topic, target) = (topic.into(), target.into());
        let qos = Qos::AtMostOnce;
        let query = Query { qos, dup: false, retain: false, topic, target, message_id, body };
        assert_eq!(self.send(&UpFrame::Query(query)).await, "[]");
        self.until(|frame| match frame {
            DownFrame::QueryAck(ack) if ack.message_id == message_id => Some(ack.clone()),
            _ => None,
        })
        .await
    }

    async fn publish_raw(&mut self, topic: &str, target: &str, message: &body::UpstreamMessage) -> u16 {
        self.next_id += 1;
        let frame = UpFrame::Publish(UpPublish {
            qos: Qos::AtLeastOnce,
            dup: false,
            retain: false,
            topic: topic.into(),
            target: target.into(),
            message_id: self.next_id,
            body: message.to_bytes(),
        });
        assert_eq!(self.send(&frame).await, "[]");
        self.next_id
    }

    async fn ack(&mut self, id: u16) -> PubAck {
        self.until(|frame| match frame {
            DownFrame::PubAck(ack) if ack.message_id == id => Some(ack.clone()),
            _ => None,
        })
        .await
    }

    async fn say(&mut self, target: &str, words: &str) -> PubAck {
        let id = self.publish_raw("ppMsgP", target, &text(words)).await;
        self.ack(id).await
    }

    async fn pull(&mut self) -> bool {
        let request = body::SyncRequest {
            sync_time: Some(self.inbox),
            is_polling: Some(true),
            send_box_sync_time: Some(self.outbox),
            ..Default::default()
        };
        let user = self.user.clone();
        let answer = self.query("pullMsg", &user, request.to_bytes()).await;
        assert_eq!(answer.status, 0);
        assert_eq!(self.send(&UpFrame::QueryCon { message_id: answer.message_id }).await, "[]");
        let page = body::DownstreamMessages::from_bytes(answer.body).unwrap();
        for message in page.list {
            let time = message.data_time.unwrap();
            let cursor = if message.direction == Some(1) { &mut self.outbox } else { &mut self.inbox };
            assert!(time > *cursor, "times ascend");
            *cursor = time;
            self.got.push(message);
        }
        page.finished != Some(false)
    }

    async fn pull_all(&mut self) {
        while !self.pull().await {}
    }

    /// Acts on what comes, like the old client, until `count` messages are there.
    async fn take(&mut self, count: usize) {
        while self.got.len() < count {
            let DownFrame::Publish(publish) = self.next().await else { continue };
            match &*publish.topic {
                "s_ntf" => {
                    let note = body::Notify::from_bytes(publish.body).unwrap();
                    if note.time.unwrap() > self.inbox.min(self.outbox) {
                        self.pull().await;
                    }
                }
                "s_msg" => {
                    let message = body::DownstreamMessage::from_bytes(publish.body).unwrap();
                    let time = message.data_time.unwrap();
                    assert!(time > self.inbox, "newer than everything before it");
                    self.inbox = time;
                    self.got.push(message);
                }
                other => panic!("unknown topic {other}"),
            }
        }
        assert_eq!(self.got.len(), count, "no message twice");
    }

    fn words(&self) -> Vec<String> {
        self.got.iter().map(words).collect()
    }
}

#[tokio::test]
async fn connecting_answers_one_canonical_object() {
    let net = Net::one().await;
    let token = net.first().token("alice").await.unwrap();
    for family in [WEB25, ENGINE] {
        let text = connect(net.first(), &token, family).await;
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value.to_string(), text, "compact");
        assert!(text.contains("\"sessionid\":\""), "{text}");
        assert_eq!((&value["status"], &value["userId"]), (&0.into(), &"alice".into()));
        assert_eq!((&value["headerCode"], &value["messageId"]), (&32.into(), &0.into()));
        assert!(value["timestamp"].as_i64().unwrap() > 0);
    }
    let navigate = |path: &str| format!("{path}?appId={}&token={token}", net.first().app_key());
    let websocket = get(net.first(), &navigate("/navi.js")).await.2;
    assert_eq!(get(net.first(), &navigate("/cometnavi.js")).await.2, websocket);
}

#[tokio::test]
async fn refusals_come_as_their_status() {
    let net = Net::one().await;
    let gateway = net.first();
    let token = gateway.token("alice").await.unwrap();
    let status = |text: String| {
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert!(value.get("sessionid").is_none());
        value["status"].as_u64().unwrap()
    };
    assert_eq!(status(connect(gateway, "nonsense", WEB25).await), 4);
    let (_, _, other) = get(gateway, &format!("/websocket?appId=other&token={token}{WEB25}")).await;
    assert_eq!(status(other), 2);
    gateway.set_blocked("alice", true).await.unwrap();
    assert_eq!(status(connect(gateway, &token, ENGINE).await), 9);
    gateway.drain();
    assert_eq!(status(connect(gateway, &token, ENGINE).await), 3);
    assert_eq!(gateway.metrics().sessions, 0);
}

#[tokio::test]
async fn who_has_no_session_lost_its_params() {
    let net = Net::one().await;
    for path in ["/pullmsg.js", "/pullmsg.js?sessionid=null&timestrap=1", "/pullmsg.js?sessionid=x&pid=1"] {
        let (status, head, text) = get(net.first(), path).await;
        assert_eq!((status, text.as_str()), (200, "lost params"));
        assert!(head.contains("content-type: text/plain"), "{head}");
        assert!(head.contains("access-control-allow-origin: *"), "{head}");
    }
    let head = "POST /websocket?messageid=1&header=64&sessionid=x HTTP/1.1";
    assert_eq!(http(net.first(), head, "\"\"").await.2, "lost params");
}

#[tokio::test]
async fn an_eaten_upgrade_logs_nobody_in() {
    let net = Net::one().await;
    let token = net.first().token("alice").await.unwrap();
    let path = format!("/websocket?appId={}&token={token}&apiVer=1", net.first().app_key());
    let head = format!("GET {path} HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    assert!((400..500).contains(&http(net.first(), &head, "").await.0));
    assert_eq!(net.first().metrics().sessions, 0);
}

#[tokio::test]
async fn messages_go_both_ways_between_the_carriers() {
    for family in [WEB25, ENGINE] {
        let net = Net::one().await;
        let mut bob = net.login("bob").await;
        bob.say("alice", "before").await;
        let mut alice = Poller::login(net.first(), "alice", family).await;
        alice.pull_all().await;
        assert_eq!(alice.words(), ["before"]);
        let ack = alice.say("bob", "你好 😀 \"\\").await;
        assert_eq!(ack.status, 0);
        bob.take(1).await;
        assert_eq!(bob.words(), ["你好 😀 \"\\"]);
        assert_eq!(bob.got[0].message_uid.as_deref(), Some(&*ack.uid));
        let mut expected = vec!["before".to_owned()];
        for number in 0..120 {
            let line = format!("line {number}");
            bob.say("alice", &line).await;
            expected.push(line);
        }
        // Its own message reaches nobody's inbox but bob's.
        alice.take(121).await;
        assert_eq!(alice.words(), expected);
    }
}

#[tokio::test]
async fn frames_of_one_client_keep_their_order() {
    let net = Net::one().await;
    let mut alice = Poller::login(net.first(), "alice", WEB25).await;
    let mut bob = net.login("bob").await;
    let mut ids = Vec::new();
    for number in 0..30 {
        ids.push(alice.publish_raw("ppMsgP", "bob", &text(&number.to_string())).await);
    }
    let mut times = Vec::new();
    for id in ids {
        times.push(alice.ack(id).await.time());
    }
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    bob.take(30).await;
    assert_eq!(bob.words(), (0..30).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_hold_ends_with_an_empty_array_or_by_a_newer_one() {
    let config = Config { poll_hold: Duration::from_millis(200), ..Config::default() };
    let net = Net::start(1, config).await;
    let alice = Poller::login(net.first(), "alice", ENGINE).await;
    assert_eq!(alice.hold_raw().await, "[]");

    let net = Net::one().await;
    let mut alice = Poller::login(net.first(), "alice", ENGINE).await;
    alice.pull_all().await;
    let before = net.first().metrics().transactions;
    let mut bob = net.login("bob").await;
    let (older, newer) = {
        // The first hold that ends is the older one: it does so as soon as the newer comes.
        let (one, two) = (alice.hold_raw(), alice.hold_raw());
        tokio::pin!(one, two);
        tokio::select! {
            older = &mut one => {
                bob.say("alice", "x").await;
                (older, two.await)
            }
            older = &mut two => {
                bob.say("alice", "x").await;
                (older, one.await)
            }
        }
    };
    assert_eq!(older, "[]");
    assert!(newer.contains("s_msg"), "{newer}");
    assert!(net.first().metrics().transactions > before, "only what was said");
}

#[tokio::test]
async fn a_session_without_requests_is_gone_and_a_held_one_stays() {
    let config = Config {
        poll_hold: Duration::from_millis(300),
        poll_patience: Duration::from_millis(1500),
        ..Config::default()
    };
    let net = Net::start(1, config).await;
    let silent = Poller::login(net.first(), "silent", ENGINE).await;
    let lively = Poller::login(net.first(), "lively", ENGINE).await;
    while net.first().metrics().sessions == 2 {
        assert_eq!(lively.hold_raw().await, "[]");
    }
    assert_eq!(silent.hold_raw().await, "lost params");
    assert_eq!(lively.hold_raw().await, "[]");
}

#[tokio::test]
async fn a_kick_is_told_in_the_words_of_each_family() {
    for (family, code) in [(WEB25, "\"headerCode\":-32,"), (ENGINE, "\"headerCode\":224,")] {
        // While a request is held ...
        let net = Net::start(1, Config { poll_linger: common::DEADLINE, ..Config::default() }).await;
        let first = Poller::login(net.first(), "alice", family).await;
        let (told, _second) = tokio::join!(first.hold_raw(), net.login_as("alice", "&apiVer=1&pid=z"));
        assert!(told.contains(code) && told.contains("\"status\":1"), "{told}");
        assert_eq!(first.hold_raw().await, "lost params", "and once only");
        // ... and between two.
        let first = Poller::login(net.first(), "bob", family).await;
        let _second = Poller::login(net.first(), "bob", family).await;
        eventually(|| net.first().metrics().sessions == 2).await;
        assert!(first.hold_raw().await.contains(code));
    }
}

#[tokio::test]
async fn the_same_installation_changes_its_carrier_silently() {
    let net = Net::one().await;
    let polling = format!("{ENGINE}&pid=p1");
    let first = Poller::login(net.first(), "alice", &polling).await;
    let (told, mut socket) = tokio::join!(first.hold_raw(), net.login_as("alice", "&apiVer=1&pid=p1"));
    assert_eq!(told, "lost params", "no DISCONNECT");
    socket.ping().await;
    let second = Poller::login(net.first(), "alice", &polling).await;
    assert_eq!(socket.ended().await, None, "no DISCONNECT");
    assert_eq!(net.first().metrics().sessions, 1);
    drop(second);
}

#[tokio::test]
async fn what_is_no_frame_ends_only_its_session() {
    let net = Net::one().await;
    let mut bob = Poller::login(net.first(), "bob", ENGINE).await;
    let long = format!("\"{}\"", "x".repeat(1 << 21));
    let cases = [
        ("messageid=1&header=50&topic=ppMsgP&targetid=bob", "{"),
        ("messageid=1&header=50&topic=ppMsgP", "{}"),
        ("messageid=70000&header=50&topic=ppMsgP&targetid=bob", "{}"),
        ("header=50&topic=ppMsgP&targetid=bob", "{}"),
        ("messageid=1&header=192", "\"\""),
        ("messageid=1&header=300", "\"\""),
        ("messageid=1&header=64", long.as_str()),
    ];
    for (query, body) in cases {
        let alice = Poller::login(net.first(), "alice", ENGINE).await;
        let path = format!("/websocket?sessionid={}&{query}", alice.session);
        let answer = alice.post(&path, body).await;
        assert_eq!(answer, "lost params", "{query}");
        assert_eq!(alice.hold_raw().await, "lost params", "{query}");
    }
    assert_eq!(bob.say("alice", "still here").await.status, 0);
}

#[tokio::test]
async fn unknown_topics_are_answered_and_old_clients_never_read_status_one() {
    let net = Net::one().await;
    for (family, refused) in [(WEB25, 34010), (ENGINE, 1)] {
        let mut alice = Poller::login(net.first(), "alice", family).await;
        let path =
            format!("/websocket?sessionid={}&messageid=900&header=82&topic=what&targetid=x", alice.session);
        assert_eq!(alice.post(&path, "{\"a\":1}").await, "[]");
        let status = alice
            .until(|frame| match frame {
                DownFrame::QueryAck(ack) if ack.message_id == 900 => Some(ack.status),
                _ => None,
            })
            .await;
        assert_ne!(status, 0);
        let future = body::ClearHistoryRequest {
            target_id: Some("bob".into()),
            data_time: Some(i64::MAX),
            ..Default::default()
        };
        assert_eq!(alice.query("cleanPMsg", "alice", future.to_bytes()).await.status, refused);
    }
}

#[tokio::test]
async fn shutdown_says_goodbye_to_holds() {
    let net = Net::one().await;
    let alice = Poller::login(net.first(), "alice", ENGINE).await;
    // Whether the request comes before or after the goodbye: its session is still known.
    let (told, ()) = tokio::join!(alice.hold_raw(), net.first().shutdown());
    assert!(told.contains("\"headerCode\":224,") && told.contains("\"status\":3"), "{told}");
    assert!(!told.contains("retryAfter"), "{told}");
}

#[tokio::test]
async fn shutdown_tells_our_own_clients_when_to_come_again() {
    let net = Net::one().await;
    let alice = Poller::login(net.first(), "alice", "&client=anser/0.1.0").await;
    let (told, ()) = tokio::join!(alice.hold_raw(), net.first().shutdown());
    let last = Signal::parse_answer(&told).unwrap().remove(0).into_frame(|_| None).unwrap();
    assert_eq!(last, DownFrame::Leaving { retry_after: 0 });
}

#[tokio::test]
async fn what_crosses_a_goodbye_is_answered() {
    let net = Net::start(1, Config { poll_linger: common::DEADLINE, ..Config::default() }).await;
    let mut first = Poller::login(net.first(), "alice", ENGINE).await;
    let _second = Poller::login(net.first(), "alice", ENGINE).await;
    // Sent before the client can know; the goodbye waits for the hold.
    assert_eq!(first.send(&UpFrame::QueryCon { message_id: 1 }).await, "[]");
    assert!(first.hold_raw().await.contains("\"headerCode\":224,"));
    assert_eq!(first.send(&UpFrame::QueryCon { message_id: 1 }).await, "[]");
    assert_eq!(first.hold_raw().await, "lost params");
}
