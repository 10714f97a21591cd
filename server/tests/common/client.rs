//! A raw client: WebSocket frames by hand, out and in. What it makes of those that came is in `habits`.

use std::collections::VecDeque;

use anser::wire::{
    Body, ByteString, Bytes, DownFrame, PubAck, Qos, Query, QueryAck, UpFrame, UpPublish, body,
};
use anser_server::Running;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::{DEADLINE, text};

/// A connection and what it has brought.
pub struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub user: String,
    pub connack_time: i64,
    pub inbox: i64,
    pub outbox: i64,
    /// The greatest time of an acknowledgement: clients of 2.5 move their outbox to it.
    pub(super) acked: i64,
    next_id: u16,
    /// Frames that came while something else was awaited.
    pub(super) kept: VecDeque<DownFrame>,
    pub(super) acks: Vec<PubAck>,
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
