//! A raw client for the server's tests: WebSocket frames by hand, with the cursor habits of the old web
//! client, so that a push the server should not have made shows up as a lost message. Knows nothing of the
//! server's inside.

#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod asking;
mod http;

use std::collections::VecDeque;
use std::time::Duration;

use anser::wire::{
    Body, ByteString, Bytes, DownFrame, PubAck, Qos, Query, QueryAck, UpFrame, UpPublish, body,
};
use anser_server::{Config, Parts, Running, Server};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

pub use http::http;

/// How long a test waits for what must come.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// One or two gateways on one store.
pub struct Net {
    pub gateways: Vec<Running>,
    next: std::sync::atomic::AtomicUsize,
}

impl Net {
    pub async fn start(gateways: usize, config: Config) -> Self {
        let parts = Parts::open(&config).unwrap();
        let mut running = Vec::new();
        for _ in 0..gateways {
            running.push(Server::start_with(config.clone(), parts.clone()).await.unwrap());
        }
        Self { gateways: running, next: Default::default() }
    }

    pub async fn one() -> Self {
        Self::start(1, Config::default()).await
    }

    pub fn first(&self) -> &Running {
        &self.gateways[0]
    }

    /// Each login goes to the next gateway.
    pub fn gateway(&self) -> &Running {
        let turn = self.next.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        &self.gateways[turn % self.gateways.len()]
    }

    /// A connection that was accepted but has pulled nothing.
    pub async fn connect(&self, user: &str, extra: &str) -> Client {
        match self.attempt(user, extra).await {
            Ok(client) => client,
            Err(status) => panic!("{user} was refused with {status}"),
        }
    }

    /// A connection that has pulled everything.
    pub async fn login(&self, user: &str) -> Client {
        self.login_as(user, "&apiVer=1&client=anser/0").await
    }

    pub async fn login_as(&self, user: &str, extra: &str) -> Client {
        let mut client = self.connect(user, extra).await;
        client.pull_all().await;
        client
    }

    pub async fn attempt(&self, user: &str, extra: &str) -> Result<Client, u8> {
        let gateway = self.gateway();
        let token = gateway.token(user).await.unwrap();
        Client::open(gateway, gateway.app_key(), &token, extra).await
    }
}

/// See the module.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub user: String,
    pub connack_time: i64,
    pub inbox: i64,
    pub outbox: i64,
    /// The greatest time of an acknowledgement: clients of 2.5 move their outbox to it.
    acked: i64,
    next_id: u16,
    /// Frames that came while something else was awaited.
    kept: VecDeque<DownFrame>,
    acks: Vec<PubAck>,
    /// Messages of pulls and pushes, in the order in which the client took them.
    pub got: Vec<body::DownstreamMessage>,
    /// Status messages and sync copies.
    pub passing: Vec<body::DownstreamMessage>,
    pub copies: Vec<(ByteString, body::UpstreamMessage)>,
    /// How many messages came as `s_msg`.
    pub pushed: usize,
    /// Anser's own notices.
    pub additions: Vec<body::DownstreamMessage>,
    /// Topic and version of what other devices changed.
    pub changes: Vec<(String, i64)>,
}

impl Client {
    /// Opens a connection; `Err` is the status of a refusing CONNACK, after which the socket must close.
    pub async fn open(gateway: &Running, app_key: &str, token: &str, extra: &str) -> Result<Self, u8> {
        let url =
            format!("ws://{}/websocket?appId={app_key}&token={token}&sdkVer=0{extra}", gateway.address());
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let mut client = Self {
            socket,
            user: String::new(),
            connack_time: 0,
            inbox: 0,
            outbox: 0,
            acked: 0,
            next_id: 0,
            kept: VecDeque::new(),
            acks: Vec::new(),
            got: Vec::new(),
            passing: Vec::new(),
            copies: Vec::new(),
            pushed: 0,
            additions: Vec::new(),
            changes: Vec::new(),
        };
        let Some(DownFrame::ConnAck(connack)) = client.next().await else { panic!("CONNACK comes first") };
        match connack.accepted {
            Some(accepted) => {
                assert_eq!(connack.status, 0);
                assert!(!accepted.session_id.is_empty());
                client.user = accepted.user_id.to_string();
                client.connack_time = accepted.time as i64;
                Ok(client)
            }
            None => {
                assert!(client.next().await.is_none(), "a refused connection closes");
                Err(connack.status)
            }
        }
    }

    /// The next frame from the socket; `None` when it closed.
    pub async fn next(&mut self) -> Option<DownFrame> {
        let next = async {
            loop {
                match self.socket.next().await {
                    Some(Ok(Message::Binary(bytes))) => return Some(DownFrame::decode(bytes).unwrap()),
                    Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                }
            }
        };
        let frame = tokio::time::timeout(DEADLINE, next).await.expect("a frame in time");
        if let Some(DownFrame::PubAck(ack)) = &frame {
            self.acked = self.acked.max(ack.time() as i64);
        }
        frame
    }

    /// What the server has shown this client at most, as times go.
    fn shown(&self) -> i64 {
        self.inbox.max(self.outbox).max(self.connack_time).max(self.acked)
    }

    /// The next frame, kept ones first.
    pub async fn frame(&mut self) -> Option<DownFrame> {
        match self.kept.pop_front() {
            Some(frame) => Some(frame),
            None => self.next().await,
        }
    }

    pub async fn send(&mut self, frame: UpFrame) {
        self.send_raw(frame.encode().unwrap()).await;
    }

    pub async fn send_raw(&mut self, bytes: Bytes) {
        // A server that closed meanwhile is what some tests provoke.
        let _ = self.socket.send(Message::Binary(bytes)).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        let _ = self.socket.send(Message::Text(text.into())).await;
    }

    pub async fn ping(&mut self) {
        self.send(UpFrame::PingReq).await;
        self.until(|frame| matches!(frame, DownFrame::PingResp).then_some(())).await;
    }

    fn take_id(&mut self) -> u16 {
        self.next_id += 1;
        self.next_id
    }

    /// Reads until a frame fits; the others are kept.
    pub async fn until<T>(&mut self, mut fits: impl FnMut(&DownFrame) -> Option<T>) -> T {
        if let Some(at) = self.kept.iter().position(|frame| fits(frame).is_some()) {
            return fits(&self.kept.remove(at).unwrap()).unwrap();
        }
        loop {
            let frame = self.next().await.expect("the connection is open");
            if let Some(value) = fits(&frame) {
                return value;
            }
            self.kept.push_back(frame);
        }
    }

    /// Sends without waiting; the id is returned.
    pub async fn publish_raw(&mut self, topic: &str, target: &str, message: &body::UpstreamMessage) -> u16 {
        let message_id = self.take_id();
        self.send(UpFrame::Publish(UpPublish {
            qos: Qos::AtLeastOnce,
            dup: false,
            retain: false,
            topic: topic.into(),
            target: target.into(),
            message_id,
            body: message.to_bytes(),
        }))
        .await;
        message_id
    }

    pub async fn ack(&mut self, id: u16) -> PubAck {
        if let Some(at) = self.acks.iter().position(|ack| ack.message_id == id) {
            return self.acks.remove(at);
        }
        self.until(|frame| match frame {
            DownFrame::PubAck(ack) if ack.message_id == id => Some(ack.clone()),
            _ => None,
        })
        .await
    }

    pub async fn publish(&mut self, topic: &str, target: &str, message: &body::UpstreamMessage) -> PubAck {
        let id = self.publish_raw(topic, target, message).await;
        self.ack(id).await
    }

    /// A text to a user; must be accepted.
    pub async fn say(&mut self, target: &str, words: &str) -> PubAck {
        let ack = self.publish("ppMsgP", target, &text(words)).await;
        assert_eq!(ack.status, 0, "{words}");
        ack
    }

    pub async fn query(&mut self, topic: &str, target: &str, body: Bytes) -> QueryAck {
        let message_id = self.take_id();
        self.send(UpFrame::Query(Query {
            qos: Qos::AtMostOnce,
            dup: false,
            retain: false,
            topic: topic.into(),
            target: target.into(),
            message_id,
            body,
        }))
        .await;
        self.until(|frame| match frame {
            DownFrame::QueryAck(ack) if ack.message_id == message_id => Some(ack.clone()),
            _ => None,
        })
        .await
    }

    /// One page; moves the cursors as the old client does.
    pub async fn pull(&mut self) -> body::DownstreamMessages {
        let request = body::SyncRequest {
            sync_time: Some(self.inbox),
            is_polling: Some(false),
            send_box_sync_time: Some(self.outbox),
            ..Default::default()
        };
        let user = self.user.clone();
        let answer = self.query("pullMsg", &user, request.to_bytes()).await;
        assert_eq!(answer.status, 0);
        assert!(answer.qos.wants_ack(), "pull answers ask for QUERYCON");
        self.send(UpFrame::QueryCon { message_id: answer.message_id }).await;
        let page = body::DownstreamMessages::from_bytes(answer.body).unwrap();
        for message in &page.list {
            let time = message.data_time.unwrap();
            let cursor = if message.direction == Some(1) { &mut self.outbox } else { &mut self.inbox };
            assert!(time > *cursor, "times of a page ascend");
            *cursor = time;
            self.got.push(message.clone());
        }
        page
    }

    /// Pages until the end; returns how many there were.
    pub async fn pull_all(&mut self) -> usize {
        let mut pages = 1;
        while self.pull().await.finished == Some(false) {
            pages += 1;
        }
        pages
    }

    /// Acts on what the server sends until `count` messages were taken in all. Like the old client it moves
    /// its cursor on every `s_msg`: a push past an unseen message loses that message here.
    pub async fn take(&mut self, count: usize) {
        while self.got.len() < count {
            let frame = self.frame().await.expect("the connection is open");
            self.act(frame).await;
        }
        assert_eq!(self.got.len(), count, "no message twice");
    }

    pub async fn act(&mut self, frame: DownFrame) {
        let publish = match frame {
            DownFrame::Publish(publish) => publish,
            DownFrame::PubAck(ack) => return self.acks.push(ack),
            _ => return,
        };
        if publish.dup {
            let copy = body::UpstreamMessage::from_bytes(publish.body).unwrap();
            let released = self.ack(publish.message_id).await;
            assert_eq!(released.status, 0);
            assert!(!released.uid.is_empty());
            self.copies.push((publish.target, copy));
            return;
        }
        if publish.qos.wants_ack() {
            self.send(UpFrame::PubAck { message_id: publish.message_id }).await;
        }
        match &*publish.topic {
            "s_ntf" => {
                let note = body::Notify::from_bytes(publish.body).unwrap();
                assert_eq!(note.r#type, Some(1));
                if note.time.unwrap() > self.inbox.min(self.outbox) {
                    self.pull().await;
                }
            }
            "s_msg" => {
                let message = body::DownstreamMessage::from_bytes(publish.body).unwrap();
                let time = message.data_time.unwrap();
                if message.object_name.as_deref().unwrap().starts_with("AN:") {
                    assert_eq!((message.status, message.extra), (Some(0), Some(-1)));
                    assert!(!publish.qos.wants_ack());
                    assert!(time <= self.shown(), "it moves nothing");
                    self.additions.push(message);
                    return;
                }
                assert!((32_768..=60_000).contains(&publish.message_id));
                if message.status == Some(0) && message.extra == Some(-1) {
                    assert!(time <= self.shown(), "it moves nothing");
                    self.passing.push(message);
                    return;
                }
                assert!(time > self.inbox, "a push is newer than everything before it");
                self.inbox = time;
                self.pushed += 1;
                self.got.push(message);
            }
            "s_cmd" => {
                let note = body::Notify::from_bytes(publish.body).unwrap();
                assert_eq!(note.r#type, Some(3));
                self.changes.push(("s_cmd".into(), note.time.unwrap()));
            }
            "s_us" => {
                let note = body::UserSettingVersion::from_bytes(publish.body).unwrap();
                self.changes.push(("s_us".into(), note.version.unwrap()));
            }
            other => panic!("unknown topic {other}"),
        }
    }

    /// Acts until a status message is there.
    pub async fn take_passing(&mut self) -> body::DownstreamMessage {
        while self.passing.is_empty() {
            let frame = self.frame().await.expect("the connection is open");
            self.act(frame).await;
        }
        self.passing.remove(0)
    }

    /// Acts until one of Anser's own notices is there.
    pub async fn take_addition(&mut self) -> body::DownstreamMessage {
        while self.additions.is_empty() {
            let frame = self.frame().await.expect("the connection is open");
            self.act(frame).await;
        }
        self.additions.remove(0)
    }

    /// Acts until another device's change is told.
    pub async fn take_change(&mut self) -> (String, i64) {
        while self.changes.is_empty() {
            let frame = self.frame().await.expect("the connection is open");
            self.act(frame).await;
        }
        self.changes.remove(0)
    }

    /// Acts on everything that the server sent before it answered a ping sent now.
    pub async fn settle(&mut self) {
        self.send(UpFrame::PingReq).await;
        loop {
            match self.frame().await.expect("the connection is open") {
                DownFrame::PingResp => return,
                frame => self.act(frame).await,
            }
        }
    }

    /// Acts until a sync copy is there.
    pub async fn take_copy(&mut self) -> (ByteString, body::UpstreamMessage) {
        while self.copies.is_empty() {
            let frame = self.frame().await.expect("the connection is open");
            self.act(frame).await;
        }
        self.copies.remove(0)
    }

    /// The contents taken so far, as texts.
    pub fn words(&self) -> Vec<String> {
        self.got.iter().map(words).collect()
    }

    /// Waits for a DISCONNECT (its status) or for the bare end of the connection (`None`).
    pub async fn ended(&mut self) -> Option<u8> {
        match self.last_word().await? {
            DownFrame::Disconnect { status } => Some(status),
            DownFrame::Leaving { .. } => Some(3),
            _ => None,
        }
    }

    /// Waits for the end of the connection; the last DISCONNECT before it.
    pub async fn last_word(&mut self) -> Option<DownFrame> {
        let mut last = None;
        while let Some(frame) = self.frame().await {
            if matches!(frame, DownFrame::Disconnect { .. } | DownFrame::Leaving { .. }) {
                last = Some(frame);
            }
        }
        last
    }

    pub async fn close(mut self) {
        let _ = self.socket.close(None).await;
        while self.next().await.is_some() {}
    }
}

/// An ordinary text message.
pub fn text(words: &str) -> body::UpstreamMessage {
    message("RC:TxtMsg", 3, &serde_json::json!({ "content": words }).to_string())
}

pub fn message(object_name: &str, flags: i32, content: &str) -> body::UpstreamMessage {
    body::UpstreamMessage {
        flags: Some(flags),
        object_name: Some(object_name.into()),
        content: Some(Bytes::from(content.to_owned())),
        config_flag: Some(0),
        ..Default::default()
    }
}

/// The text inside a text message.
pub fn words(message: &body::DownstreamMessage) -> String {
    let value: serde_json::Value = serde_json::from_slice(message.content.as_ref().unwrap()).unwrap();
    value["content"].as_str().unwrap().to_owned()
}

/// Waits until a condition holds; for what has no event of its own.
pub async fn eventually(mut holds: impl FnMut() -> bool) {
    let wait = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, wait).await.expect("it holds in time");
}

/// Runs a test as one process and as two gateways on one store.
#[macro_export]
macro_rules! both_ways {
    ($($name:ident),* $(,)?) => {
        mod one_process {
            $(#[tokio::test] async fn $name() { super::$name(1).await; })*
        }
        mod two_gateways {
            $(#[tokio::test] async fn $name() { super::$name(2).await; })*
        }
    };
}
