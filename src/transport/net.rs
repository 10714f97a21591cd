//! The transport of real clients: which line is tried when. WebSocket first; where a server can be reached and
//! only the upgrade fails, long polling at once; from there back to WebSocket as soon as that lets frames
//! through, without the session noticing more than a new CONNACK.

use std::sync::{Arc, Mutex, PoisonError};

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

/// WebSockets in a row that ended before their first frame, after which they count as useless.
const MAX_STILLBORN: u32 = 3;

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
    stillborn: u32,
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

    fn polling_comes_first(&self) -> bool {
        let fortune = self.fortune.lock().unwrap_or_else(PoisonError::into_inner);
        self.servers.clock.monotonic() < fortune.polling_until
    }

    fn rest_websocket(&self) {
        let until = self.servers.clock.monotonic() + timing::WEBSOCKET_REST;
        let mut fortune = self.fortune.lock().unwrap_or_else(PoisonError::into_inner);
        *fortune = Fortune { stillborn: 0, polling_until: until };
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
        let at = self.servers.clock.monotonic();
        let mut birth = Birth { shared: self, address, at, heard: Mutex::new(heard), ended: false };
        let code = websocket::carry(socket, first, early, outbox, |event| {
            birth.hears();
            report(event);
        });
        let code = code.await;
        birth.ended_by_itself();
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
        *self.fortune.lock().unwrap_or_else(PoisonError::into_inner) = Fortune::default();
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

/// The beginning of a WebSocket, until it has brought something.
struct Birth<'a> {
    shared: &'a Shared,
    address: &'a Address,
    at: u64,
    heard: Mutex<bool>,
    /// It has ended by itself.
    ended: bool,
}

impl Birth<'_> {
    fn hears(&self) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut *heard, true) {
            self.shared.servers.works(self.address);
        }
    }

    fn ended_by_itself(&mut self) {
        self.ended = true;
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let mut fortune = self.shared.fortune.lock().unwrap_or_else(PoisonError::into_inner);
        fortune.stillborn = if heard { 0 } else { fortune.stillborn + 1 };
        let useless = fortune.stillborn >= MAX_STILLBORN;
        drop(fortune);
        if useless {
            self.shared.rest_websocket();
        }
    }
}

impl Drop for Birth<'_> {
    /// The session gives up a line that stays mute by dropping it.
    fn drop(&mut self) {
        let heard = *self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let age = self.shared.servers.clock.monotonic().saturating_sub(self.at);
        let mute = !heard && age >= timing::MUTE_AFTER;
        if mute || (!heard && self.ended) {
            self.shared.servers.failed(self.address);
        }
        if mute {
            self.shared.servers.forget_navigation();
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
