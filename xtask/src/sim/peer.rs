//! A web client, as far as what it receives goes, with that client's cursor habits: it knows no uids, keeps no pages
//! and retries nothing. What the server pushes too early, or stamps too low, it loses or shows twice. Of the 2.5 line,
//! over WebSocket: its cursors move with every message it shows and every acknowledgement. Or of the engine 2.9.2, over
//! long polling: it drops what is pushed while it pulls, and what stands behind a page in the same answer, as it learns
//! of the page's arrival only once it has gone through all of that answer. Plain state: the world moves its frames.

use anser::timing::{PING_INTERVAL, PONG_LIMIT, PULL_INTERVAL};
use anser::wire::{Body, Bytes, DownFrame, DownPublish, Qos, Query, QueryAck, UpFrame, UpPublish, body};
use anyhow::{Context as _, anyhow};

use super::net::Millis;

/// Its name in the world.
pub(crate) const NAME: &str = "dave";

/// A message that was shown.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) uid: String,
    pub(crate) time: i64,
}

/// What a page keeps until it is left.
#[derive(Debug, Default)]
struct Page {
    /// The first ping proves that the line works; then it pulls.
    proven: bool,
    pulling: Option<Asked>,
    /// What was pushed while a pull was on its way: its answer may bring that again, and this client, which compares
    /// with the cursors of when it asked, shows it again. What stands behind a page that ends before comes with the
    /// next one, as the page has taken the cursor back. No server can prevent that.
    raced: Vec<String>,
    /// Pulls that wait for their turn.
    queue: u32,
    /// Whether the last pull brought everything.
    finished: bool,
    last_id: u16,
    next_ping: Option<Millis>,
    pong_until: Option<Millis>,
    next_pull: Option<Millis>,
    /// When the last page came: an answer's signals come at one moment, and no two answers do.
    answered: Option<Millis>,
    /// The newest notice that came while it pulled.
    noticed: i64,
}

/// A pull, with the cursors it was sent with.
#[derive(Debug, Clone, Copy)]
struct Asked {
    message_id: u16,
    inbox: i64,
    outbox: i64,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    /// Whether it is the engine's, and polls.
    pub(crate) engine: bool,
    pub(crate) line: Option<usize>,
    /// When it tries again.
    pub(crate) retry: Option<Millis>,
    /// What it has shown, in order.
    pub(crate) seen: Vec<Seen>,
    /// Uids and times of own messages that were acknowledged.
    pub(crate) acknowledged: Vec<Seen>,
    pub(crate) said: usize,
    inbox: i64,
    outbox: i64,
    page: Page,
    frames: Vec<UpFrame>,
}

impl Peer {
    /// One that is about to connect for the first time.
    pub(crate) fn new(engine: bool) -> Self {
        Self { engine, retry: Some(0), ..Self::default() }
    }

    /// What it has to say.
    pub(crate) fn take_frames(&mut self) -> Vec<UpFrame> {
        std::mem::take(&mut self.frames)
    }

    /// Its WebSocket is open. It waits for no CONNACK: one that never comes is found out by the heartbeat.
    pub(crate) fn opened(&mut self, now: Millis) {
        self.page.next_ping = Some(now + PING_INTERVAL);
    }

    /// The line is gone, or the page is loaded anew.
    pub(crate) fn lost(&mut self, retry: Millis) {
        self.page = Page::default();
        self.line = None;
        self.retry = Some(retry);
    }

    pub(crate) fn due(&self) -> Option<Millis> {
        let page = &self.page;
        [self.retry, page.next_ping, page.pong_until, page.next_pull].into_iter().flatten().min()
    }

    /// Time passes. Returns whether it gives its line up.
    pub(crate) fn tick(&mut self, now: Millis) -> bool {
        if self.page.pong_until.is_some_and(|until| now >= until) {
            return true;
        }
        if self.page.next_ping.is_some_and(|due| now >= due) {
            self.ping(now);
        }
        if self.page.next_pull.is_some_and(|due| now >= due) {
            self.pull(now);
        }
        false
    }

    fn ping(&mut self, now: Millis) {
        self.frames.push(UpFrame::PingReq);
        self.page.next_ping = Some(now + PING_INTERVAL);
        self.page.pong_until = Some(now + PONG_LIMIT);
    }

    fn take_id(&mut self) -> u16 {
        self.page.last_id += 1;
        self.page.last_id
    }

    fn pull(&mut self, now: Millis) {
        if self.page.pulling.is_some() {
            self.page.queue += 1;
            return;
        }
        let first = self.page.next_pull.is_none();
        self.page.next_pull = Some(now + PULL_INTERVAL);
        let message_id = self.take_id();
        let request = body::SyncRequest {
            sync_time: Some(self.inbox),
            is_polling: Some(false),
            is_pull_send: first.then_some(true),
            send_box_sync_time: Some(self.outbox),
            ..Default::default()
        };
        self.page.pulling = Some(Asked { message_id, inbox: self.inbox, outbox: self.outbox });
        self.frames.push(UpFrame::Query(Query {
            qos: Qos::AtLeastOnce,
            dup: false,
            retain: false,
            topic: "pullMsg".into(),
            target: NAME.into(),
            message_id,
            body: request.to_bytes(),
        }));
    }

    /// Sends a numbered text into a group, once; does nothing while it is not connected.
    pub(crate) fn say(&mut self, group: &str) {
        if !self.page.proven {
            return;
        }
        let text = serde_json::json!({ "content": format!("{NAME}-{:04}", self.said) }).to_string();
        self.said += 1;
        let message_id = self.take_id();
        let message = body::UpstreamMessage {
            flags: Some(3),
            object_name: Some("RC:TxtMsg".into()),
            content: Some(Bytes::from(text)),
            config_flag: Some(0),
            ..Default::default()
        };
        self.frames.push(UpFrame::Publish(UpPublish {
            qos: Qos::AtLeastOnce,
            dup: false,
            retain: false,
            topic: "pgMsgP".into(),
            target: group.into(),
            message_id,
            body: message.to_bytes(),
        }));
    }

    /// A frame of the server.
    pub(crate) fn frame(&mut self, bytes: Bytes, now: Millis) -> anyhow::Result<()> {
        self.hear(DownFrame::decode(bytes).map_err(|error| anyhow!("no frame for {NAME}: {error}"))?, now)
    }

    /// The same, read already.
    pub(crate) fn hear(&mut self, frame: DownFrame, now: Millis) -> anyhow::Result<()> {
        match frame {
            DownFrame::ConnAck(_) if self.engine => {
                self.page.proven = true;
                self.pull(now);
            }
            DownFrame::ConnAck(_) => self.ping(now),
            DownFrame::PingResp => {
                self.page.pong_until = None;
                if !std::mem::replace(&mut self.page.proven, true) {
                    self.pull(now);
                }
            }
            DownFrame::PubAck(ack) if ack.status == 0 => {
                let time = i64::try_from(ack.time())?;
                self.acknowledged.push(Seen { uid: ack.uid.to_string(), time });
                if self.page.finished && !self.engine {
                    self.outbox = time;
                }
            }
            DownFrame::QueryAck(ack) if self.engine => self.page_arrived(ack, now)?,
            DownFrame::QueryAck(ack) => self.answered(ack, now)?,
            DownFrame::Publish(publish) => self.published(publish, now)?,
            DownFrame::PubAck(_)
            | DownFrame::Disconnect { .. }
            | DownFrame::Leaving { .. }
            | DownFrame::Ignored(_) => {}
        }
        Ok(())
    }

    fn answered(&mut self, ack: QueryAck, now: Millis) -> anyhow::Result<()> {
        let Some(asked) = self.page.pulling.filter(|asked| asked.message_id == ack.message_id) else {
            return Ok(());
        };
        self.page.pulling = None;
        let mut raced = std::mem::take(&mut self.page.raced);
        self.frames.push(UpFrame::QueryCon { message_id: ack.message_id });
        if ack.status == 0 {
            let page = body::DownstreamMessages::from_bytes(ack.body).map_err(|_| anyhow!("no page"))?;
            self.page.finished = page.finished != Some(false);
            for message in page.list {
                let time = message.data_time.context("a message without a time")?;
                let again = raced.iter().position(|uid| Some(uid) == message.message_uid.as_ref());
                if message.direction == Some(1) {
                    if time > asked.outbox {
                        self.outbox = time;
                    }
                } else if let Some(again) = again {
                    raced.remove(again);
                    self.inbox = time;
                } else if time > asked.inbox {
                    self.show(&message, time);
                }
            }
            if !self.page.finished {
                self.page.raced = raced;
            }
        }
        if self.page.queue > 0 {
            self.page.queue -= 1;
            self.pull(now);
        }
        Ok(())
    }

    /// The engine's way with a page.
    fn page_arrived(&mut self, ack: QueryAck, now: Millis) -> anyhow::Result<()> {
        if self.page.pulling.take_if(|asked| asked.message_id == ack.message_id).is_none() {
            return Ok(());
        }
        self.frames.push(UpFrame::QueryCon { message_id: ack.message_id });
        self.page.answered = Some(now);
        if ack.status != 0 {
            return Ok(());
        }
        let page = body::DownstreamMessages::from_bytes(ack.body).map_err(|_| anyhow!("no page"))?;
        for message in &page.list {
            let time = message.data_time.context("a message without a time")?;
            if message.direction == Some(1) {
                self.outbox = self.outbox.max(time);
            } else {
                self.show(message, time);
            }
        }
        let all = page.sync_time.unwrap_or(0);
        self.inbox = self.inbox.max(all);
        if std::mem::take(&mut self.page.noticed) > all || page.finished == Some(false) {
            self.pull(now);
        }
        Ok(())
    }

    fn published(&mut self, publish: DownPublish, now: Millis) -> anyhow::Result<()> {
        if publish.qos.wants_ack() && !publish.dup {
            self.frames.push(UpFrame::PubAck { message_id: publish.message_id });
        }
        let busy = self.page.pulling.is_some() || self.page.answered == Some(now);
        match &*publish.topic {
            "s_ntf" if self.engine => {
                let notice = body::Notify::from_bytes(publish.body).map_err(|_| anyhow!("no notice"))?;
                if self.page.pulling.is_some() {
                    self.page.noticed = self.page.noticed.max(notice.time.unwrap_or(0));
                } else {
                    self.pull(now);
                }
            }
            "s_msg" if self.engine && busy => {}
            "s_ntf" => {
                let notice = body::Notify::from_bytes(publish.body).map_err(|_| anyhow!("no notice"))?;
                if notice.time.is_none_or(|time| time > self.inbox.min(self.outbox)) {
                    self.pull(now);
                }
            }
            "s_msg" if self.page.finished || self.engine => {
                let message =
                    body::DownstreamMessage::from_bytes(publish.body).map_err(|_| anyhow!("no message"))?;
                let time = message.data_time.context("a message without a time")?;
                if self.page.pulling.is_some() {
                    self.page.raced.extend(message.message_uid.clone());
                }
                self.show(&message, time);
            }
            _ => {}
        }
        Ok(())
    }

    fn show(&mut self, message: &body::DownstreamMessage, time: i64) {
        self.inbox = time;
        if message.object_name.as_deref() == Some("RC:TxtMsg") {
            self.seen.push(Seen { uid: message.message_uid.clone().unwrap_or_default(), time });
        }
    }
}

#[cfg(test)]
mod tests {
    use anser::wire::ConnAck;

    use super::*;

    fn message(stamp: i64) -> body::DownstreamMessage {
        body::DownstreamMessage {
            from_user_id: Some("bob".into()),
            r#type: Some(3),
            object_name: Some("RC:TxtMsg".into()),
            content: Some(Bytes::new()),
            status: Some(0),
            message_uid: Some(stamp.to_string()),
            data_time: Some(stamp),
            direction: Some(2),
            ..Default::default()
        }
    }

    /// A peer whose first pull is on its way.
    fn pulling() -> Peer {
        let mut peer = Peer::new(false);
        peer.hear(DownFrame::PingResp, 100).unwrap();
        peer
    }

    fn push(peer: &mut Peer, topic: &'static str, body: Bytes) {
        let publish = DownPublish {
            qos: Qos::AtMostOnce,
            dup: false,
            retain: false,
            date: 0,
            topic: topic.into(),
            target: NAME.into(),
            message_id: 0,
            body,
        };
        peer.hear(DownFrame::Publish(publish), 200).unwrap();
    }

    fn answer(peer: &mut Peer, stamps: &[i64], finished: bool) {
        let list = stamps.iter().copied().map(message).collect();
        let sync_time = stamps.last().copied();
        let page = body::DownstreamMessages { list, sync_time, finished: Some(finished) };
        let message_id = peer.page.last_id;
        let (qos, dup, retain, date, status) = (Qos::AtLeastOnce, false, false, 0, 0);
        let ack = QueryAck { qos, dup, retain, message_id, date, status, body: page.to_bytes() };
        peer.hear(DownFrame::QueryAck(ack), 300).unwrap();
    }

    fn shown(peer: &Peer) -> Vec<i64> {
        peer.seen.iter().map(|seen| seen.time).collect()
    }

    #[test]
    fn what_was_pushed_during_a_pull_may_come_again_with_this_page_or_the_next() {
        let mut peer = pulling();
        answer(&mut peer, &[1], true);
        peer.pull(200);
        (2..5).for_each(|stamp| push(&mut peer, "s_msg", message(stamp).to_bytes()));
        answer(&mut peer, &[2, 3], false);
        assert_eq!(peer.inbox, 3, "the page takes the cursor back, as this client assigns it");
        let notice = body::Notify { r#type: Some(1), time: Some(5), ..Default::default() };
        push(&mut peer, "s_ntf", notice.to_bytes());
        answer(&mut peer, &[4, 5], true);
        assert_eq!(shown(&peer), [1, 2, 3, 4, 5]);
        peer.inbox = 3;
        peer.pull(400);
        answer(&mut peer, &[4], true);
        assert_eq!(shown(&peer), [1, 2, 3, 4, 5, 4], "excused once, no more");
    }

    #[test]
    fn a_websocket_without_a_connack_is_left_by_the_heartbeat() {
        let mut peer = Peer::new(false);
        peer.opened(1_000);
        assert_eq!(peer.due(), Some(0), "its first connecting");
        peer.retry = None;
        assert_eq!(peer.due(), Some(1_000 + PING_INTERVAL));
        assert!(!peer.tick(1_000 + PING_INTERVAL));
        assert!(peer.tick(1_000 + PING_INTERVAL + PONG_LIMIT));
        // One that comes pings at once.
        let mut peer = Peer::new(false);
        peer.opened(0);
        peer.hear(DownFrame::ConnAck(ConnAck { status: 0, accepted: None }), 50).unwrap();
        assert_eq!(peer.take_frames(), [UpFrame::PingReq]);
    }
}
