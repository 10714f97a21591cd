//! One logged-in connection: the loop that reads frames, runs publishes side by side and queries one after
//! the other, and is the only writer of its carrier, whichever that is. Bounded everywhere: frames in flight,
//! waiting queries, mailbox, time of a write, time of silence. Whatever a peer sends ends at most this
//! connection.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use anser::model::ErrorCode;
use anser::wire::{Body, ByteString, Bytes, DownFrame, PubAck, Qos, Query, QueryAck, Topic, UpFrame, body};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, Sleep};

use super::Gateway;
use super::carrier::{Carrier, End, Incoming};
use super::confirm::{Frame, Unconfirmed};
use super::push::{Push, Verdict};
use super::registry::{Close, Handle, Registry, SessionEvent};
use crate::bus::Live;
use crate::service::{
    Ack, Answer, Family, Peer, Service, Task, Viewer, change_notice, direct_message, is_addition,
    live_message, notice, pull_answer, status_of, sync_copy,
};
use crate::store::{PullPage, PullRequest, StoreError};

/// Publishes and queries in flight or waiting; beyond it the socket is not read.
const IN_FLIGHT: usize = 256;
/// Ids of server publishes go down from here, away from the clients' own, which go up from 1.
const FIRST_ID: u16 = 60_000;
/// ... to here, and start again.
const LAST_ID: u16 = 32_768;

/// DISCONNECT statuses that this server sends.
const KICKED: u8 = 1;
const BLOCKED: u8 = 2;
const UNAVAILABLE: u8 = 3;

/// Takes the session out of the registry when its connection ends, however it ends.
pub(super) struct Registered {
    pub(super) registry: Arc<Registry>,
    pub(super) handle: Arc<Handle>,
}

impl Drop for Registered {
    fn drop(&mut self) {
        self.registry.remove(&self.handle);
    }
}

/// An accepted login.
pub(super) struct Session {
    pub(super) peer: Peer,
    pub(super) events: mpsc::Receiver<SessionEvent>,
    pub(super) closed: watch::Receiver<Option<Close>>,
    pub(super) guard: Registered,
}

/// Work that finished.
enum Done {
    Published { message_id: u16, acknowledge: bool, ack: Option<Ack> },
    Answered { message_id: u16, answer: Answer },
    Pulled { message_id: u16, asked: i64, page: Result<PullPage, StoreError> },
}

struct Connection {
    service: Arc<Service>,
    peer: Peer,
    push: Push,
    unconfirmed: Unconfirmed,
    next_id: u16,
    jobs: FuturesUnordered<Task<Done>>,
    /// Queries wait for each other; `true` while one runs.
    querying: bool,
    queries: VecDeque<Query>,
    out: Vec<DownFrame>,
    /// When the peer was last heard.
    heard: Instant,
    leaving: bool,
}

/// Runs the connection to its end. `out` is what the peer gets first.
pub(super) async fn serve(
    gateway: &Arc<Gateway>,
    session: Session,
    time: i64,
    mut carrier: impl Carrier,
    out: Vec<DownFrame>,
) {
    let service = gateway.service.clone();
    let Session { peer, mut events, mut closed, guard } = session;
    let mut connection = Connection {
        service,
        peer,
        push: Push::new(time),
        unconfirmed: Unconfirmed::default(),
        next_id: FIRST_ID,
        jobs: FuturesUnordered::new(),
        querying: false,
        queries: VecDeque::new(),
        out,
        heard: Instant::now(),
        leaving: false,
    };
    let patience = carrier.patience();
    let mut silence: Pin<Box<Sleep>> = Box::pin(tokio::time::sleep(patience));

    let end = loop {
        if let Err(end) = carrier.write(&mut connection.out).await {
            break end;
        }
        if connection.leaving {
            break End::Peer;
        }
        let may_read = connection.jobs.len() + connection.queries.len() < IN_FLIGHT;
        tokio::select! {
            biased;
            Ok(()) = closed.changed() => {
                if let Some(reason) = *closed.borrow_and_update() {
                    break End::Told(reason);
                }
            }
            Some(done) = connection.jobs.next(), if !connection.jobs.is_empty() => connection.finish(done),
            Some(event) = events.recv() => connection.receive(event),
            () = guard.handle.missed_some.notified() => {
                let missed = guard.handle.take_missed();
                missed.stamp.into_iter().for_each(|stamp| connection.arrived_unseen(stamp));
                missed.changes().for_each(|change| connection.receive(SessionEvent::Changed(change)));
            }
            incoming = carrier.read(), if may_read => {
                connection.heard = Instant::now();
                match incoming {
                    Ok(Incoming::Frame(frame)) => {
                        if let Err(end) = connection.frame(frame) {
                            break end;
                        }
                    }
                    Ok(Incoming::Life) => {}
                    Err(end) => break end,
                }
            }
            () = &mut silence => {
                let deadline = connection.heard + patience;
                if deadline <= Instant::now() {
                    break End::Silent;
                }
                silence.as_mut().reset(deadline);
            }
        }
    };
    // From here on the user counts as gone; a new login must not find this one.
    drop(guard);
    let knows_turns = gateway.service.config.announce_additions;
    carrier.part(last_word(&connection.peer, &end, knows_turns)).await;
}

/// The DISCONNECT that an end deserves; `None`: it ends without a word. `knows_turns`: clients of ours may be told
/// when to come again.
fn last_word(peer: &Peer, end: &End, knows_turns: bool) -> Option<DownFrame> {
    let (user, session) = (&peer.user, &peer.session);
    match end {
        End::Malformed(why) => {
            tracing::warn!(%user, %session, %why, "malformed frame, connection ended");
            None
        }
        End::Silent | End::Slow | End::Broken | End::Peer => {
            tracing::info!(%user, %session, ?end, "connection ended");
            None
        }
        End::Told(reason) => {
            tracing::info!(%user, %session, ?reason, "connection ended");
            match reason {
                Close::Kicked => Some(DownFrame::Disconnect { status: KICKED }),
                Close::Blocked => Some(DownFrame::Disconnect { status: BLOCKED }),
                Close::ShuttingDown(retry_after) if knows_turns && peer.family == Family::Anser => {
                    Some(DownFrame::Leaving { retry_after: *retry_after })
                }
                Close::ShuttingDown(_) => Some(DownFrame::Disconnect { status: UNAVAILABLE }),
                Close::Replaced | Close::Killed => None,
            }
        }
    }
}

impl Connection {
    /// One frame of the peer.
    fn frame(&mut self, frame: UpFrame) -> Result<(), End> {
        match frame {
            UpFrame::PingReq => self.out.push(DownFrame::PingResp),
            UpFrame::Publish(frame) => {
                let message_id = frame.message_id;
                let acknowledge = frame.qos.wants_ack();
                let publishing = self.service.publish(&self.peer, &frame);
                self.jobs.push(Box::pin(async move {
                    Done::Published { message_id, acknowledge, ack: publishing.await }
                }));
            }
            UpFrame::Query(query) => {
                self.queries.push_back(query);
                self.next_query();
            }
            // They only say that something arrived; what is shown is decided by pulls.
            UpFrame::PubAck { message_id } => self.confirmed(Frame::Pushed(message_id)),
            UpFrame::QueryCon { message_id } => self.confirmed(Frame::Page(message_id)),
            UpFrame::Disconnect { .. } => self.leaving = true,
            UpFrame::Connect(_) | UpFrame::Ignored(_) => {
                return Err(End::Malformed("a frame that has no place here".into()));
            }
        }
        Ok(())
    }

    /// The peer has what the frame brought.
    fn confirmed(&mut self, frame: Frame) {
        let marks = self.unconfirmed.confirmed(frame);
        self.service.delivered(&self.peer.user, marks);
    }

    /// Starts the next waiting query unless one runs.
    fn next_query(&mut self) {
        if self.querying {
            return;
        }
        let Some(query) = self.queries.pop_front() else { return };
        self.querying = true;
        let message_id = query.message_id;
        if Topic::parse(&query.topic) == Some(Topic::PullMessages) {
            self.pull(query);
            return;
        }
        let answering = self.service.query(&self.peer, query);
        self.jobs.push(Box::pin(async move { Done::Answered { message_id, answer: answering.await } }));
    }

    fn pull(&mut self, query: Query) {
        let message_id = query.message_id;
        let Ok(request) = body::SyncRequest::from_bytes(query.body) else {
            let answer = Answer { status: status_of(ErrorCode::RC_MSG_DATA_INCOMPLETE), body: Bytes::new() };
            self.jobs.push(Box::pin(std::future::ready(Done::Answered { message_id, answer })));
            return;
        };
        self.push.pull_started();
        let asked = request.sync_time.unwrap_or(0);
        let pulling = self.service.store.pull(PullRequest {
            user: self.peer.user.clone(),
            inbox_after: asked,
            outbox_after: request.send_box_sync_time.unwrap_or(0),
            limit: self.service.config.page_size,
            window: self.service.offline_window(),
        });
        self.jobs.push(Box::pin(async move { Done::Pulled { message_id, asked, page: pulling.await } }));
    }

    /// Something this session asked for is done.
    fn finish(&mut self, done: Done) {
        match done {
            Done::Published { message_id, acknowledge, ack } => {
                let Some(ack) = ack.filter(|_| acknowledge) else { return };
                if let Some(stamp) = ack.stamp {
                    self.push.acknowledged(stamp);
                }
                let time = u64::try_from(ack.stamp.unwrap_or(self.push.shown())).unwrap_or(0);
                let uid = ByteString::from(&*ack.uid);
                self.out.push(DownFrame::PubAck(PubAck::new(message_id, ack.status, time, uid)));
            }
            Done::Answered { message_id, answer } => {
                self.querying = false;
                self.answer(message_id, Qos::AtMostOnce, answer);
                self.next_query();
            }
            Done::Pulled { message_id, asked, page } => {
                self.querying = false;
                self.pulled(message_id, asked, page);
                self.next_query();
            }
        }
    }

    fn pulled(&mut self, message_id: u16, asked: i64, page: Result<PullPage, StoreError>) {
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "a pull failed");
                self.push.pull_failed();
                let status = status_of(crate::service::STORE_FAILED);
                self.answer(message_id, Qos::AtLeastOnce, Answer { status, body: Bytes::new() });
                return;
            }
        };
        let body = pull_answer(self.viewer(), &page, asked);
        if self.service.config.announce_additions {
            self.unconfirmed.page(&self.peer.user, message_id, &page);
        }
        self.answer(message_id, Qos::AtLeastOnce, Answer { status: 0, body });
        let verdict = self.push.pull_answered(&page, Instant::now());
        self.obey(&verdict);
        self.flush_live();
    }

    fn answer(&mut self, message_id: u16, qos: Qos, answer: Answer) {
        self.out.push(DownFrame::QueryAck(QueryAck {
            qos,
            dup: false,
            retain: false,
            message_id,
            date: self.service.now_seconds(),
            status: answer.status,
            body: answer.body,
        }));
    }

    fn viewer(&self) -> Viewer<'_> {
        Viewer { user: &self.peer.user, family: self.peer.family }
    }

    /// An event of the bus.
    fn receive(&mut self, event: SessionEvent) {
        // The committer answers the sender before it rings: that answer goes out first.
        while let Some(Some(done)) = self.jobs.next().now_or_never() {
            self.finish(done);
        }
        match event {
            SessionEvent::Message { message, previous } => {
                let verdict = self.push.arrived(message.stamp, previous, Instant::now());
                if verdict == Verdict::Direct {
                    let (date, id) = (self.service.now_seconds(), self.take_id());
                    let previous = previous.filter(|_| self.service.config.announce_additions);
                    let frame = direct_message(self.viewer(), &message, previous, date, id);
                    self.out.push(frame);
                    if self.service.config.announce_additions {
                        self.unconfirmed.pushed(&self.peer.user, id, &message);
                    }
                } else {
                    self.obey(&verdict);
                }
            }
            SessionEvent::Live(live) if is_addition(&live) => {
                // Anser's client moves no cursor on it, so it need not wait; nobody else may see it.
                if self.peer.family == Family::Anser {
                    let (date, shown) = (self.service.now_seconds(), self.push.shown());
                    self.out.push(live_message(self.viewer(), &live, shown, date, None));
                }
            }
            SessionEvent::Live(live) => {
                self.push.keep(live, Instant::now());
                self.flush_live();
            }
            SessionEvent::Changed(change) => {
                let frame = change_notice(self.viewer(), change, self.service.now_seconds());
                self.out.extend(frame);
            }
        }
    }

    /// A message whose event did not fit into the mailbox.
    fn arrived_unseen(&mut self, stamp: i64) {
        let verdict = self.push.arrived(stamp, None, Instant::now());
        self.obey(&verdict);
    }

    fn obey(&mut self, verdict: &Verdict) {
        if let Verdict::Notify(time) = verdict {
            let frame = notice(&self.peer.user, *time, self.service.now_seconds());
            self.out.push(frame);
        }
    }

    fn flush_live(&mut self) {
        while let Some(live) = self.push.ready(Instant::now()) {
            self.send_live(&live);
        }
    }

    fn send_live(&mut self, live: &Live) {
        let (date, id, shown) = (self.service.now_seconds(), self.take_id(), self.push.shown());
        match sync_copy(self.viewer(), live, shown, date, id) {
            Some(frames) => self.out.extend(frames),
            None => {
                let frame = live_message(self.viewer(), live, shown, date, Some(id));
                self.out.push(frame);
            }
        }
    }

    fn take_id(&mut self) -> u16 {
        let id = self.next_id;
        self.next_id = if id <= LAST_ID { FIRST_ID } else { id - 1 };
        id
    }
}
