//! Long polling: one request that waits for frames, and one at a time that sends them, unless one is not answered
//! soon. Answers become the same typed frames as over WebSocket; what an answer's JSON leaves out, which topic was
//! asked, is remembered here.
//! A request that fails ends the line: what it carried comes again by client id or by the next pull. Who carries the
//! requests is not decided here: an [`Exchange`], or a simulation.

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::pending;
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::{Mutex as Turn, Notify};
use tokio::time::{sleep, timeout};

use super::TransportEvent;
use super::address::Address;
use super::http::{Answer, Exchange};
use super::servers::{Directory, Servers};
use super::websocket::is_unavailable;
use crate::clock::Clock;
use crate::kill::Written;
use crate::model::ErrorCode;
use crate::timing;
use crate::wire::polling::Signal;
use crate::wire::polling::request::{self, HttpRequest};
use crate::wire::{DownFrame, Topic, UpFrame};

/// Requests that may be unanswered beside the one that was sent last.
const MAX_SLOW: usize = 8;

/// What a server says to a session that it does not know.
const LOST: &[u8] = b"lost params";

/// Carries requests to one server, one after the other.
pub(super) trait Ask: Send {
    /// The answer to a request, or why there is none within `limit` milliseconds.
    fn ask(
        &mut self,
        request: &HttpRequest,
        limit: u64,
    ) -> impl Future<Output = Result<Answer, ErrorCode>> + Send;
}

impl Ask for Exchange {
    fn ask(
        &mut self,
        request: &HttpRequest,
        limit: u64,
    ) -> impl Future<Output = Result<Answer, ErrorCode>> + Send {
        Exchange::ask(self, request, limit)
    }
}

/// What an exchange is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Requests that wait for frames.
    Hold,
    /// Requests that carry frames.
    Send,
}

/// Where WebSockets to the server that is polled come from.
pub(super) trait Door: Sync {
    /// One of them. Dropping it closes it.
    type Socket: Send;

    /// A WebSocket that logs in with this token, or as the client is, and has brought its CONNACK.
    fn greeted(&self, token: Option<&str>) -> impl Future<Output = Option<(Self::Socket, DownFrame)>> + Send;
}

/// A token that every server refuses, in a frame.
const NOBODY: &str = "0";

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
        match greet(&mut exchange, servers.connect_path(None)).await {
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

/// Logs in at one server: the CONNACK, and the name of the session if it was accepted.
pub(super) async fn greet(
    exchange: &mut impl Ask,
    path: String,
) -> Result<(DownFrame, Option<String>), ErrorCode> {
    let request = HttpRequest { method: "GET", path, body: None };
    read_login(&exchange.ask(&request, timing::OPEN_LIMIT).await?)
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
    /// Requests that carry frames and are not answered.
    posts: usize,
}

/// A session that polls.
pub(super) struct Poll<'a> {
    clock: &'a Clock,
    installation: &'a str,
    session: String,
    under_way: Mutex<UnderWay>,
    changed: Notify,
    /// Whose turn it is to let frames leave: the sender's, or an upgrade's, which keeps them back.
    turn: Turn<()>,
    /// Held by an upgrade's login.
    upgrading: Turn<()>,
}

impl<'a> Poll<'a> {
    pub(super) fn new(clock: &'a Clock, installation: &'a str, session: String) -> Self {
        let (under_way, changed) = (Mutex::default(), Notify::new());
        let (turn, upgrading) = (Turn::new(()), Turn::new(()));
        Self { clock, installation, session, under_way, changed, turn, upgrading }
    }

    /// Polls until a WebSocket from `door`, if there is one, has taken the session over: that WebSocket and its
    /// CONNACK, or why the line ended before. `exchange` makes what carries requests, one at a time.
    pub(super) async fn run<A: Ask, D: Door>(
        &self,
        exchange: impl Fn(Purpose) -> A + Sync,
        outbox: &mut UnboundedReceiver<UpFrame>,
        report: &(impl Fn(TransportEvent) + Sync),
        door: Option<&D>,
    ) -> Result<(D::Socket, DownFrame), ErrorCode> {
        let upgraded = async {
            match door {
                Some(door) => self.upgrade(door).await,
                None => pending().await,
            }
        };
        let hold = async {
            let code = self.hold(exchange(Purpose::Hold), report).await;
            // The login of an upgrade ends the polled session, maybe before its CONNACK is here: that one counts.
            drop(self.upgrading.lock().await);
            code
        };
        tokio::select! {
            biased;
            upgraded = upgraded => Ok(upgraded),
            code = hold => Err(code),
            code = self.send(|| exchange(Purpose::Send), outbox, report) => Err(code),
        }
    }

    /// Waits until a WebSocket has taken the session over.
    async fn upgrade<D: Door>(&self, door: &D) -> (D::Socket, DownFrame) {
        let mut pause = timing::UPGRADE_FIRST;
        loop {
            sleep(Duration::from_millis(pause)).await;
            pause = (pause * 2).min(timing::UPGRADE_CAP);
            // A login ends the polled session: only where frames are known to pass.
            if door.greeted(Some(NOBODY)).await.is_none() {
                continue;
            }
            let login = async {
                let (socket, connack) = door.greeted(None).await?;
                matches!(&connack, DownFrame::ConnAck(ack) if ack.accepted.is_some())
                    .then_some((socket, connack))
            };
            if let Some(upgraded) = self.in_quiet(login).await {
                return upgraded;
            }
        }
    }

    fn under_way(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for frames without end. Returns why it ended.
    async fn hold(&self, mut exchange: impl Ask, report: &impl Fn(TransportEvent)) -> ErrorCode {
        let mut number = self.clock.wall().unsigned_abs();
        loop {
            number += 1;
            let request = request::hold(&self.session, number, self.installation);
            let asked_at = self.clock.monotonic();
            let frames = match exchange.ask(&request, timing::HOLD_LIMIT).await {
                Ok(answer) => self.take(&answer, report),
                Err(_) => Err(ErrorCode::RC_SOCKET_DISCONNECTED),
            };
            match frames {
                Ok(0) => {
                    let took = self.clock.monotonic().saturating_sub(asked_at);
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

    /// Sends frames, one request after the other. One that is not answered soon does not keep the next waiting: a
    /// server may answer it only with what the frame asks for. Returns why it ended.
    async fn send<A: Ask>(
        &self,
        exchange: impl Fn() -> A,
        outbox: &mut UnboundedReceiver<UpFrame>,
        report: &impl Fn(TransportEvent),
    ) -> ErrorCode {
        let (mut idle, mut posts, mut number) = (None, FuturesUnordered::new(), 0_u64);
        loop {
            let frame = tokio::select! {
                frame = outbox.recv() => frame,
                Some(ended) = posts.next() => match ended {
                    Ok((_, exchange)) => {
                        idle = Some(exchange);
                        continue;
                    }
                    Err(code) => return code,
                },
            };
            let Some(frame) = frame else { return ErrorCode::RC_SOCKET_DISCONNECTED };
            self.under_way().next.push_back(frame);
            let _turn = self.turn.lock().await;
            let Some(frame) = self.under_way().next.pop_front() else { continue };
            number += 1;
            posts.push(self.send_one(number, idle.take().unwrap_or_else(&exchange), frame, report));
            let mut patience = pin!(sleep(Duration::from_millis(timing::SLOW_AFTER)));
            loop {
                tokio::select! {
                    biased;
                    Some(ended) = posts.next() => match ended {
                        Ok((ended, exchange)) => {
                            idle = Some(exchange);
                            if ended == number {
                                break;
                            }
                        }
                        Err(code) => return code,
                    },
                    () = &mut patience, if posts.len() <= MAX_SLOW => break,
                }
            }
        }
    }

    /// Gives number and exchange back once the frame's request is answered.
    async fn send_one<A: Ask>(
        &self,
        number: u64,
        mut exchange: A,
        frame: UpFrame,
        report: &impl Fn(TransportEvent),
    ) -> Result<(u64, A), ErrorCode> {
        let request = match request::send(&frame, &self.session, self.installation) {
            Ok(request) => request,
            Err(error) => {
                log::error!("a frame cannot be polled: {error}");
                return Ok((number, exchange));
            }
        };
        self.note(&frame);
        let mut written = Written::default();
        written.note(&frame);
        self.under_way().posts += 1;
        let answer = exchange.ask(&request, timing::ANSWER_LIMIT).await;
        self.under_way().posts -= 1;
        self.changed.notify_one();
        if let Err(code) = self.take(&answer.map_err(|_| ErrorCode::RC_MSG_SEND_FAIL)?, report) {
            // Why the session is gone comes with the hold's answer, which this one may have overtaken.
            sleep(Duration::from_millis(timing::HOLD_PAUSE)).await;
            return Err(code);
        }
        written.flushed();
        Ok((number, exchange))
    }

    /// What the frame's answer will need.
    fn note(&self, frame: &UpFrame) {
        let mut under_way = self.under_way();
        under_way.sent_at = Some(self.clock.monotonic());
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
        let now = self.clock.monotonic();
        let given_up = under_way.sent_at.is_none_or(|at| now.saturating_sub(at) >= timing::ANSWER_LIMIT);
        under_way.posts == 0 && (given_up || (under_way.asked.is_empty() && under_way.published.is_empty()))
    }

    /// Waits until nothing is under way and keeps frames back from then on; `work` may then change the line.
    /// If it does not, frames go on.
    async fn in_quiet<T>(&self, work: impl Future<Output = Option<T>>) -> Option<T> {
        let turn = loop {
            let turn = self.turn.lock().await;
            if self.is_quiet() {
                break turn;
            }
            drop(turn);
            // What is never answered ends the wait by its age.
            let _ = timeout(Duration::from_secs(1), self.changed.notified()).await;
        };
        let upgrading = self.upgrading.lock().await;
        let done = work.await;
        drop((turn, upgrading));
        done
    }

    /// What was kept back, once nobody else sends it.
    pub(super) fn kept_back(&self) -> Vec<UpFrame> {
        std::mem::take(&mut self.under_way().next).into()
    }
}

#[cfg(test)]
mod tests;
