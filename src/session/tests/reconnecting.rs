//! When a loss is noticed and when the next attempt follows, to the millisecond: failure × transport × phase.
//! The jitter is that of one seed; that it stays below its ceiling is checked beside the exact numbers. The
//! rows stand in `docs/connection.md` too.

use super::table::document;
use super::*;

use Failure::*;
use Phase::*;
use Transport::*;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Failure {
    /// The transport says so, with this code.
    Lost(i32),
    /// The server accepts the transport and then says nothing.
    NoConnAck,
    /// CONNACK 3.
    Unavailable,
    /// What arrives is no frame.
    Garbage,
    /// DISCONNECT 3.
    Leaves,
    /// A heartbeat is not answered.
    NoPong,
    /// The same in the background.
    NoPongBehind,
    /// Half-open, found because the network changed.
    NoProof,
    /// Lost with the server's wish for 20 s of rest.
    Rest,
    /// A server is there and takes nobody: refused, or an error of its own.
    Down,
    /// The same, and it names 20 s of rest.
    DownRest,
    /// DISCONNECT 3 with 20 s of rest.
    LeavesRest,
    /// Lost while there is no network.
    NoNetwork,
}

/// How far it had come.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Opening,
    Greeting,
    Preparing,
    /// Online for no time at all.
    Young,
    /// Online for a minute.
    Healthy,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Transport {
    /// With heartbeats.
    WebSocket,
    /// Without.
    Polling,
}

/// (failure, transport, phase, failed attempts before, noticed after ms, next attempt after ms more, code)
type Row = (Failure, Transport, Phase, u32, u64, Option<u64>, i32);

const ROWS: &[Row] = &[
    (Lost(30004), WebSocket, Opening, 0, 0, Some(327), 30004),
    (Lost(30005), WebSocket, Opening, 0, 0, Some(327), 30005),
    (Lost(30007), WebSocket, Opening, 0, 0, Some(327), 30007),
    (Lost(30009), WebSocket, Opening, 0, 0, Some(327), 30009),
    (Lost(30010), WebSocket, Opening, 0, 0, Some(327), 30010),
    (Lost(30010), WebSocket, Opening, 1, 0, Some(1652), 30010),
    (Lost(30010), WebSocket, Opening, 2, 0, Some(3743), 30010),
    (Lost(30010), WebSocket, Opening, 3, 0, Some(3107), 30010),
    (Lost(30010), WebSocket, Opening, 4, 0, Some(14850), 30010),
    (Lost(30010), WebSocket, Opening, 5, 0, Some(13125), 30010),
    (Lost(30010), WebSocket, Opening, 6, 0, Some(45265), 30010),
    (Lost(30010), WebSocket, Opening, 7, 0, Some(35748), 30010),
    (Down, WebSocket, Opening, 0, 0, Some(8327), 30010),
    (Down, WebSocket, Opening, 3, 0, Some(15107), 30010),
    (Down, WebSocket, Opening, 6, 0, Some(45265), 30010),
    (DownRest, WebSocket, Opening, 0, 0, Some(28327), 30010),
    (NoConnAck, WebSocket, Greeting, 0, 15000, Some(327), 31000),
    (Unavailable, WebSocket, Greeting, 0, 0, Some(8327), 31003),
    (Garbage, WebSocket, Greeting, 0, 0, Some(327), 32002),
    (Lost(30011), WebSocket, Greeting, 0, 0, Some(327), 30011),
    (Lost(30011), WebSocket, Preparing, 1, 0, Some(1652), 30011),
    (Leaves, WebSocket, Preparing, 1, 0, Some(11652), 30027),
    (NoConnAck, Polling, Greeting, 0, 15000, Some(327), 31000),
    (Unavailable, Polling, Greeting, 0, 0, Some(8327), 31003),
    (Garbage, Polling, Greeting, 0, 0, Some(327), 32002),
    (Lost(30011), Polling, Greeting, 0, 0, Some(327), 30011),
    (Lost(30011), Polling, Preparing, 1, 0, Some(1652), 30011),
    (Leaves, Polling, Preparing, 1, 0, Some(11652), 30027),
    (NoPong, WebSocket, Preparing, 1, 6000, Some(1652), 30013),
    (Lost(30011), WebSocket, Young, 3, 0, Some(3107), 30011),
    (Lost(30027), WebSocket, Young, 3, 0, Some(3107), 30027),
    (Garbage, WebSocket, Young, 3, 0, Some(3107), 32002),
    (Leaves, WebSocket, Young, 3, 0, Some(15107), 30027),
    (LeavesRest, WebSocket, Young, 3, 0, Some(23107), 30027),
    (NoProof, WebSocket, Young, 3, 6000, Some(3107), 30013),
    (NoPong, WebSocket, Young, 3, 36000, Some(3107), 30013),
    (NoPongBehind, WebSocket, Young, 3, 86000, Some(3107), 30013),
    (Rest, WebSocket, Young, 3, 0, Some(23107), 30011),
    (NoNetwork, WebSocket, Young, 3, 0, None, 30011),
    (Lost(30011), Polling, Young, 3, 0, Some(3107), 30011),
    (Lost(30027), Polling, Young, 3, 0, Some(3107), 30027),
    (Garbage, Polling, Young, 3, 0, Some(3107), 32002),
    (Leaves, Polling, Young, 3, 0, Some(15107), 30027),
    (NoProof, Polling, Young, 3, 10000, Some(3107), 30013),
    (Rest, Polling, Young, 3, 0, Some(23107), 30011),
    (NoNetwork, Polling, Young, 3, 0, None, 30011),
    (Lost(30011), WebSocket, Healthy, 3, 0, Some(107), 30011),
    (Lost(30027), WebSocket, Healthy, 3, 0, Some(107), 30027),
    (Garbage, WebSocket, Healthy, 3, 0, Some(107), 32002),
    (Leaves, WebSocket, Healthy, 3, 0, Some(15107), 30027),
    (NoProof, WebSocket, Healthy, 3, 6000, Some(107), 30013),
    (NoPong, WebSocket, Healthy, 3, 36000, Some(107), 30013),
    (NoPongBehind, WebSocket, Healthy, 3, 86000, Some(107), 30013),
    (Rest, WebSocket, Healthy, 3, 0, Some(20107), 30011),
    (NoNetwork, WebSocket, Healthy, 3, 0, None, 30011),
    (Lost(30011), Polling, Healthy, 3, 0, Some(107), 30011),
    (Lost(30027), Polling, Healthy, 3, 0, Some(107), 30027),
    (Garbage, Polling, Healthy, 3, 0, Some(107), 32002),
    (Leaves, Polling, Healthy, 3, 0, Some(15107), 30027),
    (NoProof, Polling, Healthy, 3, 10000, Some(107), 30013),
    (Rest, Polling, Healthy, 3, 0, Some(20107), 30011),
    (NoNetwork, Polling, Healthy, 3, 0, None, 30011),
];

/// A session in this phase, after so many failed attempts.
fn rig(transport: Transport, phase: Phase, before: u32) -> Rig {
    let heartbeat = transport == WebSocket;
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    for _ in 0..before {
        rig.input(Input::TransportLost { generation: rig.generation, code: ErrorCode(30010) });
        rig.now = rig.session.next_deadline().unwrap();
        assert_eq!(opens(&rig.input(Input::Tick)), [false]);
    }
    if phase == Opening {
        return rig;
    }
    rig.input(Input::TransportOpened { generation: rig.generation, heartbeat, dedupe: true });
    if phase == Greeting {
        return rig;
    }
    rig.accept();
    if phase == Preparing {
        return rig;
    }
    let mut actions = rig.ready(Cursors::default(), Vec::new());
    if heartbeat {
        actions = rig.frame(DownFrame::PingResp);
    }
    rig.frame(page(pull_id(&actions).unwrap(), 0, true));
    if phase == Healthy {
        for _ in 0..2 {
            rig.now += 30_000;
            rig.input(Input::Tick);
            if heartbeat {
                rig.frame(DownFrame::PingResp);
            }
        }
    }
    rig
}

/// Lets it fail; returns what the loss brought.
fn fail(rig: &mut Rig, failure: Failure) -> Vec<Action> {
    let generation = rig.generation;
    let lost = |code| Input::TransportLost { generation, code: ErrorCode(code) };
    let quiet = match failure {
        Lost(code) => return rig.input(lost(code)),
        Unavailable => return rig.frame(connack(3)),
        Garbage => return rig.input(Input::Garbage { generation }),
        Leaves => return rig.frame(DownFrame::Disconnect { status: 3 }),
        Down | DownRest => {
            if failure == DownRest {
                rig.input(Input::RetryAfter { generation, pause: 20_000 });
            }
            rig.input(Input::ServiceDown { generation });
            return rig.input(lost(30010));
        }
        LeavesRest => return rig.frame(DownFrame::Leaving { retry_after: 20_000 }),
        Rest => {
            rig.input(Input::RetryAfter { generation, pause: 20_000 });
            return rig.input(lost(30011));
        }
        NoNetwork => {
            rig.input(Input::Network(NetworkKind::Unavailable));
            return rig.input(lost(30011));
        }
        NoConnAck | NoPong => None,
        NoPongBehind => Some(Input::Foreground(false)),
        NoProof => Some(Input::Network(NetworkKind::Wifi)),
    };
    if let Some(input) = quiet {
        rig.input(input);
    }
    // Time passes until something is noticed; nothing comes from the server.
    loop {
        rig.now = rig.session.next_deadline().expect("something is due");
        let actions = rig.input(Input::Tick);
        if !statuses(&actions).is_empty() {
            return actions;
        }
    }
}

fn play(row: &Row) -> Row {
    let (failure, transport, phase, before, ..) = *row;
    let mut rig = rig(transport, phase, before);
    let start = rig.now;
    let told = statuses(&fail(&mut rig, failure));
    assert_eq!(told.len(), 1, "{row:?}: {told:?}");
    let shown = match failure {
        Unavailable => ConnectionStatus::Disconnected,
        _ => ConnectionStatus::NetworkUnavailable,
    };
    assert_eq!(told[0].0, shown, "{row:?}");
    let noticed = rig.now;
    let due = rig.session.next_deadline();
    if let Some(due) = due {
        rig.now = due - 1;
        assert!(rig.input(Input::Tick).is_empty(), "{row:?}: too early");
        rig.now = due;
        assert_eq!(opens(&rig.input(Input::Tick)), [false], "{row:?}");
    }
    (failure, transport, phase, before, noticed - start, due.map(|due| due - noticed), told[0].1.0)
}

fn line(row: &Row) -> String {
    let (failure, transport, phase, before, noticed, again, code) = row;
    let failure = match failure {
        Lost(30004) => "the navigation request fails",
        Lost(30005) => "navigation does not answer",
        Lost(30007) => "navigation answers with an error",
        Lost(30009) => "no server is named",
        Lost(30010) => "no server can be reached",
        Lost(30027) => "closed by the server",
        Lost(_) => "the connection breaks",
        NoConnAck => "no CONNACK",
        Unavailable => "CONNACK 3",
        Garbage => "no frame",
        Leaves => "DISCONNECT 3",
        NoPong => "no PINGRESP",
        NoPongBehind => "no PINGRESP, in the background",
        NoProof => "no sign of life after a change of network",
        Rest => "breaks, the server asks for 20 s of rest",
        Down => "a server refuses, or fails by itself",
        DownRest => "the same, and it asks for 20 s of rest",
        LeavesRest => "DISCONNECT 3 with 20 s of rest",
        NoNetwork => "breaks, there is no network",
    };
    let transport = if *phase == Opening { "–".to_owned() } else { format!("{transport:?}") };
    let again = again.map_or("with a network".to_owned(), |again| again.to_string());
    format!("| {failure} | {transport} | {phase:?} | {before} | {code} | {noticed} | {again} |\n")
        .replace("| Young |", "| online, just now |")
        .replace("| Healthy |", "| online for 60 s |")
        .replace("| Opening |", "| opening |")
        .replace("| Greeting |", "| before CONNACK |")
        .replace("| Preparing |", "| before the store |")
}

#[test]
fn every_loss_is_noticed_and_tried_again_at_its_time() {
    assert!(ROWS.len() >= 40);
    let played: Vec<Row> = ROWS.iter().map(play).collect();
    let wrong: Vec<String> = std::iter::zip(ROWS, &played)
        .filter(|(row, played)| row != played)
        .map(|(_, played)| format!("    {played:?},"))
        .collect();
    assert!(wrong.is_empty(), "these rows are, as played:\n{}", wrong.join("\n"));
    for (index, row) in ROWS.iter().enumerate() {
        assert!(!ROWS[..index].contains(row), "twice: {row:?}");
        let (failure, _, phase, before, _, again, _) = *row;
        // A minute of health makes up for what failed before it.
        let failures = if phase == Healthy { 0 } else { before };
        let least = if matches!(failure, Down | DownRest | Leaves | Unavailable) { 20_000 } else { 1_000 };
        let ceiling = (1_000 << failures.min(6)).min(60_000).max(least);
        let rest = if matches!(failure, Rest | DownRest | LeavesRest) { 20_000 } else { 0 };
        assert!(again.is_none_or(|again| (rest..rest + ceiling).contains(&again)), "{row:?}");
        assert_eq!(again.is_none(), failure == NoNetwork, "{row:?}");
    }
}

#[test]
fn the_document_has_the_times() {
    let head = "| failure | transport | phase | failed before | code | noticed after, ms | tried again after, ms |\n\
                |--|--|--|--|--|--|--|\n";
    let table: String = std::iter::once(head.to_owned()).chain(ROWS.iter().map(line)).collect();
    document("times", &table);
}
