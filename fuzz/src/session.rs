//! The bytes are a script of steps: what the property test of the session chooses at random, chosen here by what
//! reaches new code. The world around the session and its promises are the same ones.

use anser::model::{ConnectionStatus, ConversationKey, ErrorCode, NetworkKind};
use anser::session::{Action, Cursors, Generation, Input, Millis, Outgoing, Request, Session, Tried};
use anser::timing;
use anser::wire::{
    Accepted, Body, Bytes, ConnAck, DownFrame, DownPublish, PubAck, Qos, QueryAck, Topic, UpFrame, body,
};

use crate::source::Source;
use samples::{acks, connack, downstream, outgoing, page};
use step::{PEERS, Step};
use world::World;

#[path = "../../src/session/tests/samples.rs"]
mod samples;
#[path = "../../src/session/tests/properties/step.rs"]
mod step;
#[path = "../../src/session/tests/properties/world.rs"]
mod world;

/// More steps than this find nothing that fewer do not, and take long.
const MAX_STEPS: usize = 200;

/// Plays a script.
pub fn run(data: &[u8]) {
    let mut source = Source::new(data);
    let mut world = World::new(source.u8().into());
    for _ in 0..MAX_STEPS {
        if source.is_empty() {
            break;
        }
        world.step(next(&mut source));
    }
    world.end();
}

fn next(source: &mut Source) -> Step {
    match source.u8() % 32 {
        0 | 1 => Step::Login { heartbeat: source.bool() },
        2 => Step::Connect,
        3 => Step::Reconnect {
            pauses: source.block().iter().take(4).map(|pause| u64::from(*pause) * 20).collect(),
        },
        4 => Step::Disconnect,
        5 => Step::Forget,
        6 => Step::Foreground(source.bool()),
        7 => Step::Network(NetworkKind::from_number(source.below(5) as i32).unwrap_or(NetworkKind::Other)),
        8 => Step::Woke,
        9 => Step::Token { renewed: source.bool() },
        10 => Step::RetryAfter { back: back(source), pause: source.u64() },
        11 => Step::Back { by: source.u64() },
        12 if source.bool() => Step::ServiceDown { back: back(source) },
        12 => Step::Navigation,
        13 => Step::Opened { back: back(source), heartbeat: source.bool() },
        14 => Step::Lost { back: back(source), code: source.one_of(&[30011, 31004, 31002, -1]) },
        15..=17 => Step::Frame { back: back(source), frame: frame(source) },
        18 => Step::Bytes { back: back(source), bytes: source.block().to_vec() },
        19 => Step::StoreReady { inbox: source.u16().into(), outbox: source.below(4) },
        20 => Step::StoreUnavailable,
        21 | 22 => Step::Stored { which: source.u8().into() },
        23 => Step::StoreFailed { which: source.u8().into() },
        24 => Step::WrongTicket { ticket: source.u64() },
        25 | 26 => Step::Send { peer: source.below(PEERS) },
        27 => Step::Cancel { which: source.u8().into() },
        28 => Step::Request { topic: source.below(Topic::ALL.len()), qos: source.bool() },
        29 => match source.u8() % 4 {
            0 => Step::SyncNow,
            1 => Step::Tick { after: source.u16().into() },
            2 => Step::Tick { after: u64::from(source.u16()) * 40 },
            _ => Step::Tick { after: source.u8().into() },
        },
        30 => Step::Page { time: source.u16().into(), finished: source.bool() },
        _ => Step::Ack { which: source.u8().into(), status: source.one_of(&[0, 0, 20604, 405, 30001]) },
    }
}

/// Mostly the present transport.
fn back(source: &mut Source) -> u64 {
    source.one_of(&[0, 0, 0, 0, 0, 1, 2, u64::MAX])
}

fn qos(source: &mut Source) -> Qos {
    source.one_of(&[Qos::AtMostOnce, Qos::AtLeastOnce])
}

fn frame(source: &mut Source) -> DownFrame {
    match source.u8() % 8 {
        0 => connack(source.u8() % 16),
        1 => DownFrame::PingResp,
        2 => DownFrame::Disconnect { status: source.u8() % 9 },
        3 => acks(source.u16(), source.u16()),
        4 | 5 => DownFrame::Publish(DownPublish {
            qos: qos(source),
            dup: source.bool(),
            retain: false,
            date: 0,
            topic: source.one_of(&["s_ntf", "s_msg", "s_stat", "ppMsgP", "s_us", "other", ""]).into(),
            target: "room".into(),
            message_id: source.u8().into(),
            body: any_body(source),
        }),
        _ => DownFrame::QueryAck(QueryAck {
            qos: qos(source),
            dup: false,
            retain: false,
            message_id: source.u8().into(),
            date: 0,
            status: source.one_of(&[0, 0, 0, 20604, 30003]),
            body: any_body(source),
        }),
    }
}

fn any_body(source: &mut Source) -> Bytes {
    match source.u8() % 4 {
        0 => Bytes::copy_from_slice(source.block()),
        1 => {
            let (time, finished) = (i64::from(source.u16()), source.bool());
            let list = (0..source.u8() % 3).map(|step| downstream(time + i64::from(step), "y")).collect();
            body::DownstreamMessages { list, sync_time: Some(time), finished: Some(finished) }.to_bytes()
        }
        2 => {
            let (time, extra) = (source.u16().into(), Some(source.u16().into()));
            body::DownstreamMessage { extra, ..downstream(time, "z") }.to_bytes()
        }
        _ => {
            let (kind, time) = (i32::from(source.u8() % 3), Some(source.u16().into()));
            let chatroom_id = (kind == 2).then(|| "room".to_owned());
            body::Notify { r#type: Some(kind), time, chatroom_id }.to_bytes()
        }
    }
}
