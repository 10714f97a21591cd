//! A server that comes back finds all its clients waiting: a thousand of them, by seed, in virtual time. They are
//! independent of each other, so each is played alone, and what counts is when it arrives.

use super::*;

/// How the clients lose their server.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Loss {
    /// It dies without a word.
    Crash,
    /// It says goodbye, and nothing more.
    Goodbye,
    /// It tells each client its turn, 20 ms after the one before, as our own does.
    Turns,
    /// It dies, and what stands in front of it answers for it until it is back.
    Busy,
}

const CLIENTS: u64 = 1_000;

/// When the client of this number arrives, in ms after the loss, if the server is away for `away`.
fn arrival(client: u64, loss: Loss, away: Millis) -> Millis {
    let mut rig = Rig::online();
    // The rig's own seed would make them all alike.
    rig.session.connection.seed((client + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let lost_at = rig.now;
    let lost = |generation, code| Input::TransportLost { generation, code: ErrorCode(code) };
    match loss {
        Loss::Crash | Loss::Busy => rig.input(lost(rig.generation, 30011)),
        Loss::Goodbye => rig.frame(DownFrame::Disconnect { status: 3 }),
        Loss::Turns => rig.frame(DownFrame::Leaving { retry_after: client as u32 * 20 }),
    };
    loop {
        rig.now = rig.session.next_deadline().expect("it goes on trying");
        let tried = !opens(&rig.input(Input::Tick)).is_empty();
        if !tried {
            continue;
        }
        if rig.now - lost_at >= away {
            return rig.now - lost_at;
        }
        let generation = rig.generation;
        match loss {
            Loss::Busy => {
                rig.opened();
                rig.frame(connack(3));
            }
            _ => {
                rig.input(Input::ServiceDown { generation });
                rig.input(lost(generation, 30010));
            }
        }
    }
}

/// From the first to the last arrival, and the most within one second.
fn figures(loss: Loss, away: Millis) -> (Millis, usize) {
    let mut arrivals: Vec<Millis> = (0..CLIENTS).map(|client| arrival(client, loss, away)).collect();
    arrivals.sort_unstable();
    let within = |from: &Millis| arrivals.iter().filter(|at| (*from..*from + 1_000).contains(*at)).count();
    let busiest = arrivals.iter().map(within).max().unwrap();
    (arrivals[arrivals.len() - 1] - arrivals[0], busiest)
}

#[test]
fn a_thousand_clients_spread_their_return_over_15_seconds_and_more() {
    for loss in [Loss::Crash, Loss::Goodbye, Loss::Turns, Loss::Busy] {
        for away in [2_000, 5_000, 30_000] {
            let (spread, busiest) = figures(loss, away);
            println!("{loss:?}, away for {away} ms: spread over {spread} ms, busiest second {busiest}");
            assert!(spread >= 15_000, "{loss:?}, away for {away} ms: {spread} ms");
            assert!(busiest <= 170, "{loss:?}, away for {away} ms: {busiest} in one second");
        }
    }
}

#[test]
fn a_line_that_breaks_is_back_within_a_second() {
    for client in 0..100 {
        assert!(arrival(client, Loss::Crash, 0) < 1_000, "{client}");
    }
    // So is one whose server asks only a few.
    assert!((0..5).all(|client| arrival(client, Loss::Turns, 0) < 1_100));
}
