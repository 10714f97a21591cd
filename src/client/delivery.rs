//! The thread that calls the host: in order, one call at a time, holding no lock. The queue is bounded; a
//! host that is too slow is told that it missed something. Completions and the newest word on a state are never
//! dropped.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{JoinHandle, ThreadId};

use super::DatabaseListener;
use super::listeners::{
    ConnectionListener, ConversationListener, LogLevel, LogListener, MessageListener, ReceiptListener,
    TokenListener, TypingListener,
};
use super::media::{MediaListener, MediaProgress, TransferState};
use crate::model::{
    ConnectionStatus, ConversationKey, ErrorCode, Message, MessageChange, Receipt, TypingUser,
};
use crate::runtime;
use crate::store::care::DatabaseReport;

/// Events that may wait, states apart; each is a batch.
const MAX_QUEUE: usize = 4096;

/// Something to tell the listeners.
#[derive(Debug, Clone)]
pub(crate) enum HostEvent {
    Status(ConnectionStatus, ErrorCode),
    TokenNeeded(ErrorCode),
    Messages(Vec<Message>),
    Sent(Message),
    Changed(Vec<MessageChange>),
    Synced,
    Receipts(Vec<Receipt>),
    Typing(ConversationKey, Vec<TypingUser>),
    Conversations(Vec<ConversationKey>),
    Progress(MediaProgress),
    Log(LogLevel, String, String),
    Database(DatabaseReport),
    Overflow,
}

impl HostEvent {
    /// Whether this is the newest word on something that no store can be asked for again. There are few of these:
    /// they are never dropped and do not count against [`MAX_QUEUE`].
    fn is_state(&self) -> bool {
        match self {
            Self::Status(..) | Self::Synced | Self::Typing(..) | Self::Database(_) => true,
            Self::Progress(progress) => progress.state != TransferState::Running,
            _ => false,
        }
    }
}

/// Whoever listens.
#[derive(Clone)]
pub(crate) enum Listener {
    Connection(Arc<dyn ConnectionListener>),
    Token(Arc<dyn TokenListener>),
    Message(Arc<dyn MessageListener>),
    Conversation(Arc<dyn ConversationListener>),
    Receipt(Arc<dyn ReceiptListener>),
    Typing(Arc<dyn TypingListener>),
    Media(Arc<dyn MediaListener>),
    Log(LogLevel, Arc<dyn LogListener>),
    Database(Arc<dyn DatabaseListener>),
}

impl Listener {
    fn hear(&self, event: &HostEvent) {
        match (self, event) {
            (Self::Connection(listener), HostEvent::Status(status, code)) => {
                listener.on_status(*status, code.0)
            }
            (Self::Token(listener), HostEvent::TokenNeeded(code)) => listener.on_token_needed(code.0),
            (Self::Message(listener), HostEvent::Messages(messages)) => {
                listener.on_messages(messages.clone())
            }
            (Self::Message(listener), HostEvent::Sent(message)) => listener.on_sent(message.clone()),
            (Self::Connection(listener), HostEvent::Synced) => listener.on_synced(),
            (Self::Message(listener), HostEvent::Changed(changes)) => listener.on_changed(changes.clone()),
            (Self::Receipt(listener), HostEvent::Receipts(receipts)) => {
                listener.on_receipts(receipts.clone());
            }
            (Self::Typing(listener), HostEvent::Typing(key, users)) => {
                listener.on_typing(key.clone(), users.clone());
            }
            (Self::Message(listener), HostEvent::Overflow) => listener.on_overflow(),
            (Self::Conversation(listener), HostEvent::Overflow) => listener.on_conversations(Vec::new()),
            (Self::Receipt(listener), HostEvent::Overflow) => listener.on_receipts(Vec::new()),
            (Self::Conversation(listener), HostEvent::Conversations(keys)) => {
                listener.on_conversations(keys.clone());
            }
            (Self::Media(listener), HostEvent::Progress(progress)) => listener.on_progress(progress.clone()),
            (Self::Log(limit, listener), HostEvent::Log(level, target, text)) if level <= limit => {
                listener.on_log(*level, target.clone(), text.clone());
            }
            (Self::Database(listener), HostEvent::Database(report)) => listener.on_database(report.clone()),
            _ => {}
        }
    }
}

/// Reads the current value of a state. Runs on the events thread.
type Greeting = Box<dyn FnOnce() -> Vec<HostEvent> + Send>;

#[expect(clippy::large_enum_variant, reason = "nearly all of them are the large one")]
enum Job {
    /// For every listener.
    Event(HostEvent),
    /// For one listener: the current value of a state, read when it is told.
    Greeting(Arc<Slot>, Greeting),
    /// A task to poll.
    Poll(Arc<Task>),
}

/// One listener and whether it still wants to hear.
struct Slot {
    listener: Listener,
    state: Mutex<SlotState>,
    idle: Condvar,
}

#[derive(Default)]
struct SlotState {
    cancelled: bool,
    running: bool,
}

impl Slot {
    fn call(&self, event: &HostEvent) {
        {
            let mut state = lock(&self.state);
            if state.cancelled {
                return;
            }
            state.running = true;
        }
        contained(|| self.listener.hear(event));
        lock(&self.state).running = false;
        self.idle.notify_all();
    }
}

/// The events thread and its queue.
#[derive(Clone)]
pub(crate) struct Delivery(Arc<Inner>);

struct Inner {
    queue: Mutex<Queue>,
    wake: Condvar,
    slots: Mutex<Vec<Arc<Slot>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    thread_id: Mutex<Option<ThreadId>>,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    events: usize,
    overflowed: bool,
    tasks: usize,
    closing: bool,
}

impl Delivery {
    /// A queue that nobody serves: [`Delivery::drain`] empties it.
    pub(crate) fn without_thread() -> Self {
        Self(Arc::new(Inner {
            queue: Mutex::default(),
            wake: Condvar::new(),
            slots: Mutex::default(),
            thread: Mutex::default(),
            thread_id: Mutex::default(),
        }))
    }

    /// Takes the events that wait, in order.
    pub(crate) fn drain(&self) -> Vec<HostEvent> {
        let mut queue = lock(&self.0.queue);
        queue.events = 0;
        let event = |job| if let Job::Event(event) = job { Some(event) } else { None };
        queue.jobs.drain(..).filter_map(event).collect()
    }

    /// Starts the thread.
    pub(crate) fn start() -> std::io::Result<Self> {
        let Self(inner) = Self::without_thread();
        let worker = inner.clone();
        let thread = runtime::spawn_thread("anser-events", move || worker.serve())?;
        *lock(&inner.thread_id) = Some(thread.thread().id());
        *lock(&inner.thread) = Some(thread);
        Ok(Self(inner))
    }

    /// Queues an event for all who listen when it is delivered.
    pub(crate) fn tell(&self, event: HostEvent) {
        let mut queue = lock(&self.0.queue);
        if queue.closing {
            return;
        }
        if event.is_state() {
            // In a queue that nobody serves, the newest word on who types in a conversation is enough.
            if queue.jobs.len() >= MAX_QUEUE
                && let HostEvent::Typing(key, _) = &event
            {
                let older =
                    |job: &Job| matches!(job, Job::Event(HostEvent::Typing(other, _)) if other == key);
                queue.jobs.retain(|job| !older(job));
            }
            queue.jobs.push_back(Job::Event(event));
            drop(queue);
            self.0.wake.notify_one();
            return;
        }
        if queue.events >= MAX_QUEUE {
            if !queue.overflowed {
                queue.overflowed = true;
                queue.jobs.push_back(Job::Event(HostEvent::Overflow));
            }
            return;
        }
        queue.events += 1;
        queue.jobs.push_back(Job::Event(event));
        drop(queue);
        self.0.wake.notify_one();
    }

    /// Adds a listener.
    pub(crate) fn add(&self, listener: Listener) -> Arc<Subscription> {
        let slot = Arc::new(Slot { listener, state: Mutex::default(), idle: Condvar::new() });
        lock(&self.0.slots).push(slot.clone());
        Arc::new(Subscription { slot, delivery: Arc::downgrade(&self.0) })
    }

    /// Adds a listener to a state: it is told the current value, which `greeting` reads on the events thread at
    /// that moment, so that no change falls between the reading and the listening.
    pub(crate) fn add_to_state(
        &self,
        listener: Listener,
        greeting: impl FnOnce() -> Vec<HostEvent> + Send + 'static,
    ) -> Arc<Subscription> {
        let subscription = self.add(listener);
        let mut queue = lock(&self.0.queue);
        if !queue.closing {
            queue.jobs.push_back(Job::Greeting(subscription.slot.clone(), Box::new(greeting)));
        }
        drop(queue);
        self.0.wake.notify_one();
        subscription
    }

    /// Whether anybody can be asked for a token.
    pub(crate) fn has_token_listener(&self) -> bool {
        lock(&self.0.slots).iter().any(|slot| matches!(slot.listener, Listener::Token(_)))
    }

    /// Makes a future and runs it to its end on the events thread: how C completions are called. `false` if
    /// the thread is ending; then the future is not even made.
    pub(crate) fn spawn<F: Future<Output = ()> + Send + 'static>(&self, make: impl FnOnce() -> F) -> bool {
        let delivery = Arc::downgrade(&self.0);
        {
            let mut queue = lock(&self.0.queue);
            if queue.closing {
                return false;
            }
            queue.tasks += 1;
            let task = Task { future: Mutex::new(Some(Box::pin(make()))), delivery };
            queue.jobs.push_back(Job::Poll(Arc::new(task)));
        }
        self.0.wake.notify_one();
        true
    }

    /// Whether the caller runs on the events thread.
    pub(crate) fn is_current(&self) -> bool {
        *lock(&self.0.thread_id) == Some(std::thread::current().id())
    }

    /// Lets the tasks end, then the thread. No listener is called any more once this returns; on the
    /// events thread itself that holds from the end of the present callback.
    pub(crate) fn close(&self) {
        {
            let mut queue = lock(&self.0.queue);
            queue.closing = true;
            queue.jobs.retain(|job| matches!(job, Job::Poll(_)));
        }
        self.0.wake.notify_one();
        if !self.is_current()
            && let Some(thread) = lock(&self.0.thread).take()
            && thread.join().is_err()
        {
            log::error!("the events thread ended in a panic");
        }
        lock(&self.0.slots).clear();
    }
}

impl Inner {
    fn serve(&self) {
        while let Some(job) = self.next() {
            match job {
                Job::Event(event) => {
                    let slots = lock(&self.slots).clone();
                    for slot in slots {
                        slot.call(&event);
                    }
                }
                Job::Greeting(slot, greeting) => greeting().iter().for_each(|event| slot.call(event)),
                Job::Poll(task) => {
                    if task.poll() {
                        lock(&self.queue).tasks -= 1;
                    }
                }
            }
        }
    }

    /// Waits for the next job; `None` when closing and nothing is left to complete.
    fn next(&self) -> Option<Job> {
        let mut queue = lock(&self.queue);
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                match &job {
                    Job::Event(HostEvent::Overflow) => queue.overflowed = false,
                    Job::Event(event) if !event.is_state() => queue.events -= 1,
                    _ => {}
                }
                return Some(job);
            }
            if queue.closing && queue.tasks == 0 {
                return None;
            }
            queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

type BoxedFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A future on its way to a completion.
struct Task {
    future: Mutex<Option<BoxedFuture>>,
    delivery: Weak<Inner>,
}

impl Task {
    /// Returns whether the task has ended with this poll.
    fn poll(self: &Arc<Self>) -> bool {
        let mut slot = lock(&self.future);
        let Some(mut future) = slot.take() else { return false };
        let waker = Waker::from(self.clone());
        let mut ready = true;
        contained(|| {
            if future.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Pending {
                ready = false;
            }
        });
        if !ready {
            *slot = Some(future);
        }
        ready
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if let Some(delivery) = self.delivery.upgrade() {
            lock(&delivery.queue).jobs.push_back(Job::Poll(self));
            delivery.wake.notify_one();
        }
    }
}

/// A listener's place. Dropping it cancels.
#[derive(uniffi::Object)]
pub struct Subscription {
    slot: Arc<Slot>,
    delivery: Weak<Inner>,
}

#[uniffi::export]
impl Subscription {
    /// Ends it. A call that is already running may still be running when this returns.
    pub fn cancel(&self) {
        lock(&self.slot.state).cancelled = true;
        if let Some(delivery) = self.delivery.upgrade() {
            lock(&delivery.slots).retain(|slot| !Arc::ptr_eq(slot, &self.slot));
        }
    }

    /// Ends it and waits for a call that is running: afterwards none arrives. Called from the listener
    /// itself it only marks, and that holds from the end of that call.
    pub fn cancel_and_wait(&self) {
        self.cancel();
        let here = std::thread::current().id();
        if self.delivery.upgrade().is_none_or(|delivery| *lock(&delivery.thread_id) == Some(here)) {
            return;
        }
        let mut state = lock(&self.slot.state);
        while state.running {
            state = self.slot.idle.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// A host's exception stays with the host.
fn contained(call: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(call)).is_err() {
        // Not through the log facade: a log listener may be what panicked.
        eprintln!("anser: a listener threw; the event is lost to it alone");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
