//! When the inbox counts as pulled to its end: only when the server has said so and all of it is stored.

use super::*;

fn ends(actions: &[Action]) -> usize {
    actions.iter().filter(|action| matches!(action, Action::InboxEnd)).count()
}

fn syncs(actions: &[Action]) -> Vec<Result<(), ErrorCode>> {
    let result = |action: &Action| if let Action::SyncDone(result) = action { Some(*result) } else { None };
    actions.iter().filter_map(result).collect()
}

/// Logged in and pulling for the first time. Returns the pull's message id.
fn pulling() -> (Rig, u16) {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    rig.opened();
    rig.accept();
    rig.ready(Cursors::default(), Vec::new());
    let id = pull_id(&rig.frame(DownFrame::PingResp)).unwrap();
    (rig, id)
}

#[test]
fn pages_stored_after_the_line_is_gone_are_not_the_end() {
    let (mut rig, mut id) = pulling();
    let mut tickets = Vec::new();
    for number in 1..=3 {
        let actions = rig.frame(page(id, number * 100, false));
        tickets.extend(ticket_of(&actions));
        id = pull_id(&actions).unwrap();
    }
    rig.input(Input::TransportLost { generation: rig.generation, code: ErrorCode::RC_SOCKET_DISCONNECTED });
    for ticket in tickets {
        assert_eq!(ends(&rig.input(Input::Stored { ticket })), 0);
    }
    // The next login pulls the rest, and that is the end.
    rig.now = rig.session.next_deadline().unwrap();
    rig.input(Input::Tick);
    rig.opened();
    rig.accept();
    rig.ready(Cursors { inbox: 300, outbox: 0 }, Vec::new());
    let id = pull_id(&rig.frame(DownFrame::PingResp)).unwrap();
    let ticket = ticket_of(&rig.frame(page(id, 400, true))).unwrap();
    assert_eq!(ends(&rig.input(Input::Stored { ticket })), 1);
}

#[test]
fn a_failed_pull_is_not_the_end() {
    let (mut rig, first) = pulling();
    rig.input(Input::SyncNow);
    let actions = rig.frame(page(first, 100, false));
    let (ticket, second) = (ticket_of(&actions).unwrap(), pull_id(&actions).unwrap());
    let mut refused = page(second, 0, true);
    if let DownFrame::QueryAck(ack) = &mut refused {
        ack.status = 500;
    }
    assert_eq!(syncs(&rig.frame(refused)), [Err(ErrorCode::TIMEOUT)]);
    let actions = rig.input(Input::Stored { ticket });
    assert_eq!((ends(&actions), syncs(&actions)), (0, Vec::new()));
    let third = pull_id(&rig.pass(timing::PULL_RETRY)).unwrap();
    assert_eq!(ends(&rig.frame(page(third, 0, true))), 1);
}

#[test]
fn more_that_does_not_come_is_not_the_end() {
    let (mut rig, first) = pulling();
    rig.input(Input::SyncNow);
    let second = pull_id(&rig.frame(page(first, 0, false))).expect("the host wants it");
    let actions = rig.frame(page(second, 0, false));
    assert_eq!(pull_id(&actions), None, "it would be asked forever");
    assert_eq!((ends(&actions), syncs(&actions)), (0, vec![Err(ErrorCode::TIMEOUT)]));
    let third = pull_id(&rig.input(Input::SyncNow)).unwrap();
    let actions = rig.frame(page(third, 0, true));
    assert_eq!((ends(&actions), syncs(&actions)), (1, vec![Ok(())]));
}
