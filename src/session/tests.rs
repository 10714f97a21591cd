//! Behaviour of the whole machine, in virtual time: what happens when, to the millisecond. That no order
//! of inputs breaks it is the matter of `properties`.

mod bad_input;
mod doubt;
mod inbox_end;
mod keeping;
mod outbox;
mod properties;
mod reconnecting;
mod samples;
mod spread;
mod table;
mod upgrade;
mod wishes;

use super::*;
use crate::model::ConversationKey;
use crate::timing;
use crate::wire::{Accepted, Body, ConnAck, DownPublish, PubAck, QueryAck, UpPublish, body};
use samples::{acks, connack, downstream, outgoing, page};

/// A session and its clock.
struct Rig {
    session: Session,
    now: Millis,
    generation: Generation,
}

impl Rig {
    fn new() -> Self {
        Self { session: Session::new(7), now: 1_000, generation: 0 }
    }

    fn input(&mut self, input: Input) -> Vec<Action> {
        self.session.handle(input, self.now);
        let actions: Vec<Action> = std::iter::from_fn(|| self.session.poll()).collect();
        for action in &actions {
            if let Action::OpenTransport { generation, .. } = action {
                self.generation = *generation;
            }
        }
        actions
    }

    fn frame(&mut self, frame: DownFrame) -> Vec<Action> {
        self.input(Input::Frame { generation: self.generation, frame })
    }

    /// Moves the clock on; a tick before its time must do nothing.
    fn pass(&mut self, milliseconds: u64) -> Vec<Action> {
        self.now += milliseconds - 1;
        let early = self.input(Input::Tick);
        assert!(early.is_empty(), "a millisecond too early: {early:?}");
        self.now += 1;
        assert!(self.session.next_deadline().unwrap() <= self.now, "nobody would have ticked");
        self.input(Input::Tick)
    }

    fn opened(&mut self) -> Vec<Action> {
        self.input(Input::TransportOpened { generation: self.generation, heartbeat: true, dedupe: true })
    }

    fn accept(&mut self) -> Vec<Action> {
        self.frame(connack(0))
    }

    fn ready(&mut self, cursors: Cursors, outbox: Vec<Outgoing>) -> Vec<Action> {
        self.input(Input::StoreReady { cursors, outbox })
    }

    /// Logged in, the first heartbeat answered, the first pull answered with nothing.
    fn online() -> Self {
        let mut rig = Self::new();
        rig.input(Input::Connect);
        rig.come_online();
        rig
    }

    /// Logged in over a line that needs no heartbeats, the inbox in: nothing but what is sent is due.
    fn quiet(dedupe: bool) -> Self {
        let mut rig = Self::new();
        rig.input(Input::Connect);
        rig.log_in_quietly(dedupe, Vec::new());
        rig
    }

    /// Gives the inbox's answer, too.
    fn log_in_quietly(&mut self, dedupe: bool, outbox: Vec<Outgoing>) -> Vec<Action> {
        let actions = self.begin_quietly(dedupe, outbox);
        let id = pull_id(&actions).expect("the first pull waits for no heartbeat");
        self.frame(page(id, 0, true))
    }

    fn begin_quietly(&mut self, dedupe: bool, outbox: Vec<Outgoing>) -> Vec<Action> {
        self.input(Input::TransportOpened { generation: self.generation, heartbeat: false, dedupe });
        self.accept();
        self.ready(Cursors::default(), outbox)
    }

    /// The line breaks, and the next attempt begins.
    fn lose(&mut self) {
        let code = ErrorCode::RC_SOCKET_DISCONNECTED;
        self.input(Input::TransportLost { generation: self.generation, code });
        // A pause of the outbox may end first.
        let mut opened = Vec::new();
        while opened.is_empty() {
            self.now = self.session.next_deadline().expect("it tries again");
            opened = opens(&self.input(Input::Tick));
        }
        assert_eq!(opened, [false]);
    }

    fn come_online(&mut self) {
        self.opened();
        self.accept();
        self.ready(Cursors::default(), Vec::new());
        let actions = self.frame(DownFrame::PingResp);
        let id = pull_id(&actions).expect("the first pull follows the first pong");
        self.frame(page(id, 0, true));
        assert_eq!(self.session.status(), ConnectionStatus::Connected);
    }
}

fn push(topic: Topic, qos: Qos, message_id: u16, body: Bytes) -> DownFrame {
    DownFrame::Publish(DownPublish {
        qos,
        dup: false,
        retain: false,
        date: 0,
        topic: topic.as_str().into(),
        target: "me".into(),
        message_id,
        body,
    })
}

fn frames(actions: &[Action]) -> Vec<&UpFrame> {
    actions
        .iter()
        .filter_map(|action| if let Action::SendFrame { frame, .. } = action { Some(frame) } else { None })
        .collect()
}

fn publishes(actions: &[Action]) -> Vec<&UpPublish> {
    frames(actions)
        .into_iter()
        .filter_map(|frame| if let UpFrame::Publish(publish) = frame { Some(publish) } else { None })
        .collect()
}

fn pull_id(actions: &[Action]) -> Option<u16> {
    frames(actions).into_iter().find_map(|frame| match frame {
        UpFrame::Query(query) if query.topic == Topic::PullMessages.as_str() => Some(query.message_id),
        _ => None,
    })
}

fn ticket_of(actions: &[Action]) -> Option<u64> {
    actions
        .iter()
        .find_map(|action| if let Action::Store(batch) = action { Some(batch.ticket) } else { None })
}

fn statuses(actions: &[Action]) -> Vec<(ConnectionStatus, ErrorCode)> {
    actions
        .iter()
        .filter_map(|action| match action {
            Action::Status(status, code) => Some((*status, *code)),
            _ => None,
        })
        .collect()
}

fn connect_results(actions: &[Action]) -> Vec<Result<String, ErrorCode>> {
    actions
        .iter()
        .filter_map(|action| match action {
            Action::ConnectDone(result) => Some(result.clone()),
            _ => None,
        })
        .collect()
}

fn opens(actions: &[Action]) -> Vec<bool> {
    actions
        .iter()
        .filter_map(|action| match action {
            Action::OpenTransport { fresh_navigation, .. } => Some(*fresh_navigation),
            _ => None,
        })
        .collect()
}

#[test]
fn a_missing_connack_ends_the_attempt_after_15_seconds() {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    rig.opened();
    let actions = rig.pass(15_000);
    assert_eq!(connect_results(&actions), [Err(ErrorCode(31000))]);
    assert_eq!(statuses(&actions), [(ConnectionStatus::NetworkUnavailable, ErrorCode(31000))]);
    assert!(actions.iter().any(|action| matches!(action, Action::CloseTransport { .. })));
    // It goes on by itself.
    rig.now = rig.session.next_deadline().unwrap();
    assert_eq!(opens(&rig.input(Input::Tick)), [false]);
}

#[test]
fn a_missed_pong_ends_the_line_after_6_seconds() {
    let mut rig = Rig::online();
    assert_eq!(frames(&rig.pass(30_000)), [&UpFrame::PingReq]);
    let actions = rig.pass(6_000);
    assert_eq!(statuses(&actions), [(ConnectionStatus::NetworkUnavailable, ErrorCode::RC_PONG_RECV_FAIL)]);
    let old = rig.generation;
    rig.now = rig.session.next_deadline().unwrap();
    assert_eq!(opens(&rig.input(Input::Tick)), [false]);
    assert_ne!(rig.generation, old);
    // What the old line still says is nothing.
    assert!(rig.input(Input::Frame { generation: old, frame: DownFrame::PingResp }).is_empty());
    assert!(rig.input(Input::TransportLost { generation: old, code: ErrorCode::UNKNOWN }).is_empty());
    rig.come_online();
}

#[test]
fn an_unanswered_message_goes_again_with_the_same_body() {
    let mut rig = Rig::online();
    // Without heartbeats the line stays, and only the attempt runs out.
    let mut quiet = Rig::new();
    quiet.input(Input::Connect);
    quiet.input(Input::TransportOpened { generation: quiet.generation, heartbeat: false, dedupe: true });
    quiet.accept();
    let pull = pull_id(&quiet.ready(Cursors::default(), Vec::new())).unwrap();
    quiet.frame(page(pull, 0, true));
    let first = quiet.input(Input::Send(outgoing(1, "peer")));
    let (id, body) = (publishes(&first)[0].message_id, publishes(&first)[0].body.clone());
    let again = quiet.pass(timing::ANSWER_LIMIT);
    assert_eq!(publishes(&again).len(), 1);
    assert_eq!(publishes(&again)[0].body, body);
    assert_ne!(publishes(&again)[0].message_id, id);
    // A late acknowledgement of the attempt that was given up settles nothing.
    assert!(quiet.frame(acks(id, 0)).is_empty());
    let done = quiet.frame(acks(publishes(&again)[0].message_id, 0));
    assert!(matches!(&done[..], [Action::SendDone { message: 1, outcome: SendOutcome::Sent { .. } }]));

    // A loss of the line gives the same.
    let first = rig.input(Input::Send(outgoing(2, "peer")));
    let body = publishes(&first)[0].body.clone();
    rig.input(Input::TransportLost { generation: rig.generation, code: ErrorCode::RC_SOCKET_DISCONNECTED });
    rig.now = rig.session.next_deadline().unwrap();
    rig.input(Input::Tick);
    rig.opened();
    rig.accept();
    let again = rig.ready(Cursors::default(), vec![outgoing(2, "peer")]);
    assert_eq!(publishes(&again).len(), 1);
    assert_eq!(publishes(&again)[0].body, body);
}

#[test]
fn too_fast_pauses_everything_and_doubles() {
    let mut rig = Rig::online();
    let first = rig.input(Input::Send(outgoing(1, "a")));
    assert!(rig.frame(acks(publishes(&first)[0].message_id, 20604)).is_empty());
    assert!(rig.input(Input::Send(outgoing(2, "b"))).is_empty(), "the pause holds for all");
    let second = rig.pass(timing::PACE_BASE);
    assert_eq!(publishes(&second).len(), 2);
    let id = publishes(&second).iter().find(|publish| publish.target == "a").unwrap().message_id;
    assert!(rig.frame(acks(id, 20604)).is_empty());
    assert_eq!(publishes(&rig.pass(2 * timing::PACE_BASE)).len(), 1);
}

#[test]
fn the_server_unable_for_the_moment_is_no_refusal() {
    let mut rig = Rig::online();
    let first = rig.input(Input::Send(outgoing(1, "a")));
    assert!(rig.frame(acks(publishes(&first)[0].message_id, 30014)).is_empty());
    let again = rig.pass(timing::SEND_RETRY);
    let done = rig.frame(acks(publishes(&again)[0].message_id, 405));
    assert!(matches!(
        &done[..],
        [Action::SendDone { message: 1, outcome: SendOutcome::Refused { code: ErrorCode(405), .. } }]
    ));
}

#[test]
fn redirects_without_end_are_31006() {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    for _ in 0..5 {
        rig.opened();
        let actions = rig.frame(connack(6));
        assert_eq!(opens(&actions), [true], "navigation is asked anew");
        assert!(connect_results(&actions).is_empty(), "connecting goes on");
    }
    rig.opened();
    let actions = rig.frame(connack(6));
    assert_eq!(connect_results(&actions), [Err(ErrorCode(31006))]);
    assert!(opens(&actions).is_empty());
    assert_eq!(rig.session.next_deadline(), None);
}

#[test]
fn a_server_that_accepts_and_redirects_forever_is_31006_too() {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    let mut rounds = 0;
    let last = loop {
        rig.opened();
        rig.accept();
        rig.ready(Cursors::default(), Vec::new());
        let actions = rig.frame(DownFrame::Disconnect { status: 0 });
        if opens(&actions).is_empty() {
            break actions;
        }
        rounds += 1;
        assert!(rounds < 20, "it would go round at full speed");
    };
    assert_eq!(statuses(&last), [(ConnectionStatus::Disconnected, ErrorCode(31006))]);
}

#[test]
fn a_kicked_client_stays_away() {
    let mut rig = Rig::online();
    let actions = rig.frame(DownFrame::Disconnect { status: 1 });
    assert_eq!(statuses(&actions), [(ConnectionStatus::KickedOfflineByOtherClient, ErrorCode(31010))]);
    assert_eq!(rig.session.next_deadline(), None);
    rig.now += 86_400_000;
    assert!(rig.input(Input::Tick).is_empty());
}

#[test]
fn an_unavailable_server_is_told_and_tried_again() {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    rig.opened();
    let actions = rig.frame(connack(3));
    assert_eq!(connect_results(&actions), [Err(ErrorCode(31003))]);
    rig.now = rig.session.next_deadline().unwrap();
    assert_eq!(opens(&rig.input(Input::Tick)), [false]);
    rig.come_online();
}

#[test]
fn the_window_is_64_and_refills() {
    let mut rig = Rig::online();
    let mut ids = Vec::new();
    for number in 0..100 {
        let actions = rig.input(Input::Send(outgoing(number, &format!("peer {number}"))));
        ids.extend(publishes(&actions).iter().map(|publish| publish.message_id));
    }
    assert_eq!(ids.len(), 64);
    assert_eq!(publishes(&rig.frame(acks(ids[0], 0))).len(), 1);
}

#[test]
fn cancelling_leaves_no_second_turn() {
    let mut rig = Rig::online();
    let first = rig.input(Input::Send(outgoing(1, "a")));
    rig.frame(acks(publishes(&first)[0].message_id, 20604));
    rig.input(Input::Send(outgoing(2, "b")));
    rig.input(Input::Cancel { message: 2 });
    rig.input(Input::Send(outgoing(3, "b")));
    rig.input(Input::Send(outgoing(4, "b")));
    let actions = rig.pass(timing::PACE_BASE);
    let to_b = publishes(&actions).into_iter().filter(|publish| publish.target == "b").count();
    assert_eq!(to_b, 1, "one attempt in flight per conversation");
}

#[test]
fn a_page_is_confirmed_only_once_it_is_stored() {
    let mut rig = Rig::online();
    let id = pull_id(&rig.input(Input::SyncNow)).unwrap();
    let actions = rig.frame(page(id, 100, true));
    assert!(frames(&actions).is_empty());
    let ticket = ticket_of(&actions).unwrap();
    let actions = rig.input(Input::Stored { ticket });
    assert_eq!(frames(&actions), [&UpFrame::QueryCon { message_id: id }]);
    assert!(matches!(actions.last(), Some(Action::SyncDone(Ok(())))));
}

#[test]
fn a_page_asked_for_beyond_a_lost_one_moves_no_cursor() {
    let mut rig = Rig::online();
    let first = pull_id(&rig.input(Input::SyncNow)).unwrap();
    let actions = rig.frame(page(first, 100, false));
    let ticket = ticket_of(&actions).unwrap();
    let second = pull_id(&actions).expect("the next page travels while the first is stored");
    rig.input(Input::StoreFailed { ticket });
    // The answer covers what came after 100; what came before is not stored.
    assert_eq!(ticket_of(&rig.frame(page(second, 200, true))), None);
    let again = rig.pass(timing::PULL_RETRY);
    let third = pull_id(&again).unwrap();
    let since = frames(&again).into_iter().find_map(|frame| match frame {
        UpFrame::Query(query) => body::SyncRequest::from_bytes(query.body.clone()).unwrap().sync_time,
        _ => None,
    });
    assert_eq!(since, Some(0));
    assert!(ticket_of(&rig.frame(page(third, 200, true))).is_some());
}

#[test]
fn a_flood_of_notices_about_a_room_stays_bounded() {
    let mut rig = Rig::online();
    let (topic, target) = (Topic::JoinChatroom, "room".to_owned());
    let qos = Qos::AtMostOnce;
    let join = Request { id: 1, topic, target, body: Bytes::new(), qos };
    let actions = rig.input(Input::Request(join));
    let message_id = match frames(&actions)[0] {
        UpFrame::Query(query) => query.message_id,
        other => panic!("{other:?}"),
    };
    let (dup, retain) = (false, false);
    let body = body::RequiredPlaceholder { nothing: Some(0) }.to_bytes();
    rig.frame(DownFrame::QueryAck(QueryAck { qos, dup, retain, message_id, date: 0, status: 0, body }));
    let notice = body::Notify { r#type: Some(2), time: Some(5), chatroom_id: Some("room".into()) };
    let mut asked = 0;
    // More than there are message ids.
    for _ in 0..70_000 {
        asked += rig.frame(push(Topic::Notice, Qos::AtMostOnce, 0, notice.to_bytes())).len();
    }
    assert!((1..=4096).contains(&asked), "{asked}");
}
