//! A line that changes its channel under the session: the login is renewed, nothing else shows.

use super::*;

/// Logged in over a line that needs no heartbeat, the inbox in.
fn polling() -> Rig {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    rig.input(Input::TransportOpened { generation: rig.generation, heartbeat: false, dedupe: true });
    rig.accept();
    let actions = rig.ready(Cursors::default(), Vec::new());
    let id = pull_id(&actions).expect("the first pull waits for no heartbeat");
    let actions = rig.frame(page(id, 0, true));
    assert!(actions.iter().any(|action| matches!(action, Action::InboxEnd)));
    rig
}

fn upgrade(rig: &mut Rig) -> Vec<Action> {
    rig.input(Input::TransportUpgraded { generation: rig.generation, heartbeat: true })
}

#[test]
fn a_new_channel_begins_with_a_heartbeat_and_a_pull() {
    let mut rig = polling();
    assert!(upgrade(&mut rig).is_empty());
    let actions = rig.accept();
    assert!(
        matches!(actions.as_slice(), [Action::SendFrame { frame: UpFrame::PingReq, .. }]),
        "neither a status nor a login: {actions:?}"
    );
    let actions = rig.frame(DownFrame::PingResp);
    let id = pull_id(&actions).expect("what came between is pulled");
    let actions = rig.frame(page(id, 0, true));
    assert!(actions.iter().any(|action| matches!(action, Action::InboxEnd)), "the account is asked again");
    // From now on the line lives by heartbeats.
    rig.pass(timing::PING_INTERVAL);
    let actions = rig.pass(timing::PONG_LIMIT);
    let lost = |action: &Action| matches!(action, Action::Status(ConnectionStatus::NetworkUnavailable, code) if code.0 == ErrorCode::RC_PONG_RECV_FAIL.0);
    assert!(actions.iter().any(lost), "{actions:?}");
}

#[test]
fn another_user_or_a_refusal_on_the_new_channel_ends_the_line() {
    let stranger = Accepted { user_id: "stranger".into(), session_id: "s".into(), time: 5 };
    for connack in [ConnAck { status: 0, accepted: Some(stranger) }, ConnAck::refused(3)] {
        let mut rig = polling();
        upgrade(&mut rig);
        let actions = rig.frame(DownFrame::ConnAck(connack));
        assert!(actions.iter().any(|action| matches!(action, Action::CloseTransport { .. })));
        assert_eq!(rig.session.status(), ConnectionStatus::NetworkUnavailable);
    }
}

#[test]
fn only_the_line_in_use_can_change_its_channel() {
    let mut rig = polling();
    let generation = rig.generation - 1;
    assert!(rig.input(Input::TransportUpgraded { generation, heartbeat: true }).is_empty());
    assert!(rig.accept().is_empty(), "a second CONNACK means nothing");
    assert_eq!(rig.session.status(), ConnectionStatus::Connected);
}
