//! The transport of real clients: which line is tried when. WebSocket first; where a server can be reached and
//! only the upgrade fails, long polling at once; from there back to WebSocket as soon as that lets frames
//! through, without the session noticing more than a new CONNACK.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use super::address::Address;
use super::connector::Dialer;
use super::http::Exchange;
use super::navigation::Navigation;
use super::polling::{self, Door, Poll};
use super::servers::{Directory, Experience, Servers};
use super::websocket::{self, Failure, Open, Received, Socket};
use super::{Events, Line, Opened, Opening, Transport, TransportEvent, UnreadAnswer, http};
use crate::clock::Clock;
use crate::model::{ConnectionChannel, ConnectionStatus, ErrorCode};
use crate::session::Generation;
use crate::wire::url::Identity;
use crate::wire::{DownFrame, UpFrame};
use crate::{runtime, timing};

/// WebSockets in a row that ended without a word, after which they count as useless.
const MAX_WORDLESS: u32 = 3;

/// Opens lines to the servers that navigation names.
#[derive(Clone)]
pub struct NetTransport {
    shared: Arc<Shared>,
}

struct Shared {
    servers: Servers,
    /// The only channel allowed, if one is.
    forced: Option<ConnectionChannel>,
    /// How a probe of the host's is reached, which may be anybody's.
    probing: Dialer,
    fortune: Mutex<Fortune>,
}

/// How WebSockets have fared.
#[derive(Default)]
struct Fortune {
    /// In a row, how many ended without a word.
    wordless: u32,
    /// Polling comes first until then, monotonic ms.
    polling_until: u64,
}

impl NetTransport {
    /// A transport for one identity. `navigation_urls`, separated by commas, are `http://…` or `https://…`; without
    /// a scheme https. `dialers`: to the servers, and to whatever a host wants probed. `forced` allows one channel
    /// only. `experience` is the client's.
    ///
    /// # Errors
    /// [`ErrorCode::NAVI_URL_INVALID`].
    pub fn new(
        navigation_urls: &str,
        identity: Identity,
        (dialer, probing): (Dialer, Dialer),
        clock: Clock,
        forced: Option<ConnectionChannel>,
        experience: Experience,
    ) -> Result<Self, ErrorCode> {
        let servers = Servers::new(navigation_urls, identity, dialer, clock, experience)?;
        Ok(Self { shared: Arc::new(Shared { servers, forced, probing, fortune: Mutex::default() }) })
    }
}

impl Transport for NetTransport {
    fn open(&self, generation: Generation, how: Opening, events: Events) -> Box<dyn Line> {
        self.shared.servers.on(how.network);
        let (frames, outbox) = unbounded_channel();
        let shared = self.shared.clone();
        let task = runtime::spawn_local(async move {
            let report = |event| events(generation, event);
            let code = shared.attempt(how, outbox, &report).await;
            let seen = shared.servers.dialer.signs.take();
            if let Some(pause) = seen.retry_after {
                report(TransportEvent::RetryAfter(pause));
            }
            if seen.down {
                report(TransportEvent::Down);
            }
            report(TransportEvent::Lost(code));
        });
        Box::new(NetLine { frames, task })
    }

    fn has_unread(&self, done: UnreadAnswer) {
        let shared = self.shared.clone();
        runtime::spawn_local(async move { shared.servers.has_unread(done).await });
    }
}

struct NetLine {
    frames: UnboundedSender<UpFrame>,
    task: AbortHandle,
}

impl Line for NetLine {
    fn send(&self, frame: UpFrame) {
        // A line that has ended reports it; what is sent into it meanwhile is lost like on any wire.
        let _ = self.frames.send(frame);
    }
}

impl Drop for NetLine {
    fn drop(&mut self) {
        self.task.abort();
    }
}

type Outbox = UnboundedReceiver<UpFrame>;

impl Shared {
    /// One attempt, if what the host wants asked first is there. Returns why it ended.
    async fn attempt(
        &self,
        how: Opening,
        mut outbox: Outbox,
        report: &(impl Fn(TransportEvent) + Sync),
    ) -> ErrorCode {
        // What was seen before, by questions that no line needs, is not this attempt's.
        self.servers.dialer.signs.take();
        let report = &|event| {
            if matches!(&event, TransportEvent::Frame(DownFrame::ConnAck(ack)) if ack.accepted.is_none()) {
                // Perhaps navigation knows others by now.
                self.servers.forget_navigation();
            }
            report(event);
        };
        match &how.probe {
            Some(probe) if !http::is_there(probe, &self.probing).await => ErrorCode::RC_NET_UNAVAILABLE,
            _ => {
                let recalled = !how.fresh_navigation && self.servers.is_recalled();
                let mut ended = self.run(how.fresh_navigation, &mut outbox, report).await;
                if ended.is_err() && recalled {
                    // What an earlier run knew is no more than a guess: navigation is asked before that counts.
                    ended = self.run(true, &mut outbox, report).await;
                }
                ended.unwrap_or_else(|failure| failure.code)
            }
        }
    }

    /// The line is open: whatever was refused on the way makes no difference any more.
    fn open(&self, channel: ConnectionChannel, directory: &Directory, report: &impl Fn(TransportEvent)) {
        self.servers.dialer.signs.take();
        let navigation = &directory.navigation;
        report(TransportEvent::Navigated(Arc::new(navigation.info.clone())));
        report(TransportEvent::Opened(opened(channel, navigation)));
    }

    /// The whole life of a line. Returns why it ended, or that none opened.
    async fn run(
        &self,
        fresh: bool,
        outbox: &mut Outbox,
        report: &(impl Fn(TransportEvent) + Sync),
    ) -> Result<ErrorCode, Failure> {
        let code = match self.forced {
            Some(ConnectionChannel::Websocket) => self.websocket(fresh, outbox, report).await,
            Some(ConnectionChannel::XhrPolling) => self.polling(fresh, outbox, report).await.map_err(failed),
            None if self.polling_comes_first() => match self.polling(fresh, outbox, report).await {
                Ok(code) => Ok(code),
                Err(_) => self.websocket(fresh, outbox, report).await,
            },
            None => match self.websocket(fresh, outbox, report).await {
                Err(failure) if failure.reached => {
                    self.rest_websocket();
                    report(TransportEvent::Navigation(ConnectionStatus::WebsocketUnavailable));
                    // If that fails too, the first failure says more.
                    self.polling(fresh, outbox, report).await.map_err(|_| failure)
                }
                other => other,
            },
        };
        if code.is_err() {
            self.servers.forget_navigation();
        }
        code
    }

    fn fortune(&self) -> MutexGuard<'_, Fortune> {
        self.fortune.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn polling_comes_first(&self) -> bool {
        self.servers.clock.monotonic() < self.fortune().polling_until
    }

    fn rest_websocket(&self) {
        let until = self.servers.clock.monotonic() + timing::WEBSOCKET_REST;
        *self.fortune() = Fortune { wordless: 0, polling_until: until };
    }

    /// A WebSocket from its opening to its end; an error if it did not open.
    async fn websocket(
        &self,
        fresh: bool,
        outbox: &mut Outbox,
        report: &(impl Fn(TransportEvent) + Sync),
    ) -> Result<ErrorCode, Failure> {
        let channel = ConnectionChannel::Websocket;
        let directory = self.servers.navigate(channel, fresh, report).await.map_err(failed)?;
        let standing_by = self.forced.is_none();
        let limit = if standing_by { timing::UPGRADE_LIMIT } else { timing::OPEN_LIMIT };
        let open = websocket::open(&self.servers, &directory, limit, standing_by).await?;
        self.open(channel, &directory, report);
        let Open { address, socket, first } = open;
        Ok(self.carry(&address, (socket, first), Vec::new(), outbox, report, false).await)
    }

    /// Carries frames over a WebSocket and learns from how it fares. `heard`: it has brought a frame already.
    async fn carry(
        &self,
        address: &Address,
        (socket, first): (Socket, Option<Received>),
        early: Vec<UpFrame>,
        outbox: &mut Outbox,
        report: &(impl Fn(TransportEvent) + Sync),
        heard: bool,
    ) -> ErrorCode {
        let (opened, came) = (self.servers.clock.monotonic(), AtomicBool::new(heard));
        let mut first_word = FirstWord { shared: self, address, opened, came, ended: false };
        let code = websocket::carry(socket, first, early, outbox, |event| {
            first_word.comes();
            report(event);
        });
        let code = code.await;
        first_word.ended = true;
        code
    }

    /// A polled session from its login to its end, as a WebSocket at last if that works again; an error if
    /// nobody answered the login.
    async fn polling(
        &self,
        fresh: bool,
        outbox: &mut Outbox,
        report: &(impl Fn(TransportEvent) + Sync),
    ) -> Result<ErrorCode, ErrorCode> {
        let channel = ConnectionChannel::XhrPolling;
        let directory = self.servers.navigate(channel, fresh, report).await?;
        let login = polling::log_in(&self.servers, &directory).await?;
        let navigation = &directory.navigation;
        self.open(channel, &directory, report);
        report(TransportEvent::Frame(login.connack));
        let Some(session) = login.session else { return Ok(ErrorCode::SOCKET_CLOSED_BY_PEER) };
        let poll = Poll::new(&self.servers.clock, &self.servers.identity.installation, session);
        let exchange = |_| Exchange::new(&login.address, &self.servers.dialer);
        // What refuses an upgrade says nothing about the line that is polled.
        let dialer = self.servers.dialer.aside();
        let door = Upgrades { servers: &self.servers, dialer, address: &login.address };
        let door = self.forced.is_none().then_some(&door);
        let (socket, connack) = match poll.run(exchange, outbox, report, door).await {
            Ok(upgraded) => upgraded,
            Err(code) => return Ok(code),
        };
        log::info!("WebSocket works again");
        *self.fortune() = Fortune::default();
        report(TransportEvent::Upgraded(opened(ConnectionChannel::Websocket, navigation)));
        report(TransportEvent::Frame(connack));
        Ok(self.carry(&login.address, (socket, None), poll.kept_back(), outbox, report, true).await)
    }
}

/// WebSockets to a server that is polled.
struct Upgrades<'a> {
    servers: &'a Servers,
    dialer: Dialer,
    address: &'a Address,
}

impl Door for Upgrades<'_> {
    type Socket = Socket;

    async fn greeted(&self, token: Option<&str>) -> Option<(Socket, DownFrame)> {
        let limit = timing::UPGRADE_LIMIT;
        let opened = websocket::open_at(self.servers, &self.dialer, self.address, token, limit).await;
        let mut socket = opened.ok()?;
        match websocket::first_frame(&mut socket, limit).await {
            Some(connack @ DownFrame::ConnAck(_)) => Some((socket, connack)),
            _ => None,
        }
    }
}

/// Waits for the first word of a WebSocket, and draws the conclusions: when it comes, or when the line ends without it.
struct FirstWord<'a> {
    shared: &'a Shared,
    address: &'a Address,
    /// When the line opened, monotonic ms.
    opened: u64,
    came: AtomicBool,
    /// The line has ended by itself. If not, the session has dropped it, as it does with one that stays mute.
    ended: bool,
}

impl FirstWord<'_> {
    fn comes(&self) {
        if !self.came.swap(true, Ordering::Relaxed) {
            self.shared.servers.works(self.address);
            self.shared.fortune().wordless = 0;
        }
    }
}

impl Drop for FirstWord<'_> {
    fn drop(&mut self) {
        let mute = self.shared.servers.clock.monotonic().saturating_sub(self.opened) >= timing::MUTE_AFTER;
        // A session that leaves early has not given it the time.
        if self.came.load(Ordering::Relaxed) || !(self.ended || mute) {
            return;
        }
        self.shared.servers.failed(self.address);
        if mute {
            self.shared.servers.forget_navigation();
        }
        let wordless = {
            let mut fortune = self.shared.fortune();
            fortune.wordless += 1;
            fortune.wordless
        };
        if mute || wordless >= MAX_WORDLESS {
            self.shared.rest_websocket();
        }
    }
}

fn failed(code: ErrorCode) -> Failure {
    Failure { code, reached: false }
}

fn opened(channel: ConnectionChannel, navigation: &Navigation) -> Opened {
    Opened {
        channel,
        heartbeat: channel == ConnectionChannel::Websocket,
        dedupe: navigation.dedupe,
        history: navigation.info.history,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Route;

    fn shared(clock: &Clock) -> Arc<Shared> {
        let dialer = || Dialer::new(Route::default()).unwrap();
        let identity = Identity {
            app_key: "app".into(),
            token: "token".into(),
            installation: "installation".into(),
            platform: "desktop",
        };
        let (dialers, experience) = ((dialer(), dialer()), Experience::default());
        NetTransport::new("http://a", identity, dialers, clock.clone(), None, experience).unwrap().shared
    }

    /// How a WebSocket fares: whether its first word comes, how long it lives, and whether it ends by itself.
    fn live(shared: &Shared, clock: &Clock, (word, lifetime, ended): (bool, u64, bool)) {
        let address = Address::parse_server("a", false).unwrap();
        let (opened, came) = (clock.monotonic(), AtomicBool::new(false));
        let mut first_word = FirstWord { shared, address: &address, opened, came, ended: false };
        if word {
            first_word.comes();
        }
        clock.advance(lifetime);
        first_word.ended = ended;
    }

    /// Whether polling comes first after WebSockets that fared so.
    fn rests(lives: &[(bool, u64, bool)]) -> bool {
        let clock = Clock::manual(0);
        let shared = shared(&clock);
        lives.iter().for_each(|fate| live(&shared, &clock, *fate));
        shared.polling_comes_first()
    }

    #[test]
    fn three_ends_in_a_row_without_a_word_are_a_blocked_websocket() {
        let (early, good, left) = ((false, 10, true), (true, 10, true), (false, 10, false));
        assert!(rests(&[early, early, early]));
        assert!(!rests(&[early, early]));
        assert!(!rests(&[early, early, good, early, early]), "in a row");
        assert!(!rests(&[early, early, (true, 10, false), early, early]), "whoever ends the good one");
        assert!(rests(&[early, early, left, early]), "what the session left early says nothing");
        assert!(!rests(&[left, left, left]));
    }

    #[test]
    fn one_that_stays_mute_is_enough() {
        for ended in [false, true] {
            assert!(rests(&[(false, timing::MUTE_AFTER, ended)]));
            assert!(!rests(&[(true, timing::MUTE_AFTER, ended)]));
            assert!(!rests(&[(false, timing::MUTE_AFTER - 1, ended)]));
        }
        let clock = Clock::manual(0);
        let shared = shared(&clock);
        live(&shared, &clock, (false, timing::MUTE_AFTER, false));
        clock.advance(timing::WEBSOCKET_REST - 1);
        assert!(shared.polling_comes_first());
        clock.advance(1);
        assert!(!shared.polling_comes_first());
    }
}
