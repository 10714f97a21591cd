//! What a connected client costs while nobody says anything: a whole client without threads, with its real timers,
//! for an hour of virtual time against an answering server whose frames are really encoded; and, worked out from
//! the intervals alone, what the heartbeat needs. Benches print both, a test compares them.

use anser::client::ClientOptions;
use anser::client::inline::InlineClient;
use anser::clock::Clock;
use anser::model::{ConnectionChannel, ConnectionStatus};
use anser::timing;
use anser::transport::{Opened, TransportEvent};
use anser::wire::{Accepted, Body, Bytes, ConnAck, DownFrame, Qos, Query, QueryAck, Topic, UpFrame, body};

/// How a client idles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// Over WebSocket, before the user's eyes.
    Foreground,
    /// Over WebSocket, in the background.
    Background,
    /// Over long polling: what its session does beside the requests that wait, which keep the line alive.
    Polling,
}

/// What an hour takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HourCost {
    /// Times that a timer wakes the device. Answers come within a tenth of a second, while it is awake.
    pub wake_ups: u64,
    /// Heartbeats.
    pub pings: u64,
    /// Questions whether a notice was lost.
    pub pulls: u64,
    /// Frames up.
    pub frames_up: u64,
    /// Frames down.
    pub frames_down: u64,
    /// Bytes up: frames in masked WebSocket messages; without TLS, TCP and IP. Frames alone where it polls.
    pub bytes_up: u64,
    /// Bytes down, likewise.
    pub bytes_down: u64,
}

const HOUR: u64 = 3_600_000;
/// Between a frame and its answer, ms.
const ROUND_TRIP: u64 = 100;
/// Where the inbox ends: it takes as many bytes as a real one.
const INBOX: i64 = 1_790_000_000_000;
const USER: &str = "alice";

/// A WebSocket message's bytes: up its head has a mask.
fn message_bytes(idle: Idle, up: bool, payload: usize) -> u64 {
    let head = match idle {
        Idle::Polling => 0,
        _ if up => 6,
        _ => 2,
    };
    assert!(payload < 126, "longer messages have a longer head");
    head + payload as u64
}

/// An idle hour of the real client.
///
/// # Panics
/// The client does not come online, or does not stay so.
#[expect(clippy::expect_used, reason = "this is how a test fails")]
pub fn idle_hour(idle: Idle) -> HourCost {
    let clock = Clock::manual(INBOX);
    let options = ClientOptions::new("app", "http://127.0.0.1");
    let client = InlineClient::new(options, clock.clone(), 1).expect("the client can be made");
    let mut line = Line { client, clock, idle, cost: HourCost::default() };
    line.come_online();
    let until = line.clock.monotonic() + HOUR;
    line.cost = HourCost::default();
    loop {
        let due = line.client.next_deadline().expect("a connected client has timers");
        if line.clock.monotonic() + due > until {
            break;
        }
        line.client.advance(due);
        line.cost.wake_ups += 1;
        line.answer();
    }
    assert_eq!(line.client.status(), ConnectionStatus::Connected);
    line.cost
}

struct Line {
    client: InlineClient,
    clock: Clock,
    idle: Idle,
    cost: HourCost,
}

impl Line {
    fn come_online(&mut self) {
        self.client.connect("token");
        let heartbeat = self.idle != Idle::Polling;
        let channel = if heartbeat { ConnectionChannel::Websocket } else { ConnectionChannel::XhrPolling };
        let opened = Opened { channel, heartbeat, dedupe: true, history: true };
        self.client.line(TransportEvent::Opened(opened));
        let time = INBOX.unsigned_abs();
        let accepted = Some(Accepted { user_id: USER.into(), session_id: "s".into(), time });
        let connack = ConnAck { status: 0, accepted };
        self.client.line(TransportEvent::Frame(DownFrame::ConnAck(connack)));
        self.answer();
        if self.idle == Idle::Background {
            self.client.set_foreground(false);
        }
    }

    /// Lets the server answer until the client has nothing more to say.
    #[expect(clippy::expect_used, reason = "this is how a test fails")]
    fn answer(&mut self) {
        loop {
            let frames = self.client.take_frames();
            if frames.is_empty() {
                return;
            }
            let mut answers = Vec::new();
            for frame in frames {
                let bytes = frame.encode().expect("the frame can be written").len();
                self.cost.frames_up += 1;
                self.cost.bytes_up += message_bytes(self.idle, true, bytes);
                match frame {
                    UpFrame::PingReq => {
                        self.cost.pings += 1;
                        answers.push(DownFrame::PingResp);
                    }
                    UpFrame::Query(query) if query.topic == Topic::PullMessages.as_str() => {
                        self.cost.pulls += 1;
                        answers.push(nothing_new(query.message_id));
                    }
                    // What is asked once after the login: whether it is known makes no difference later.
                    UpFrame::Query(query) => answers.push(answered(query.message_id, Bytes::new())),
                    _ => {}
                }
            }
            if answers.is_empty() {
                return;
            }
            self.client.advance(ROUND_TRIP);
            for answer in answers {
                let bytes = answer.encode().expect("the frame can be written").len();
                self.cost.frames_down += 1;
                self.cost.bytes_down += message_bytes(self.idle, false, bytes);
                self.client.line(TransportEvent::Frame(answer));
            }
        }
    }
}

fn answered(message_id: u16, body: Bytes) -> DownFrame {
    let (qos, dup, retain, status) = (Qos::AtLeastOnce, false, false, 0);
    DownFrame::QueryAck(QueryAck { qos, dup, retain, message_id, date: 1_790_000_000, status, body })
}

/// The page of an inbox without news.
fn nothing_new(message_id: u16) -> DownFrame {
    let page = body::DownstreamMessages { list: Vec::new(), sync_time: Some(INBOX), finished: Some(true) };
    answered(message_id, page.to_bytes())
}

/// What the heartbeat of an hour needs: a ping at its period, with every last one before [`timing::PULL_INTERVAL`] is
/// over a pull, and their answers. Polling has no heartbeat: only the pull.
///
/// # Panics
/// A frame cannot be written.
#[expect(clippy::expect_used, reason = "this is how a test fails")]
pub fn heartbeat_needs(idle: Idle) -> HourCost {
    let period = match idle {
        Idle::Foreground => Some(timing::PING_INTERVAL),
        Idle::Background => Some(timing::BACKGROUND_PING_INTERVAL),
        Idle::Polling => None,
    };
    let pings = period.map_or(0, |period| HOUR / period);
    let pull_every = period.map_or(timing::PULL_INTERVAL, |period| timing::PULL_INTERVAL / period * period);
    let pulls = HOUR / pull_every;
    let request = body::SyncRequest {
        sync_time: Some(INBOX),
        is_polling: Some(false),
        send_box_sync_time: Some(0),
        ..Default::default()
    };
    let query = Query {
        qos: Qos::AtLeastOnce,
        dup: false,
        retain: false,
        topic: Topic::PullMessages.as_str().into(),
        target: USER.into(),
        message_id: 1,
        body: request.to_bytes(),
    };
    let up = |frame: UpFrame| {
        let bytes = frame.encode().expect("the frame can be written").len();
        message_bytes(idle, true, bytes)
    };
    let down = |frame: DownFrame| {
        let bytes = frame.encode().expect("the frame can be written").len();
        message_bytes(idle, false, bytes)
    };
    HourCost {
        wake_ups: if period.is_some() { pings } else { pulls },
        pings,
        pulls,
        frames_up: pings + 2 * pulls,
        frames_down: pings + pulls,
        bytes_up: pings * up(UpFrame::PingReq)
            + pulls * (up(UpFrame::Query(query)) + up(UpFrame::QueryCon { message_id: 1 })),
        bytes_down: pings * down(DownFrame::PingResp) + pulls * down(nothing_new(1)),
    }
}
