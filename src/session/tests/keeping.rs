//! Keeping the line and trying again: heartbeat, foreground, network, clocks, pauses, plans, tokens, kicks.
//! Exact virtual times.

use super::*;

pub(super) fn lost(rig: &mut Rig) -> Vec<Action> {
    let (generation, code) = (rig.generation, ErrorCode::RC_SOCKET_DISCONNECTED);
    rig.input(Input::TransportLost { generation, code })
}

/// Milliseconds until something is due.
pub(super) fn due(rig: &Rig) -> Option<u64> {
    rig.session.next_deadline().map(|due| due.saturating_sub(rig.now))
}

fn pings(actions: &[Action]) -> usize {
    frames(actions).into_iter().filter(|frame| **frame == UpFrame::PingReq).count()
}

fn asked(actions: &[Action]) -> Vec<ErrorCode> {
    let code = |action: &Action| if let Action::AskToken { code } = action { Some(*code) } else { None };
    actions.iter().filter_map(code).collect()
}

/// A refused login on the line that is opening.
fn refused(rig: &mut Rig, status: u8) -> Vec<Action> {
    rig.opened();
    rig.frame(connack(status))
}

fn polling() -> Rig {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    rig.input(Input::TransportOpened { generation: rig.generation, heartbeat: false, dedupe: true });
    rig.accept();
    let pull = pull_id(&rig.ready(Cursors::default(), Vec::new())).unwrap();
    rig.frame(page(pull, 0, true));
    rig
}

#[test]
fn the_heartbeat_is_the_hosts_within_what_servers_bear() {
    for (wanted, got) in [(20_000, 20_000), (1, 5_000), (1_000_000, 80_000)] {
        let mut rig = Rig::new();
        rig.session = Session::new(7).with_heartbeat(wanted);
        rig.input(Input::Connect);
        rig.come_online();
        assert_eq!(pings(&rig.pass(got)), 1, "{wanted}");
    }
}

#[test]
fn a_heartbeat_shorter_than_the_time_for_its_answer_still_finds_a_dead_line() {
    let mut rig = Rig::new();
    rig.session = Session::new(7).with_heartbeat(timing::PING_FLOOR);
    rig.input(Input::Connect);
    rig.come_online();
    assert_eq!(pings(&rig.pass(5_000)), 1);
    rig.frame(DownFrame::PingResp);
    assert_eq!(pings(&rig.pass(5_000)), 1);
    assert_eq!(pings(&rig.pass(5_000)), 1, "due again, and the last one is not answered");
    let actions = rig.pass(1_000);
    assert_eq!(statuses(&actions), [(ConnectionStatus::NetworkUnavailable, ErrorCode::RC_PONG_RECV_FAIL)]);
}

#[test]
fn in_the_background_it_pings_as_rarely_as_servers_bear() {
    let mut rig = Rig::online();
    assert!(rig.input(Input::Foreground(false)).is_empty());
    for _ in 0..2 {
        let actions = rig.pass(80_000);
        assert_eq!(pings(&actions), 1);
        rig.frame(DownFrame::PingResp);
    }
    // Three heartbeats of silence are what a server closes a session for.
    const { assert!(timing::BACKGROUND_PING_INTERVAL + timing::PONG_LIMIT < 3 * timing::PING_INTERVAL) };
    // The missed answer ends it there as anywhere.
    let mut rig = Rig::online();
    rig.input(Input::Foreground(false));
    rig.pass(80_000);
    let actions = rig.pass(6_000);
    assert_eq!(statuses(&actions), [(ConnectionStatus::NetworkUnavailable, ErrorCode::RC_PONG_RECV_FAIL)]);
}

#[test]
fn the_regular_pull_goes_with_a_heartbeat() {
    for (foreground, interval, every) in [(true, 30_000, 6), (false, 80_000, 2)] {
        let mut rig = Rig::online();
        rig.input(Input::Foreground(foreground));
        for number in 1..=2 * every {
            let actions = rig.pass(interval);
            assert_eq!((pings(&actions), pull_id(&actions)), (1, None), "the line is proven first");
            let pull = pull_id(&rig.frame(DownFrame::PingResp));
            assert_eq!(pull.is_some(), number % every == 0, "heartbeat {number} of {interval} ms");
            if let Some(pull) = pull {
                rig.frame(page(pull, 0, true));
            }
        }
    }
}

#[test]
fn coming_to_the_foreground_proves_the_line_at_once() {
    let mut rig = Rig::online();
    rig.input(Input::Foreground(false));
    rig.now += 10_000;
    assert_eq!(pings(&rig.input(Input::Foreground(true))), 1);
    assert!(rig.input(Input::Foreground(true)).is_empty(), "said twice it is said once");
    rig.frame(DownFrame::PingResp);
    assert_eq!(pings(&rig.pass(30_000)), 1);
}

#[test]
fn coming_to_the_foreground_connects_at_once() {
    let mut rig = Rig::online();
    rig.input(Input::Foreground(false));
    lost(&mut rig);
    assert_eq!(opens(&rig.input(Input::Foreground(true))), [false]);
    rig.come_online();
}

#[test]
fn a_new_network_proves_a_living_line_and_ends_a_half_open_one() {
    let mut rig = Rig::online();
    rig.now += 1_000;
    assert_eq!(pings(&rig.input(Input::Network(NetworkKind::Wifi))), 1);
    assert!(rig.input(Input::Network(NetworkKind::Cellular)).is_empty(), "it is being proven");
    let actions = rig.pass(6_000);
    assert_eq!(statuses(&actions), [(ConnectionStatus::NetworkUnavailable, ErrorCode::RC_PONG_RECV_FAIL)]);
}

#[test]
fn a_line_without_heartbeats_is_proven_by_a_pull() {
    let mut rig = polling();
    assert!(pull_id(&rig.input(Input::Network(NetworkKind::Wifi))).is_some());
    let actions = rig.pass(10_000);
    assert_eq!(statuses(&actions), [(ConnectionStatus::NetworkUnavailable, ErrorCode::RC_PONG_RECV_FAIL)]);

    let mut rig = polling();
    let pull = pull_id(&rig.input(Input::Network(NetworkKind::Wifi))).unwrap();
    rig.frame(page(pull, 0, true));
    assert_eq!(due(&rig), Some(timing::PULL_INTERVAL), "proven");
}

#[test]
fn a_network_that_comes_connects_at_once() {
    let mut rig = Rig::online();
    lost(&mut rig);
    assert_eq!(opens(&rig.input(Input::Network(NetworkKind::Cellular))), [false]);
    assert!(rig.input(Input::Network(NetworkKind::Cellular)).is_empty(), "the same network again");
    // Another network: what was begun on the old one would hang.
    let old = rig.generation;
    let actions = rig.input(Input::Network(NetworkKind::Wifi));
    assert!(matches!(actions[0], Action::CloseTransport { generation } if generation == old));
    assert_eq!(opens(&actions), [false]);
    rig.come_online();
}

#[test]
fn without_a_network_no_attempt_is_burned() {
    let mut rig = Rig::online();
    rig.input(Input::Network(NetworkKind::Unavailable));
    lost(&mut rig);
    assert_eq!(due(&rig), None, "it waits");
    assert_eq!(rig.session.status(), ConnectionStatus::NetworkUnavailable);
    rig.now += 86_400_000;
    assert!(rig.input(Input::Tick).is_empty());
    assert_eq!(opens(&rig.input(Input::Network(NetworkKind::Wifi))), [false]);
    // Also when it goes while the next attempt is being waited for.
    lost(&mut rig);
    rig.input(Input::Network(NetworkKind::Unavailable));
    assert_eq!(due(&rig), None);
    // The host may still insist.
    assert_eq!(opens(&rig.input(Input::Connect)), [false]);
    let actions = lost(&mut rig);
    assert_eq!(connect_results(&actions), [Err(ErrorCode::RC_SOCKET_DISCONNECTED)]);
    assert_eq!(due(&rig), None);
}

#[test]
fn a_clock_that_jumps_back_stops_no_timer() {
    let mut rig = Rig::online();
    rig.now += 10_000;
    rig.input(Input::Tick);
    rig.now = 0;
    assert!(rig.input(Input::Tick).is_empty());
    assert_eq!(due(&rig), Some(20_000));
    assert_eq!(pings(&rig.pass(20_000)), 1);
    assert!(!statuses(&rig.pass(6_000)).is_empty());
}

#[test]
fn an_answer_missed_while_nobody_ran_proves_nothing() {
    let mut rig = Rig::online();
    rig.pass(30_000);
    rig.now += 3_600_000;
    assert_eq!(pings(&rig.input(Input::Tick)), 1, "asked once more");
    let actions = rig.pass(6_000);
    assert_eq!(statuses(&actions), [(ConnectionStatus::NetworkUnavailable, ErrorCode::RC_PONG_RECV_FAIL)]);
}

#[test]
fn waking_proves_the_line_or_connects() {
    let mut rig = Rig::online();
    assert_eq!(pings(&rig.input(Input::Woke)), 1);
    rig.frame(DownFrame::PingResp);
    lost(&mut rig);
    assert_eq!(opens(&rig.input(Input::Woke)), [false]);
}

#[test]
fn pauses_grow_to_a_minute_and_no_further() {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    let mut longest = 0;
    for failure in 0..200_u32 {
        lost(&mut rig);
        let pause = due(&rig).unwrap();
        assert!(pause < (1_000 << failure.min(6)).min(60_000), "failure {failure}: {pause}");
        longest = longest.max(pause);
        rig.now += pause;
        assert_eq!(opens(&rig.input(Input::Tick)), [false]);
    }
    assert!(longest > 50_000, "the whole minute is used: {longest}");
}

#[test]
fn only_a_healthy_line_makes_up_for_failures() {
    for (lived, forgiven) in [(29_999, false), (30_000, true)] {
        let mut rig = Rig::new();
        rig.input(Input::Connect);
        for _ in 0..10 {
            lost(&mut rig);
            rig.now = rig.session.next_deadline().unwrap();
            rig.input(Input::Tick);
        }
        rig.come_online();
        let birth = rig.now;
        while rig.now < birth + lived {
            rig.now = rig.session.next_deadline().unwrap().min(birth + lived);
            rig.input(Input::Tick);
            rig.frame(DownFrame::PingResp);
        }
        // The ceilings after it tell what is remembered.
        let pauses = (0..40).map(|_| {
            let mut copy = Session::new(rig.session.connection.random());
            copy.connection.failures = rig.session.connection.failures;
            copy.connection.phase = rig.session.connection.phase;
            copy.connection.proven = rig.session.connection.proven;
            copy.connection.online_since = rig.session.connection.online_since;
            copy.retry_later(ErrorCode::TIMEOUT, rig.now);
            copy.next_deadline().unwrap() - rig.now
        });
        assert_eq!(pauses.max().unwrap() < 1_000, forgiven, "after {lived} ms");
    }
}

#[test]
fn a_thousand_clients_come_back_spread_out() {
    // The server is away for 20 seconds.
    let (gone, back) = (100_000_u64, 120_000_u64);
    let mut times: Vec<u64> = (1..=1_000_u64)
        .map(|client| {
            let mut rig = Rig::new();
            rig.session = Session::new(client.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            rig.input(Input::Connect);
            rig.come_online();
            rig.now = gone;
            rig.frame(DownFrame::PingResp);
            lost(&mut rig);
            loop {
                rig.now = rig.session.next_deadline().unwrap();
                assert_eq!(opens(&rig.input(Input::Tick)), [false]);
                if rig.now >= back {
                    return rig.now;
                }
                lost(&mut rig);
            }
        })
        .collect();
    times.sort_unstable();
    let spread = times[999] - times[0];
    assert!(spread >= 15_000, "{spread}");
    let crowd = times.windows(100).map(|hundred| hundred[99] - hundred[0]).min().unwrap();
    assert!(crowd >= 500, "a hundred within {crowd} ms");
}

#[test]
fn a_plan_tries_after_each_pause_and_ends_once() {
    let mut rig = Rig::online();
    lost(&mut rig);
    rig.input(Input::Reconnect { pauses: vec![100, 1_000, 3_000] });
    for pause in [100, 1_000, 3_000] {
        assert_eq!(due(&rig), Some(pause));
        assert_eq!(opens(&rig.pass(pause)), [false]);
        let actions = lost(&mut rig);
        let end: &[_] = if pause == 3_000 { &[Err(ErrorCode(30002))] } else { &[] };
        assert_eq!(connect_results(&actions), end);
    }
    // It goes on as after any loss.
    rig.now = rig.session.next_deadline().unwrap();
    assert_eq!(opens(&rig.input(Input::Tick)), [false]);
    rig.come_online();
}

#[test]
fn a_plan_ends_with_success_refusal_or_disconnect() {
    let mut rig = Rig::online();
    rig.input(Input::Disconnect);
    rig.input(Input::Reconnect { pauses: vec![100, 200] });
    assert_eq!(rig.session.status(), ConnectionStatus::Connecting);
    rig.pass(100);
    rig.opened();
    rig.accept();
    let actions = rig.ready(Cursors::default(), Vec::new());
    assert_eq!(connect_results(&actions), [Ok("me".to_owned())]);
    let actions = rig.input(Input::Reconnect { pauses: vec![5] });
    assert_eq!(connect_results(&actions), [Ok("me".to_owned())], "it is connected");
    rig.input(Input::Disconnect);

    rig.input(Input::Reconnect { pauses: vec![100, 200] });
    rig.pass(100);
    assert_eq!(connect_results(&refused(&mut rig, 5)), [Err(ErrorCode::RC_CONN_NOT_AUTHRORIZED)]);
    assert_eq!(due(&rig), None);

    rig.input(Input::Reconnect { pauses: vec![100, 200] });
    let actions = rig.input(Input::Disconnect);
    assert_eq!(connect_results(&actions), [Err(ErrorCode::CONN_CANCELLED)]);
    assert_eq!(due(&rig), None);
}

#[test]
fn a_plan_joins_what_is_on_its_way_and_connect_hurries_it() {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    rig.input(Input::Reconnect { pauses: vec![500, 700] });
    assert!(connect_results(&lost(&mut rig)).is_empty(), "both wait for the plan");
    assert_eq!(due(&rig), Some(500));
    assert_eq!(opens(&rig.input(Input::Connect)), [false]);
    lost(&mut rig);
    assert_eq!(opens(&rig.pass(700)), [false]);
    assert_eq!(connect_results(&lost(&mut rig)), [const { Err(ErrorCode::RC_NET_UNAVAILABLE) }; 3]);
}

#[test]
fn a_refused_token_is_renewed_once() {
    for (status, code) in [(4, ErrorCode::RC_CONN_USER_OR_PASSWD_ERROR), (10, ErrorCode::CONN_TOKEN_EXPIRED)]
    {
        let mut rig = Rig::new();
        rig.input(Input::Connect);
        let actions = refused(&mut rig, status);
        assert_eq!(asked(&actions), [code]);
        assert!(connect_results(&actions).is_empty() && statuses(&actions).is_empty(), "connecting goes on");
        rig.input(Input::Connect);
        assert_eq!(opens(&rig.input(Input::TokenAnswered { renewed: true })), [true]);
        // The new one is no better.
        let actions = refused(&mut rig, status);
        assert!(asked(&actions).is_empty());
        assert_eq!(connect_results(&actions), [Err(code), Err(code)]);
        assert_eq!(statuses(&actions), [(ConnectionStatus::Disconnected, code)]);
        assert_eq!(due(&rig), None, "never by itself");
        // The next wish asks again, and this time the token is good.
        rig.input(Input::Connect);
        assert_eq!(asked(&refused(&mut rig, status)), [code]);
        rig.input(Input::TokenAnswered { renewed: true });
        rig.come_online();
    }
}

#[test]
fn navigations_refusal_of_the_token_asks_too() {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    let (generation, code) = (rig.generation, ErrorCode::RC_CONN_USER_OR_PASSWD_ERROR);
    assert_eq!(asked(&rig.input(Input::TransportLost { generation, code })), [code]);
    let actions = rig.input(Input::TokenAnswered { renewed: false });
    assert_eq!(connect_results(&actions), [Err(code)]);
    assert_eq!(statuses(&actions), [(ConnectionStatus::Disconnected, code)]);
    assert!(rig.input(Input::TokenAnswered { renewed: true }).is_empty(), "too late");
}

#[test]
fn a_host_that_has_no_token_in_a_minute_has_none() {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    refused(&mut rig, 10);
    let actions = rig.pass(60_000);
    assert_eq!(connect_results(&actions), [Err(ErrorCode::CONN_TOKEN_EXPIRED)]);
    assert_eq!(due(&rig), None);

    rig.input(Input::Connect);
    refused(&mut rig, 10);
    assert_eq!(connect_results(&rig.input(Input::Disconnect)), [Err(ErrorCode::CONN_CANCELLED)]);
}

#[test]
fn more_than_five_kicks_are_a_fight() {
    let kick = DownFrame::Disconnect { status: 1 };
    let mut rig = Rig::online();
    for _ in 0..5 {
        rig.frame(kick.clone());
        rig.input(Input::Connect);
        rig.come_online();
    }
    rig.frame(kick.clone());
    let actions = rig.input(Input::Connect);
    assert_eq!(connect_results(&actions), [Err(ErrorCode(1101))]);
    assert_eq!(statuses(&actions), [(ConnectionStatus::Ultralimit, ErrorCode::ULTRALIMIT)]);
    let actions = rig.input(Input::Reconnect { pauses: vec![1] });
    assert_eq!(connect_results(&actions), [Err(ErrorCode::ULTRALIMIT)]);
    assert_eq!(due(&rig), None);
    // Another user is another matter.
    rig.input(Input::Forget);
    rig.input(Input::Connect);
    rig.come_online();
}

#[test]
fn a_kick_after_ten_minutes_of_peace_begins_no_series() {
    let mut rig = Rig::online();
    for _ in 0..12 {
        let birth = rig.now;
        while rig.now < birth + timing::PEACE_AFTER {
            rig.now = rig.session.next_deadline().unwrap().min(birth + timing::PEACE_AFTER);
            let actions = rig.input(Input::Tick);
            rig.frame(DownFrame::PingResp);
            if let Some(id) = pull_id(&actions) {
                rig.frame(page(id, 0, true));
            }
        }
        rig.frame(DownFrame::Disconnect { status: 1 });
        rig.input(Input::Connect);
        rig.come_online();
    }
}

#[test]
fn nothing_is_tried_again_by_itself_after_a_refusal() {
    // CONNACK: all but accepted, unavailable (passes) and redirect (is followed).
    for status in [1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 255] {
        let mut rig = Rig::new();
        rig.input(Input::Connect);
        let mut actions = refused(&mut rig, status);
        actions.extend(rig.input(Input::TokenAnswered { renewed: false }));
        assert_eq!(connect_results(&actions), [Err(ErrorCode::from_connack(status))], "{status}");
        stays_away(&mut rig, &format!("CONNACK {status}"));
    }
    for status in [1, 2, 4, 5, 7, 255] {
        let mut rig = Rig::online();
        rig.frame(DownFrame::Disconnect { status });
        stays_away(&mut rig, &format!("DISCONNECT {status}"));
    }
}

fn stays_away(rig: &mut Rig, what: &str) {
    assert_eq!(due(rig), None, "{what}");
    let stimuli = [
        Input::Tick,
        Input::Foreground(false),
        Input::Foreground(true),
        Input::Network(NetworkKind::Wifi),
        Input::Woke,
        Input::TokenAnswered { renewed: true },
    ];
    for input in stimuli {
        rig.now += 100_000;
        assert!(rig.input(input).is_empty(), "{what}");
    }
}
