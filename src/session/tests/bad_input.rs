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
fn pages_that_crawl_and_bring_nothing_are_asked_for_in_pauses() {
    let mut rig = Rig::online();
    let mut id = pull_id(&rig.input(Input::SyncNow)).unwrap();
    // All before the next heartbeat, which a pull would wait for.
    for time in 1..5 {
        let body =
            body::DownstreamMessages { list: Vec::new(), sync_time: Some(time), finished: Some(false) };
        let (qos, dup, retain, date, status) = (Qos::AtLeastOnce, false, false, 0, 0);
        let ack = QueryAck { qos, dup, retain, message_id: id, date, status, body: body.to_bytes() };
        let actions = rig.frame(DownFrame::QueryAck(ack));
        assert_eq!(pull_id(&actions), None);
        let stored = rig.input(Input::Stored { ticket: ticket_of(&actions).unwrap() });
        assert_eq!(pull_id(&stored), None);
        let told = stored.iter().filter(|action| matches!(action, Action::SyncDone(Err(ErrorCode::TIMEOUT))));
        assert_eq!(told.count(), usize::from(time == 1), "who waits for the end hears that it does not come");
        assert_eq!(rig.session.cursors().inbox, time, "what it covers is not asked for again");
        id = pull_id(&rig.pass(timing::PULL_RETRY)).expect("more");
    }
    // What is more than nothing is asked for at once.
    assert!(pull_id(&rig.frame(page(id, 100, false))).is_some());
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
