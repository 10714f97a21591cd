//! Long polling: one request that waits for frames, and one at a time that sends them. Answers become the same
//! typed frames as over WebSocket; what an answer's JSON leaves out, which topic was asked, is remembered here.
//! A request that fails ends the line: what it carried comes again by client id or by the next pull.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Mutex as Turn, Notify};
use tokio::time::{sleep, timeout};

use super::TransportEvent;
use super::address::Address;
use super::http::{Answer, Exchange};
use super::servers::{Directory, Servers};
use super::websocket::is_unavailable;
use crate::kill::Written;
use crate::model::ErrorCode;
use crate::timing;
use crate::wire::polling::Signal;
use crate::wire::polling::request::{self, HttpRequest};
use crate::wire::{DownFrame, Topic, UpFrame};

/// What a server says to a session that it does not know.
const LOST: &[u8] = b"lost params";

/// An answered login.
pub(super) struct Login {
    pub(super) address: Address,
    /// The CONNACK.
    pub(super) connack: DownFrame,
    /// The name of the session; `None` if it was refused.
    pub(super) session: Option<String>,
}

/// Logs in at the first server that answers.
pub(super) async fn log_in(servers: &Servers, directory: &Directory) -> Result<Login, ErrorCode> {
    let mut contest = servers.contest(directory);
    let mut last = None;
    loop {
        let address = match contest.next().await {
            Ok(address) => address,
            Err(code) => return Err(last.unwrap_or(code)),
        };
        let mut exchange = Exchange::new(&address, &servers.dialer);
        let request = HttpRequest { method: "GET", path: servers.connect_path(None), body: None };
        match exchange.ask(&request, timing::OPEN_LIMIT).await.and_then(|answer| read_login(&answer)) {
            Ok((DownFrame::ConnAck(connack), _)) if contest.has_more() && is_unavailable(&connack) => {
                log::info!("{} takes nobody at present", address.authority());
                servers.failed(&address);
                last = Some(ErrorCode::RC_CONN_SERVER_UNAVAILABLE);
            }
            Ok((connack, session)) => {
                servers.works(&address);
                return Ok(Login { address, connack, session });
            }
            Err(code) => {
                log::info!("{} does not let a client poll: code {}", address.authority(), code.0);
                servers.failed(&address);
                last = Some(match code {
                    // An answer of another kind, or none.
                    ErrorCode::RC_MSG_DATA_INCOMPLETE
                    | ErrorCode::RC_SOCKET_DISCONNECTED
                    | ErrorCode::SOCKET_CLOSED_BY_PEER
                    | ErrorCode::RC_HTTP_RECV_FAIL
                    | ErrorCode::RC_HTTP_REQ_TIMEOUT => ErrorCode::RC_SOCKET_NOT_CREATED,
                    code => code,
                });
            }
        }
    }
}

fn read_login(answer: &Answer) -> Result<(DownFrame, Option<String>), ErrorCode> {
    let unusable = ErrorCode::RC_MSG_DATA_INCOMPLETE;
    let signal = signals(answer)?.into_iter().next().ok_or(unusable)?;
    let session = signal.session_id.clone();
    match signal.into_frame(|_| None) {
        Ok(DownFrame::ConnAck(connack)) => {
            let session = session.filter(|_| connack.accepted.is_some());
            Ok((DownFrame::ConnAck(connack), session))
        }
        _ => Err(unusable),
    }
}

/// The signals of an answer; an error ends the line, except for what is no JSON.
fn signals(answer: &Answer) -> Result<Vec<Signal>, ErrorCode> {
    if answer.body.trim_ascii() == LOST {
        return Err(ErrorCode::SOCKET_CLOSED_BY_PEER);
    }
    if answer.status != 200 {
        return Err(ErrorCode::RC_SOCKET_DISCONNECTED);
    }
    let text = std::str::from_utf8(&answer.body).map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
    Signal::parse_answer(text).map_err(|error| {
        log::warn!("a malformed answer: {error}");
        ErrorCode::RC_MSG_DATA_INCOMPLETE
    })
}

/// What is under way.
#[derive(Default)]
struct UnderWay {
    /// Queries without an answer.
    asked: HashMap<u16, Topic>,
    /// Messages without an acknowledgement.
    published: HashSet<u16>,
    /// When something was sent last, monotonic ms.
    sent_at: Option<u64>,
    /// Frames that were taken from the outbox and are not sent.
    next: VecDeque<UpFrame>,
}

/// A session that polls.
pub(super) struct Poll<'a> {
    servers: &'a Servers,
    address: Address,
    session: String,
    under_way: Mutex<UnderWay>,
    changed: Notify,
    /// Whose turn it is to let frames leave: the sender's, or an upgrade's, which keeps them back.
    turn: Turn<()>,
}

impl<'a> Poll<'a> {
    pub(super) fn new(servers: &'a Servers, address: Address, session: String) -> Self {
        let (under_way, changed, turn) = (Mutex::default(), Notify::new(), Turn::new(()));
        Self { servers, address, session, under_way, changed, turn }
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for frames without end. Returns why it ended.
    pub(super) async fn hold(&self, report: &impl Fn(TransportEvent)) -> ErrorCode {
        let mut exchange = Exchange::new(&self.address, &self.servers.dialer);
        let mut number = self.servers.clock.wall().unsigned_abs();
        loop {
            number += 1;
            let request = request::hold(&self.session, number, &self.servers.identity.installation);
            let asked_at = self.servers.clock.monotonic();
            let frames = match exchange.ask(&request, timing::HOLD_LIMIT).await {
                Ok(answer) => self.take(&answer, report),
                Err(_) => Err(ErrorCode::RC_SOCKET_DISCONNECTED),
            };
            match frames {
                Ok(0) => {
                    let took = self.servers.clock.monotonic().saturating_sub(asked_at);
                    sleep(Duration::from_millis(timing::HOLD_PAUSE.saturating_sub(took))).await;
                }
                Ok(_) => {}
                Err(code) => return code,
            }
        }
    }

    /// Reports the frames of an answer; gives their number.
    fn take(&self, answer: &Answer, report: &impl Fn(TransportEvent)) -> Result<usize, ErrorCode> {
        let signals = match signals(answer) {
            Err(ErrorCode::RC_MSG_DATA_INCOMPLETE) => {
                report(TransportEvent::Garbage);
                return Ok(0);
            }
            signals => signals?,
        };
        let count = signals.len();
        for signal in signals {
            let frame = signal.into_frame(|id| self.under_way().asked.get(&id).copied());
            let event = match frame {
                Ok(frame) => {
                    self.answered(&frame);
                    TransportEvent::Frame(frame)
                }
                Err(error) => {
                    log::warn!("a malformed signal: {error}");
                    TransportEvent::Garbage
                }
            };
            report(event);
        }
        Ok(count)
    }

    fn answered(&self, frame: &DownFrame) {
        match frame {
            DownFrame::QueryAck(ack) => drop(self.under_way().asked.remove(&ack.message_id)),
            DownFrame::PubAck(ack) => drop(self.under_way().published.remove(&ack.message_id)),
            _ => return,
        }
        self.changed.notify_one();
    }

    /// Sends frames, one request after the other. Returns why it ended.
    pub(super) async fn send(
        &self,
        outbox: &mut UnboundedReceiver<UpFrame>,
        report: &impl Fn(TransportEvent),
    ) -> ErrorCode {
        let mut exchange = Exchange::new(&self.address, &self.servers.dialer);
        while let Some(frame) = outbox.recv().await {
            self.under_way().next.push_back(frame);
            let _turn = self.turn.lock().await;
            let Some(frame) = self.under_way().next.pop_front() else { continue };
            if let Err(code) = self.send_one(&mut exchange, &frame, report).await {
                return code;
            }
        }
        ErrorCode::RC_SOCKET_DISCONNECTED
    }

    async fn send_one(
        &self,
        exchange: &mut Exchange,
        frame: &UpFrame,
        report: &impl Fn(TransportEvent),
    ) -> Result<(), ErrorCode> {
        let request = match request::send(frame, &self.session, &self.servers.identity.installation) {
            Ok(request) => request,
            Err(error) => {
                log::error!("a frame cannot be polled: {error}");
                return Ok(());
            }
        };
        self.note(frame);
        let mut written = Written::default();
        written.note(frame);
        let answer = exchange.ask(&request, timing::ANSWER_LIMIT).await;
        if let Err(code) = self.take(&answer.map_err(|_| ErrorCode::RC_MSG_SEND_FAIL)?, report) {
            // Why the session is gone comes with the hold's answer, which this one may have overtaken.
            sleep(Duration::from_millis(timing::HOLD_PAUSE)).await;
            return Err(code);
        }
        written.flushed();
        Ok(())
    }

    /// What the frame's answer will need.
    fn note(&self, frame: &UpFrame) {
        let mut under_way = self.under_way();
        under_way.sent_at = Some(self.servers.clock.monotonic());
        match frame {
            UpFrame::Query(query) => {
                if let Some(topic) = Topic::parse(&query.topic) {
                    under_way.asked.insert(query.message_id, topic);
                }
            }
            UpFrame::Publish(publish) if publish.qos.wants_ack() => {
                under_way.published.insert(publish.message_id);
            }
            _ => {}
        }
    }

    /// Whether nothing waits for an answer that may still come.
    fn is_quiet(&self) -> bool {
        let under_way = self.under_way();
        let now = self.servers.clock.monotonic();
        let given_up = under_way.sent_at.is_none_or(|at| now.saturating_sub(at) >= timing::ANSWER_LIMIT);
        given_up || (under_way.asked.is_empty() && under_way.published.is_empty())
    }

    /// Waits until nothing is under way and keeps frames back from then on; `work` may then change the line.
    /// If it does not, frames go on.
    pub(super) async fn in_quiet<T>(&self, work: impl Future<Output = Option<T>>) -> Option<T> {
        let turn = loop {
            let turn = self.turn.lock().await;
            if self.is_quiet() {
                break turn;
            }
            drop(turn);
            // What is never answered ends the wait by its age.
            let _ = timeout(Duration::from_secs(1), self.changed.notified()).await;
        };
        let done = work.await;
        drop(turn);
        done
    }

    /// What was kept back, once nobody else sends it.
    pub(super) fn kept_back(&self) -> Vec<UpFrame> {
        std::mem::take(&mut self.under_way().next).into()
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }
}
