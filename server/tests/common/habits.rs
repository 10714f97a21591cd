//! What a client makes of frames, with the cursor habits of the old web client: a push that the server should not
//! have made shows up as a lost message, or as a failed assertion.

use anser::wire::{Body, ByteString, DownFrame, UpFrame, body};

use super::{Client, words};

impl Client {
    /// What the server has shown this client at most, as times go.
    fn shown(&self) -> i64 {
        self.inbox.max(self.outbox).max(self.connack_time).max(self.acked)
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
}
