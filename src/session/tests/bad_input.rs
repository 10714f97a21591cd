//! What no server should say on a living line: it costs nothing, ends nothing, and shows in no status.

use super::*;

/// Whether nothing happens but that the server hears its frame has come.
fn confirmed_only(actions: &[Action]) -> bool {
    actions.iter().all(|action| matches!(action, Action::SendFrame { frame: UpFrame::QueryCon { .. }, .. }))
}

#[test]
fn pages_that_never_end_are_not_asked_for_forever() {
    let mut rig = Rig::online();
    let mut id = pull_id(&rig.input(Input::SyncNow)).unwrap();
    // It says "more", the first time with something new.
    let actions = rig.frame(page(id, 100, false));
    let first = ticket_of(&actions).unwrap();
    id = pull_id(&actions).expect("there was more");
    let actions = rig.frame(page(id, 100, false));
    assert_eq!(pull_id(&actions), None, "the same again, with the same cursor");
    let second = ticket_of(&actions).unwrap();
    let mut done = Vec::new();
    for ticket in [first, second] {
        let actions = rig.input(Input::Stored { ticket });
        assert_eq!(pull_id(&actions), None);
        done.extend(actions.into_iter().filter(|action| matches!(action, Action::SyncDone(_))));
    }
    assert!(matches!(&done[..], [Action::SyncDone(Err(ErrorCode::TIMEOUT))]), "{done:?}");
    assert_eq!(rig.session.status(), ConnectionStatus::Connected);
    // And one that gives nothing at all.
    id = pull_id(&rig.input(Input::SyncNow)).unwrap();
    let actions = rig.frame(page(id, 0, false));
    assert_eq!(pull_id(&actions), None);
    assert!(actions.iter().any(|action| matches!(action, Action::SyncDone(Err(ErrorCode::TIMEOUT)))));
    // The next look is the regular one.
    let mut asked = 0;
    let begun = rig.now;
    while rig.now < begun + 10 * timing::PULL_INTERVAL {
        rig.now = rig.session.next_deadline().unwrap();
        let mut actions = rig.input(Input::Tick);
        actions.extend(rig.frame(DownFrame::PingResp));
        if let Some(id) = pull_id(&actions) {
            asked += 1;
            assert_eq!(pull_id(&rig.frame(page(id, 100, false))), None);
        }
    }
    assert!((9..=11).contains(&asked), "{asked}");
}

#[test]
fn answers_for_unknown_ids_are_nothing() {
    let mut rig = Rig::online();
    let sent = rig.input(Input::Send(outgoing(1, "peer")));
    let known = publishes(&sent)[0].message_id;
    for id in [0, 7, known.wrapping_add(1), u16::MAX] {
        assert!(rig.frame(acks(id, 0)).is_empty(), "{id}");
        assert!(confirmed_only(&rig.frame(page(id, 500, true))), "{id}");
    }
    assert_eq!(
        rig.session.cursors(),
        Cursors::default(),
        "nor does a page that nobody asked for move anything"
    );
    assert_eq!(rig.session.status(), ConnectionStatus::Connected);
    let actions = rig.frame(acks(known, 0));
    assert!(actions.iter().any(|action| matches!(action, Action::SendDone { message: 1, .. })));
}

#[test]
fn what_is_acknowledged_twice_is_done_once() {
    let mut rig = Rig::online();
    let first = publishes(&rig.input(Input::Send(outgoing(1, "peer"))))[0].message_id;
    let fates = |actions: &[Action]| {
        actions.iter().filter(|action| matches!(action, Action::SendDone { .. })).count()
    };
    assert_eq!(fates(&rig.frame(acks(first, 0))), 1);
    // While the next one of the same conversation is under way.
    let second = publishes(&rig.input(Input::Send(outgoing(2, "peer"))))[0].message_id;
    for status in [0, 0, 20604, 405] {
        assert!(rig.frame(acks(first, status)).is_empty(), "{status}");
    }
    assert_eq!(fates(&rig.frame(acks(second, 0))), 1);
    let id = pull_id(&rig.input(Input::SyncNow)).unwrap();
    let ticket = ticket_of(&rig.frame(page(id, 100, true))).unwrap();
    assert!(confirmed_only(&rig.frame(page(id, 100, true))), "an answer that comes twice");
    rig.input(Input::Stored { ticket });
    assert!(rig.input(Input::Stored { ticket }).is_empty());
    assert_eq!(rig.session.status(), ConnectionStatus::Connected);
}
