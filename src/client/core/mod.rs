//! The actor's mind: takes events, asks the session, and carries its actions to the store, the line and
//! the host. Runs without threads or sockets of its own, so that simulations drive it too.

mod account;
mod asking;
mod care;
mod line;
mod sending;
mod storing;
mod timed;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::delivery::HostEvent;
pub(crate) use super::event::Event;
use super::event::{Opened, Reply};
use super::shared::{Shared, User};
use super::{Error, Result, media};
use crate::kill::{self, Point};
use crate::model::{ErrorCode, Message, NavigationInfo, NetworkKind};
use crate::session::{Action, Answer, Generation, Input, Millis, SendOutcome, Session};
use crate::store::{self, Durability, StoreError};
use crate::transport::{Line, ProbeUrl, Transport};
use crate::wire::UpFrame;

/// Makes the transport for a token.
pub(crate) type TransportFactory =
    Box<dyn Fn(&str) -> std::result::Result<Arc<dyn Transport>, ErrorCode> + Send>;

pub(crate) struct Core {
    session: Session,
    shared: Arc<Shared>,
    make_transport: TransportFactory,
    transport: Option<(String, Arc<dyn Transport>)>,
    line: Option<(Generation, Box<dyn Line>)>,
    /// Counts logins: a store that was read for an older one is not for this one.
    login: u64,
    /// Server time of the newest login, ms.
    login_time: i64,
    connects: VecDeque<Reply<String>>,
    syncs: VecDeque<Reply<()>>,
    waiting: HashMap<i64, Vec<Reply<Message>>>,
    /// Fates that the store could not write down, to be tried again at the given time.
    unsettled: VecDeque<(Millis, i64, SendOutcome)>,
    asked: asking::Asked,
    timed: timed::Timed,
    /// A sync that ends by itself.
    once: Option<care::Once>,
    /// A sync that has ended is about to leave the line, unless somebody wants it meanwhile.
    leaving: bool,
    /// What the device is connected by, if the host has said so.
    network: Option<NetworkKind>,
    /// What the host wants asked before the attempts that it has planned.
    probe: Option<ProbeUrl>,
    /// What navigation said to the present login, or to the one that is being made.
    navigated: Option<Arc<NavigationInfo>>,
    /// Wall clock minus monotonic clock, when it was looked at last, ms.
    skew: i64,
}

impl Core {
    pub(crate) fn new(shared: Arc<Shared>, make_transport: TransportFactory, seed: u64) -> Self {
        Self {
            session: Session::new(seed).with_heartbeat(shared.options.heartbeat_ms()),
            skew: shared.clock.skew(),
            shared,
            make_transport,
            transport: None,
            line: None,
            login: 0,
            login_time: 0,
            connects: VecDeque::new(),
            syncs: VecDeque::new(),
            waiting: HashMap::new(),
            unsettled: VecDeque::new(),
            asked: asking::Asked::default(),
            timed: timed::Timed::default(),
            once: None,
            leaving: false,
            network: None,
            probe: None,
            navigated: None,
        }
    }

    /// When [`Core::tick`] is due at the latest, on the monotonic clock.
    pub(crate) fn next_deadline(&self) -> Option<Millis> {
        let unsettled = self.unsettled.front().map(|(due, ..)| *due);
        let once = self.once.as_ref().map(|once| once.due);
        let timed = self.next_timed();
        self.session.next_deadline().into_iter().chain(unsettled).chain(timed).chain(once).min()
    }

    pub(crate) fn tick(&mut self) {
        let now = self.shared.clock.monotonic();
        while let Some((due, message, outcome)) = self.unsettled.pop_front() {
            if due > now {
                self.unsettled.push_front((due, message, outcome));
                break;
            }
            self.settle(message, outcome);
        }
        self.tick_timed(now);
        self.input(Input::Tick);
        self.once_due();
    }

    /// Takes in an event. Returns whether the actor goes on.
    pub(crate) fn handle(&mut self, event: Event) -> bool {
        match event {
            Event::Connect { token, reply } => self.host_connects(&token, reply),
            Event::Reconnect { pauses, probe, reply } => self.reconnect(pauses, probe, reply),
            Event::Foreground(foreground) => self.input(Input::Foreground(foreground)),
            Event::Network(kind) => {
                self.network = Some(kind);
                self.input(Input::Network(kind));
            }
            Event::Token(token) => self.take_token(token),
            Event::Disconnect(reply) => {
                self.input(Input::Disconnect);
                answer(reply, Ok(()));
            }
            Event::Logout(reply) => {
                self.logout();
                answer(reply, Ok(()));
            }
            Event::SyncNow(reply) => {
                self.syncs.push_back(reply);
                self.input(Input::SyncNow);
            }
            Event::AwaitSent { message, reply } => {
                self.waiting.entry(message).or_default().push(reply);
                self.look(message);
            }
            Event::Cancel { message, reply } => self.cancel(message, reply),
            Event::Queued(outgoing) => self.input(Input::Send(outgoing)),
            Event::Ask(request) => self.ask(request),
            Event::Publish(publish) => self.publish(publish),
            Event::HasUnread(reply) => self.has_unread(reply),
            Event::Removed(messages) => self.removed(messages),
            Event::SignalsWait => self.read_signals(),
            Event::SignalsRead { user, result } => self.signals_read(&user, result),
            Event::DestructAt(at) => self.destruct_at(at),
            Event::Destructed { result } => self.destructed(result),
            Event::AccountStored { part, result } => self.account_stored(part, result),
            Event::Transport(generation, event) => self.transport_event(generation, event),
            Event::Opened { login, result } => self.opened(login, result),
            Event::Stored { ticket, result } => self.stored(ticket, result),
            Event::Settled { user, message, outcome, result } => {
                // A suspended store was drained first: what it wrote down is still to be told.
                if self.shared.is_users(&user) {
                    self.settled(message, outcome, result);
                }
            }
            Event::Noted { user, message, result } => {
                if self.shared.is_users(&user) {
                    self.noted(message, result);
                }
            }
            Event::Looked { message, result } => self.looked(message, result),
            Event::Run(start) => start(),
            Event::Salvaged => self.salvaged(),
            Event::Care(request) => self.care(request),
            Event::SyncBegins => self.input(Input::SyncNow),
            Event::Leave => self.leave(),
            Event::Close => {
                self.close();
                return false;
            }
        }
        true
    }

    fn input(&mut self, input: Input) {
        let now = self.shared.clock.monotonic();
        if self.has_jumped() {
            self.session.handle(Input::Woke, now);
        }
        self.session.handle(input, now);
        while let Some(action) = self.session.poll() {
            self.act(action);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::OpenTransport { generation, fresh_navigation } => {
                self.open_line(generation, fresh_navigation)
            }
            Action::CloseTransport { generation } => {
                self.line.take_if(|(current, _)| *current == generation);
            }
            Action::SendFrame { generation, frame } => {
                if let Some((current, line)) = &self.line
                    && *current == generation
                {
                    if matches!(frame, UpFrame::Publish(_)) {
                        kill::reach(Point::Publishing);
                    }
                    line.send(frame);
                }
            }
            Action::Status(status, code) => {
                log::info!("connection: {status:?}, code {}", code.0);
                self.shared.set_status(status);
                self.shared.delivery.tell(HostEvent::Status(status, code));
            }
            Action::AskToken { code } => self.ask_token(code),
            Action::LoggedIn { user_id, server_time } => self.logged_in(&user_id, server_time),
            Action::ConnectDone(result) => {
                // What was planned has ended; attempts of the client's own are made without.
                self.probe = None;
                self.once_connected(&result);
                if let Some(reply) = self.connects.pop_front() {
                    answer(reply, result.map_err(Error::from));
                }
            }
            Action::Store(batch) => self.store(batch),
            // Signals travel under negative numbers.
            Action::SendDone { message, outcome } if message < 0 => {
                self.signal_done(-message, matches!(outcome, SendOutcome::Sent { .. }));
            }
            Action::SendDone { message, outcome } => self.settle(message, outcome),
            Action::NoteAttempt { message, since } => self.note_attempt(message, since),
            Action::SyncDone(result) => {
                self.once_synced(result);
                if let Some(reply) = self.syncs.pop_front() {
                    answer(reply, result.map_err(Error::from));
                }
            }
            Action::Resolve { id, result } => self.resolve(id, result),
            Action::InboxEnd => {
                self.caught_up();
                self.ask_account();
                self.shared.delivery.tell(HostEvent::Synced);
            }
            Action::Account(part) => self.ask_part(part),
            // The topic that listens for these has not arrived in the client yet.
            Action::Presence(Answer::UserStatus { .. }) => {}
            Action::Presence(_) => log::debug!("presence of another shape"),
        }
    }

    /// Forgets what is only true of the open user's messages. Their rows keep it: what is not written down
    /// as sent goes again with the same client id.
    fn forget_messages(&mut self, code: ErrorCode) {
        self.unsettled.clear();
        self.forget_timed();
        for (_, replies) in self.waiting.drain() {
            for reply in replies {
                answer(reply, Err(code.into()));
            }
        }
    }

    fn logged_in(&mut self, user_id: &str, server_time: u64) {
        let server_time = i64::try_from(server_time).unwrap_or(i64::MAX);
        // A time outside this era is no clock's, and what is sent must not be sorted by it.
        if PLAUSIBLE.contains(&server_time) {
            let delta = self.shared.clock.wall().saturating_sub(server_time);
            self.shared.delta.store(delta, Ordering::Relaxed);
        } else {
            log::warn!("the server's time is {server_time} ms: not believed");
        }
        self.login += 1;
        self.login_time = server_time;
        let login = self.login;
        if self.shared.user_id().is_some_and(|open| open != user_id) {
            self.forget_messages(ErrorCode::BIZ_ERROR_CLIENT_NOT_INIT);
        }
        let opened = self.shared.open_user(user_id);
        // Opening has put what an earlier run knew in its place.
        if let Some(said) = &self.navigated {
            self.shared.set_navigation(said.clone());
        }
        match opened {
            Ok(user) => {
                let shared = self.shared.clone();
                let id = user.id.clone();
                user.store.run(
                    Durability::Read,
                    move |connection| Opened::read(connection, &id),
                    move |result| shared.send(Event::Opened { login, result }),
                );
            }
            Err(error) => {
                let event = Event::Opened { login, result: Err(error) };
                self.shared.send(event);
            }
        }
    }

    fn opened(&mut self, login: u64, result: std::result::Result<Opened, StoreError>) {
        if login != self.login {
            return;
        }
        match result {
            Ok(Opened { cursors, mut outbox, signals, states, settings }) => {
                kill::reach(Point::LoggedIn);
                self.asked.reset(states, settings);
                // What the server has answered does not go again, though the disk was full.
                outbox.retain(|waits| self.unsettled.iter().all(|(_, message, _)| *message != waits.message));
                outbox.extend(signals.outgoing);
                // Before the host hears that it is connected, and perhaps closes the client.
                self.keep_experience();
                self.input(Input::StoreReady { cursors, outbox });
                self.ask_signals(signals.questions);
                media::continue_all(&self.shared);
            }
            Err(error) => {
                log::error!("the user's store cannot be opened: {error}");
                self.input(Input::StoreUnavailable(error.code));
            }
        }
    }

    /// Keeps what this login has learned of navigation and servers for the next run.
    fn keep_experience(&self) {
        self.with_user(|user, shared| {
            let known = shared.experience.write(&shared.clock);
            user.store.run(
                Durability::Relaxed,
                move |connection| store::settings::set(connection, store::settings::NAVIGATION, &known),
                |result| {
                    if let Err(error) = result {
                        log::warn!("what is known of navigation cannot be kept: {error}");
                    }
                },
            );
        });
    }

    fn with_user(&self, run: impl FnOnce(&User, Arc<Shared>)) {
        if let Ok(user) = self.shared.user() {
            run(&user, self.shared.clone());
        }
    }

    fn close(&mut self) {
        kill::reach(Point::Closing);
        self.input(Input::Disconnect);
        self.line = None;
        kill::reach(Point::Disconnected);
        self.shared.close_user();
        let closed = || Error::new(ErrorCode::CLIENT_CLOSED);
        self.connects.drain(..).for_each(|reply| answer(reply, Err(closed())));
        self.syncs.drain(..).for_each(|reply| answer(reply, Err(closed())));
        for (_, replies) in self.waiting.drain() {
            replies.into_iter().for_each(|reply| answer(reply, Err(closed())));
        }
        self.close_asked();
    }
}

/// Server times that are believed, ms: from 2010 to 2100.
const PLAUSIBLE: std::ops::Range<i64> = 1_262_304_000_000..4_102_444_800_000;

/// The asker may have lost interest.
fn answer<T>(reply: Reply<T>, result: Result<T>) {
    let _ = reply.send(result);
}
