//! A whole client without threads, sockets or a clock of its own, for simulations and golden vectors:
//! core, session and store are the real ones, run on the caller's thread in virtual time.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;

use super::core::{Core, Event};
use super::delivery::{Delivery, HostEvent};
use super::options::ClientOptions;
use super::shared::Shared;
use super::{Conversations, Messages, Result};
use crate::clock::Clock;
use crate::model::{
    ConnectionStatus, ConversationKey, ErrorCode, Message, MessageChange, Receipt, TypingUser,
};
use crate::session::{Cursors, Generation};
use crate::store::{self, Durability};
use crate::transport::{Events, Line, Opening, Transport, TransportEvent, UnreadAnswer};
use crate::wire::UpFrame;

/// What the host was told, in order.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few at a time, and matched on by tests")]
pub enum Told {
    /// `ConnectionListener::on_status`.
    Status(ConnectionStatus, ErrorCode),
    /// `MessageListener::on_messages`.
    Messages(Vec<Message>),
    /// `MessageListener::on_sent`.
    Sent(Message),
    /// `ConversationListener::on_conversations`.
    Conversations(Vec<ConversationKey>),
    /// `MessageListener::on_changed`.
    Changed(Vec<MessageChange>),
    /// `ReceiptListener::on_receipts`.
    Receipts(Vec<Receipt>),
    /// `TypingListener::on_typing`.
    Typing(ConversationKey, Vec<TypingUser>),
    /// `ConnectionListener::on_synced`.
    Synced,
}

/// The client and both ends of its line.
pub struct InlineClient {
    core: Core,
    shared: Arc<Shared>,
    inbox: UnboundedReceiver<Event>,
    record: Arc<Mutex<Record>>,
    connecting: Option<oneshot::Receiver<Result<String>>>,
}

#[derive(Default)]
struct Record {
    generation: Generation,
    opened: Vec<bool>,
    closed: usize,
    sent: Vec<UpFrame>,
}

impl InlineClient {
    /// A client at rest. `seed` drives the jitter of reconnecting. A user whom the options name is open at once.
    ///
    /// # Errors
    /// As [`super::Client::new`].
    pub fn new(options: ClientOptions, clock: Clock, seed: u64) -> Result<Self> {
        let (events, inbox) = unbounded_channel();
        let shared = Arc::new(Shared::new(options, clock, Delivery::without_thread(), events, true)?);
        super::connection::open_offline(&shared)?;
        let record = Arc::new(Mutex::new(Record::default()));
        let transport = Arc::new(Recorder(record.clone()));
        let make = Box::new(move |_: &str| Ok(transport.clone() as Arc<dyn Transport>));
        Ok(Self { core: Core::new(shared.clone(), make, seed), shared, inbox, record, connecting: None })
    }

    /// Asks to be connected; [`InlineClient::connect_result`] tells what became of it.
    pub fn connect(&mut self, token: &str) {
        let (reply, answer) = oneshot::channel();
        self.connecting = Some(answer);
        self.event(Event::Connect { token: token.to_owned(), reply });
    }

    /// The result of connecting, once.
    pub fn connect_result(&mut self) -> Option<Result<String>> {
        let result = self.connecting.as_mut()?.try_recv().ok()?;
        self.connecting = None;
        Some(result)
    }

    /// Asks to be disconnected.
    pub fn disconnect(&mut self) {
        let (reply, _) = oneshot::channel();
        self.event(Event::Disconnect(reply));
    }

    /// Says whether the user sees the app.
    pub fn set_foreground(&mut self, foreground: bool) {
        self.event(Event::Foreground(foreground));
    }

    /// Asks for a pull.
    pub fn sync_now(&mut self) {
        let (reply, _) = oneshot::channel();
        self.event(Event::SyncNow(reply));
    }

    /// Up to where the inbox is stored; `None` if no user is open.
    pub fn cursors(&self) -> Option<Cursors> {
        let user = self.shared.user().ok()?;
        let (reply, mut answer) = oneshot::channel();
        user.store.run(Durability::Read, store::cursors, move |result| drop(reply.send(result)));
        answer.try_recv().ok()?.ok()
    }

    /// The present status, as the host sees it.
    pub fn status(&self) -> ConnectionStatus {
        self.shared.status()
    }

    /// Something happens on the line that was opened last.
    pub fn line(&mut self, event: TransportEvent) {
        let generation = self.record().generation;
        self.event(Event::Transport(generation, event));
    }

    /// Time passes.
    pub fn advance(&mut self, milliseconds: u64) {
        self.shared.clock.advance(milliseconds);
        self.core.tick();
        self.settle();
    }

    /// Milliseconds until something is due, if anything is.
    pub fn next_deadline(&self) -> Option<u64> {
        self.core.next_deadline().map(|due| due.saturating_sub(self.shared.clock.monotonic()))
    }

    /// Frames sent since the last call.
    pub fn take_frames(&mut self) -> Vec<UpFrame> {
        std::mem::take(&mut self.record().sent)
    }

    /// Lines opened since the last call: whether each was to ask navigation past the cache.
    pub fn take_opened(&mut self) -> Vec<bool> {
        std::mem::take(&mut self.record().opened)
    }

    /// Lines that the client has closed since the last call.
    pub fn take_closed(&mut self) -> usize {
        std::mem::take(&mut self.record().closed)
    }

    /// What the host was told since the last call.
    pub fn take_told(&mut self) -> Vec<Told> {
        let events = self.shared.delivery.drain();
        let told = |event| match event {
            HostEvent::Status(status, code) => Some(Told::Status(status, code)),
            HostEvent::Messages(messages) => Some(Told::Messages(messages)),
            HostEvent::Sent(message) => Some(Told::Sent(message)),
            HostEvent::Conversations(keys) => Some(Told::Conversations(keys)),
            HostEvent::Changed(changes) => Some(Told::Changed(changes)),
            HostEvent::Receipts(receipts) => Some(Told::Receipts(receipts)),
            HostEvent::Typing(key, users) => Some(Told::Typing(key, users)),
            HostEvent::Synced => Some(Told::Synced),
            HostEvent::TokenNeeded(_)
            | HostEvent::Progress(_)
            | HostEvent::Database(_)
            | HostEvent::Log(..)
            | HostEvent::Overflow => None,
        };
        events.into_iter().filter_map(told).collect()
    }

    /// Sending and reading messages; the futures are ready at once, see [`InlineClient::now`].
    pub fn messages(&self) -> Messages {
        Messages::new(&self.shared)
    }

    /// The conversation list; the futures are ready at once, see [`InlineClient::now`].
    pub fn conversations(&self) -> Conversations {
        Conversations::new(&self.shared)
    }

    /// Runs a future of this client that only needs its store. `None` if it waits for something else.
    pub fn now<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = std::pin::pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        let mut result = future.as_mut().poll(&mut context);
        self.settle();
        if result.is_pending() {
            result = future.as_mut().poll(&mut context);
        }
        match result {
            Poll::Ready(value) => Some(value),
            Poll::Pending => None,
        }
    }

    fn event(&mut self, event: Event) {
        self.core.handle(event);
        self.settle();
    }

    /// Handles what follows, until nothing does.
    fn settle(&mut self) {
        while let Ok(event) = self.inbox.try_recv() {
            self.core.handle(event);
        }
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transport whose other end is the caller.
struct Recorder(Arc<Mutex<Record>>);

impl Transport for Recorder {
    fn open(&self, generation: Generation, how: Opening, _events: Events) -> Box<dyn Line> {
        let mut record = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        record.generation = generation;
        record.opened.push(how.fresh_navigation);
        Box::new(RecordedLine(self.0.clone()))
    }

    fn has_unread(&self, done: UnreadAnswer) {
        done(Err(ErrorCode::RC_HTTP_SEND_FAIL));
    }
}

struct RecordedLine(Arc<Mutex<Record>>);

impl Line for RecordedLine {
    fn send(&self, frame: UpFrame) {
        if crate::kill::is_dead() {
            return;
        }
        self.0.lock().unwrap_or_else(PoisonError::into_inner).sent.push(frame);
    }
}

impl Drop for RecordedLine {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).closed += 1;
    }
}

#[cfg(test)]
mod tests;
