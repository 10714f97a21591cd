//! The event queue, for programs with a loop of their own: a file descriptor to wait on, and events to
//! take one by one on the program's own thread.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

#[cfg(unix)]
use std::io::{Read, Write};
#[cfg(unix)]
use std::os::fd::AsRawFd;
#[cfg(unix)]
use std::os::unix::net::UnixStream;

use super::border::{UserData, guard, put};
use super::client::CClient;
use super::event::{ANSER_EVENT_COMPLETED, ANSER_EVENT_OVERFLOW, ANSER_EVENT_TOKEN_NEEDED, CEvent};
use super::listeners::{EventListener, EventSink, listen};
use super::registry;
use super::told::Told;
use super::types::{AnserClient, AnserEvent};
use crate::client::Subscription;
use crate::model::ErrorCode;

/// Events that may wait. Completions are always kept.
const MAX_QUEUE: usize = 65_536;

/// Every kind of event. Who asks for tokens must be answered: that takes a listener made for it.
const ALL: i32 = !(ANSER_EVENT_COMPLETED | ANSER_EVENT_TOKEN_NEEDED);

/// An event, and the host's pointer if it ends a call.
type Queued = (Told, Option<Arc<UserData>>);

/// A client's queue and what fills it. Together in the client: the listeners hold the queue, so the queue
/// must not hold them.
pub(super) struct Pull {
    pub(super) queue: Arc<PullQueue>,
    _subscriptions: Vec<Arc<Subscription>>,
}

/// The queue of one client.
pub(super) struct PullQueue {
    state: Mutex<State>,
    arrived: Condvar,
    #[cfg(unix)]
    bell: Option<(UnixStream, UnixStream)>,
}

#[derive(Default)]
struct State {
    events: VecDeque<Queued>,
    overflowed: bool,
    closed: bool,
}

impl EventSink for Arc<PullQueue> {
    fn take(&self, told: Told) {
        self.push(told, None);
    }
}

impl PullQueue {
    /// The client's queue, made and filled from the first call on.
    fn of(object: &CClient) -> Arc<Self> {
        let mut new = false;
        let pull = object.pull.get_or_init(|| {
            new = true;
            let queue = Arc::new(Self::new());
            let subscriptions = listen(&object.client, ALL, &Arc::new(EventListener(queue.clone())));
            Pull { queue, _subscriptions: subscriptions }
        });
        // Whoever closed the client before, or at this moment, had no queue to close.
        if new && object.client.is_closed() {
            pull.queue.close();
        }
        pull.queue.clone()
    }

    fn new() -> Self {
        Self {
            state: Mutex::default(),
            arrived: Condvar::new(),
            #[cfg(unix)]
            bell: UnixStream::pair().ok().filter(|(read, write)| {
                // Neither end may ever block a thread.
                read.set_nonblocking(true).is_ok() && write.set_nonblocking(true).is_ok()
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues an event.
    pub(super) fn push(&self, told: Told, user_data: Option<Arc<UserData>>) {
        let mut state = self.lock();
        if state.events.len() >= MAX_QUEUE && told.kind != ANSER_EVENT_COMPLETED {
            if state.overflowed {
                return;
            }
            state.overflowed = true;
            state.events.push_back((Told { kind: ANSER_EVENT_OVERFLOW, ..Told::default() }, None));
        } else {
            state.events.push_back((told, user_data));
        }
        if state.events.len() == 1 {
            self.ring();
        }
        drop(state);
        self.arrived.notify_one();
    }

    /// Wakes whoever waits, for good.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.ring();
        self.arrived.notify_all();
    }

    /// Makes the descriptor readable.
    fn ring(&self) {
        #[cfg(unix)]
        if let Some((_, write)) = &self.bell {
            // A full pipe is readable already.
            let _ = (&*write).write(&[1]);
        }
    }

    /// The queue is empty: the descriptor is readable again with the next event.
    fn hush(&self) {
        #[cfg(unix)]
        if let Some((read, _)) = &self.bell {
            let mut buffer = [0; 64];
            while (&*read).read(&mut buffer).is_ok_and(|count| count == buffer.len()) {}
        }
    }

    fn next(&self, timeout: Option<Duration>) -> Result<Option<Queued>, ErrorCode> {
        let until = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.lock();
        loop {
            if let Some(event) = state.events.pop_front() {
                if event.0.kind == ANSER_EVENT_OVERFLOW {
                    state.overflowed = false;
                }
                if state.events.is_empty() && !state.closed {
                    self.hush();
                }
                return Ok(Some(event));
            }
            if state.closed {
                return Err(ErrorCode::CLIENT_CLOSED);
            }
            state = match until {
                None => self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(until) => match until.checked_duration_since(Instant::now()) {
                    None => return Ok(None),
                    Some(left) if left.is_zero() => return Ok(None),
                    Some(left) => {
                        self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                    }
                },
            };
        }
    }
}

/// A file descriptor that is readable while events wait, for `poll`, `epoll` and the like. It belongs to the
/// client: do not read from it or close it. From the first call of this or of `anser_client_next_event` on,
/// all events go to the queue, and calls without a callback end there. Returns 0, 34403, 34405, 33003 on
/// systems without it.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_event_fd(client: AnserClient, out: *mut i32) -> i32 {
    guard(|| {
        let queue = PullQueue::of(&*registry::client(client)?);
        #[cfg(unix)]
        let descriptor = queue.bell.as_ref().map(|(read, _)| read.as_raw_fd());
        #[cfg(not(unix))]
        let descriptor = None;
        put(out, descriptor.ok_or(ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?)
    })
}

/// Takes the next event, waiting up to `timeout_ms` for it: 0 does not wait, −1 waits for ever. `*out` is 0 if
/// none came. The caller owns `*out` and frees it with `anser_event_free`; `anser_event_user_data` names the
/// call that has ended. May be called from any thread, not from callbacks with a timeout. Returns 0, 34400
/// once the client is closed and nothing is left, 34403, 34405.
#[unsafe(no_mangle)]
pub extern "C" fn anser_client_next_event(client: AnserClient, timeout_ms: i32, out: *mut AnserEvent) -> i32 {
    guard(|| {
        put(out, 0)?;
        // The object is let go of before waiting: another thread may free the client meanwhile.
        let queue = PullQueue::of(&*registry::client(client)?);
        let timeout = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
        match queue.next(timeout)? {
            Some((told, user_data)) => put(out, CEvent::publish(told, user_data)),
            None => Ok(()),
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use super::*;
    use crate::client::{Client, ClientOptions};

    #[test]
    fn a_queue_that_is_asked_for_too_late_says_so() {
        let client = Client::new(ClientOptions::new("app", "http://127.0.0.1:1")).unwrap();
        let object = CClient { client, pull: OnceLock::new() };
        object.client.close();
        let code = |queue: &PullQueue| queue.next(Some(Duration::ZERO)).map(|event| event.is_some());
        assert_eq!(code(&PullQueue::of(&object)), Err(ErrorCode::CLIENT_CLOSED));
        assert_eq!(code(&PullQueue::of(&object)), Err(ErrorCode::CLIENT_CLOSED), "and keeps saying so");
    }
}
