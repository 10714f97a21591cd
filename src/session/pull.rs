//! The inbox: cursors, paging, and the rule that only what is committed moves them.
//!
//! The cursor in memory runs ahead of the store by some pages, so that the network and the disk work at the
//! same time, and pages that wait share one commit: each commit writes every index page that it touches. If
//! a page cannot be stored, the cursor falls back to what is committed.

use std::collections::VecDeque;

use super::requests::Asker;
use super::{Action, Batch, Incoming, Millis, Session};
use crate::model::ErrorCode;
use crate::timing;
use crate::wire::{Body, Qos, QueryAck, Topic, UpFrame, body};

/// Up to which server time the inbox is known, ms since 1970: messages of others, own messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursors {
    /// Messages of others.
    pub inbox: i64,
    /// The user's own, from any device.
    pub outbox: i64,
}

/// Pages that may wait for the store while the next one travels: enough that what a commit costs by itself is
/// little beside their rows.
const MAX_UNSTORED: usize = 32;
/// The same, bytes of content: pages of long messages are worth a commit sooner.
const MAX_UNSTORED_BYTES: usize = 2 << 20;

/// What is acknowledged once a batch is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Receipt {
    None,
    QueryCon(u16),
    PubAck(u16),
}

#[derive(Debug)]
struct Unstored {
    ticket: u64,
    receipt: Receipt,
    page: bool,
    bytes: usize,
    moves_to: Option<Cursors>,
}

/// The state of pulling.
#[derive(Debug, Default)]
pub(super) struct Pull {
    committed: Cursors,
    ahead: Cursors,
    in_flight: bool,
    first_since_connect: bool,
    /// Whether the last answer said that nothing is left. A pull that began or failed since takes it back.
    at_end: bool,
    /// Whether the host knows that the inbox was pulled to its end since the login.
    told_end: bool,
    wanted: bool,
    unstored: VecDeque<Unstored>,
    next_pull: Option<Millis>,
    /// Whether the host waits for the inbox to be empty.
    syncing: u32,
}

impl Pull {
    pub(super) fn reset(&mut self, cursors: Cursors) {
        self.committed = cursors;
        self.ahead = cursors;
        self.in_flight = false;
        self.first_since_connect = true;
        self.at_end = false;
        self.told_end = false;
        self.wanted = false;
        self.unstored.clear();
    }

    pub(super) fn transport_lost(&mut self) {
        // Batches on their way to the store stay: what they commit is true whatever the line does.
        self.in_flight = false;
        self.at_end = false;
        self.wanted = false;
        self.next_pull = None;
        for unstored in &mut self.unstored {
            unstored.receipt = Receipt::None;
        }
    }

    /// The line has changed its channel: no answer is due on it, and what came between is to be pulled, and
    /// asked for like after any login.
    pub(super) fn renew(&mut self) {
        self.in_flight = false;
        self.first_since_connect = true;
        self.at_end = false;
        self.told_end = false;
        self.wanted = true;
    }

    pub(super) fn want(&mut self) {
        self.wanted = true;
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.wanted
    }

    pub(super) fn is_due(&self, now: Millis) -> bool {
        self.next_pull.is_some_and(|due| now >= due)
    }

    pub(super) fn next_deadline(&self) -> Option<Millis> {
        self.next_pull
    }

    /// A heartbeat leaves, and another will at `next`: a pull that is due before that goes with this one's answer,
    /// so that it wakes no device by itself.
    pub(super) fn ride(&mut self, next: Millis) {
        if self.next_pull.take_if(|due| *due < next).is_some() {
            self.wanted = true;
        }
    }

    /// Where the inbox stands in memory.
    pub(super) fn ahead(&self) -> Cursors {
        self.ahead
    }

    fn is_full(&self) -> bool {
        self.unstored.iter().filter(|unstored| unstored.page).count() >= MAX_UNSTORED
            || self.unstored.iter().map(|unstored| unstored.bytes).sum::<usize>() >= MAX_UNSTORED_BYTES
    }
}

impl Session {
    /// Pulls now, or as soon as the present page is in.
    pub(super) fn start_pull(&mut self, now: Millis) {
        if !self.connection.is_online() {
            return;
        }
        if self.pull.in_flight || self.pull.is_full() {
            self.pull.wanted = true;
            return;
        }
        let request = body::SyncRequest {
            sync_time: Some(self.pull.ahead.inbox),
            is_polling: Some(false),
            is_pull_send: self.pull.first_since_connect.then_some(true),
            send_box_sync_time: Some(self.pull.ahead.outbox),
            ..Default::default()
        };
        self.pull.in_flight = true;
        self.pull.at_end = false;
        self.pull.wanted = false;
        self.pull.next_pull = Some(now + timing::PULL_INTERVAL);
        let user = self.connection.user_id().unwrap_or_default().to_owned();
        self.ask(Asker::Pull, Topic::PullMessages, user, request.to_bytes(), Qos::AtLeastOnce, now);
    }

    /// An answer to a pull.
    pub(super) fn page(&mut self, ack: QueryAck, now: Millis) {
        let read = if ack.status == 0 { body::DownstreamMessages::from_bytes(ack.body).ok() } else { None };
        let Some(page) = read else {
            log::warn!("a page of the inbox is unreadable, status {}", ack.status);
            self.pull_failed(now);
            return;
        };
        self.pull.in_flight = false;
        self.pull.first_since_connect = false;
        self.sender.doubt.page_came(now);
        let base = self.pull.ahead;
        let user = self.connection.user_id().unwrap_or_default().to_owned();
        let connack_time = self.connection.connack_time;
        let lists_none = page.list.is_empty();
        let messages: Vec<Incoming> = page
            .list
            .into_iter()
            .filter_map(|message| Incoming::from_downstream(message, &user, connack_time))
            .collect();
        let newest_own =
            messages.iter().filter(|message| message.is_own()).map(|message| message.sent_time).max();
        let next = Cursors {
            inbox: base.inbox.max(page.sync_time.unwrap_or_default()),
            outbox: base.outbox.max(newest_own.unwrap_or_default()),
        };
        let progress = next != base;
        self.pull.ahead = next;
        let receipt = if ack.qos.wants_ack() { Receipt::QueryCon(ack.message_id) } else { Receipt::None };
        let empty = messages.is_empty() && next == base;
        if empty {
            self.acknowledge(receipt);
        } else {
            self.commit(messages, Some((base, next)), receipt, true);
        }
        self.pull.at_end = page.finished != Some(false);
        // A server that says "more" and gives the same again would be asked forever, one whose cursor crawls and
        // brings nothing as fast as it answers.
        let more = page.finished == Some(false) && progress;
        if more && lists_none {
            self.pull.next_pull = Some(now + timing::PULL_RETRY);
        }
        if (more && !lists_none) || self.pull.wanted {
            self.start_pull(now);
        }
        self.check_sync_done();
    }

    /// An answer with a chatroom's messages; rooms have no cursor in the store.
    pub(super) fn room_page(&mut self, room: &str, ack: QueryAck) {
        let receipt = if ack.qos.wants_ack() { Receipt::QueryCon(ack.message_id) } else { Receipt::None };
        let read = if ack.status == 0 { body::DownstreamMessages::from_bytes(ack.body).ok() } else { None };
        let Some(page) = read else {
            log::warn!("messages of a chatroom are unreadable, status {}", ack.status);
            self.acknowledge(receipt);
            return;
        };
        self.rooms.messages(room, page.sync_time.unwrap_or_default());
        let user = self.connection.user_id().unwrap_or_default().to_owned();
        let connack_time = self.connection.connack_time;
        let read = |message| Incoming::from_downstream(message, &user, connack_time);
        let messages = page.list.into_iter().filter_map(read).collect();
        self.commit(messages, None, receipt, false);
    }

    pub(super) fn pull_failed(&mut self, now: Millis) {
        self.pull.in_flight = false;
        self.pull.at_end = false;
        if self.connection.is_online() {
            self.pull.next_pull = Some(now + timing::PULL_RETRY);
        }
        self.finish_sync(Err(ErrorCode::TIMEOUT));
    }

    /// Moves the cursor in memory; the store follows with the batch that says so.
    pub(super) fn advance(&mut self, next: Cursors) {
        self.pull.ahead = next;
    }

    /// Hands messages to the store, with what their commit acknowledges.
    pub(super) fn commit(
        &mut self,
        messages: Vec<Incoming>,
        moves: Option<(Cursors, Cursors)>,
        receipt: Receipt,
        page: bool,
    ) {
        let ticket = self.ticket();
        let bytes = messages.iter().map(|message| message.content.len()).sum();
        let moves_to = moves.map(|(_, to)| to);
        self.pull.unstored.push_back(Unstored { ticket, receipt, page, bytes, moves_to });
        let connack_time = self.connection.connack_time;
        self.actions.push_back(Action::Store(Batch { ticket, messages, moves, connack_time }));
    }

    fn take_unstored(&mut self, ticket: u64) -> Option<Unstored> {
        let at = self.pull.unstored.iter().position(|unstored| unstored.ticket == ticket)?;
        self.pull.unstored.remove(at)
    }

    pub(super) fn stored(&mut self, ticket: u64, now: Millis) {
        let Some(unstored) = self.take_unstored(ticket) else { return };
        if let Some(cursors) = unstored.moves_to {
            self.pull.committed.inbox = self.pull.committed.inbox.max(cursors.inbox);
            self.pull.committed.outbox = self.pull.committed.outbox.max(cursors.outbox);
        }
        self.acknowledge(unstored.receipt);
        if self.pull.wanted {
            self.start_pull(now);
        }
        self.check_sync_done();
    }

    pub(super) fn store_failed(&mut self, ticket: u64, now: Millis) {
        if self.take_unstored(ticket).is_none() {
            return;
        }
        // What follows on this page would leave a hole: the store refuses it, and the pull starts over.
        self.pull.ahead = self.pull.committed;
        self.requests.abandon_pull();
        self.pull_failed(now);
    }

    fn acknowledge(&mut self, receipt: Receipt) {
        match receipt {
            Receipt::None => {}
            Receipt::QueryCon(message_id) => self.send(UpFrame::QueryCon { message_id }),
            Receipt::PubAck(message_id) => self.send(UpFrame::PubAck { message_id }),
        }
    }

    pub(super) fn sync_now(&mut self, now: Millis) {
        if !self.connection.is_online() {
            self.actions.push_back(Action::SyncDone(Err(ErrorCode::RC_NET_CHANNEL_INVALID)));
            return;
        }
        self.pull.syncing += 1;
        self.start_pull(now);
    }

    fn check_sync_done(&mut self) {
        if self.pull.in_flight || self.pull.wanted || !self.pull.unstored.is_empty() {
            return;
        }
        if !self.pull.at_end {
            // The line is gone, the pull failed, or the server says "more" and gives none.
            self.finish_sync(Err(ErrorCode::TIMEOUT));
            return;
        }
        self.finish_sync(Ok(()));
        self.sender.look_ends();
        if !self.pull.told_end {
            self.pull.told_end = true;
            self.actions.push_back(Action::InboxEnd);
        }
    }

    pub(super) fn finish_sync(&mut self, result: Result<(), ErrorCode>) {
        for _ in 0..std::mem::take(&mut self.pull.syncing) {
            self.actions.push_back(Action::SyncDone(result));
        }
    }
}
