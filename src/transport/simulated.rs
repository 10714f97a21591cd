//! A polled line for simulations in virtual time: the real line of [`super::polling`], whose requests and WebSockets
//! are carried by its caller. Called by `cargo xtask sim` alone, never part of what ships. Knows nothing of what
//! becomes of a request on its way.

use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::http::Answer;
use super::polling::{self, Ask, Door, Poll, Purpose};
use super::{Opened, TransportEvent};
use crate::clock::Clock;
use crate::model::{ConnectionChannel, ErrorCode};
use crate::wire::polling::request::HttpRequest;
use crate::wire::{Bytes, DownFrame, UpFrame};
use crate::{runtime, timing};

/// Which of a line's connections carries a request. Each carries one at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exchange {
    /// The one that logs in.
    Login,
    /// The one that waits for frames.
    Hold,
    /// The one that sends them.
    Send,
}

/// Where an answer goes. Dropping it tells the client that its connection broke.
pub type Reply<T> = oneshot::Sender<T>;

/// What a line wants of the world, or tells it.
#[derive(Debug)]
pub enum Wish {
    /// A request is to be carried, its answer's body brought back.
    Ask(Exchange, HttpRequest, Reply<Bytes>),
    /// A WebSocket is to be opened with this token, or the client's own: its number and first frame.
    Open(Option<String>, Reply<(usize, DownFrame)>),
    /// The WebSocket of this number is closed.
    Close(usize),
    /// What a transport reports.
    Event(TransportEvent),
    /// The line goes on over this WebSocket, which brought this CONNACK and is to carry these frames first.
    Upgraded(usize, DownFrame, Vec<UpFrame>),
}

/// Opens a line and returns at once. `path` logs in, `installation` is named by every request. What the client sends
/// goes into the channel, what the line wants to `wishes`.
pub fn open(
    clock: Clock,
    path: String,
    installation: String,
    may_upgrade: bool,
    wishes: impl Fn(Wish) + Clone + Send + Sync + 'static,
) -> (UnboundedSender<UpFrame>, AbortHandle) {
    let (frames, mut outbox) = unbounded_channel();
    let task = runtime::spawn_local(async move {
        let who = (path, installation.as_str());
        if let Err(code) = run(&clock, who, may_upgrade, &mut outbox, &wishes).await {
            wishes(Wish::Event(TransportEvent::Lost(code)));
        }
    });
    (frames, task)
}

async fn run(
    clock: &Clock,
    (path, installation): (String, &str),
    may_upgrade: bool,
    outbox: &mut UnboundedReceiver<UpFrame>,
    wishes: &(impl Fn(Wish) + Clone + Send + Sync),
) -> Result<(), ErrorCode> {
    let carried = |exchange| Carried { exchange, wishes: wishes.clone() };
    let mut login = carried(Exchange::Login);
    let (connack, session) = polling::greet(&mut login, path).await?;
    wishes(Wish::Event(TransportEvent::Opened(opened(ConnectionChannel::XhrPolling))));
    wishes(Wish::Event(TransportEvent::Frame(connack)));
    let session = session.ok_or(ErrorCode::SOCKET_CLOSED_BY_PEER)?;
    let poll = Poll::new(clock, installation, session);
    let door = Sockets { wishes: wishes.clone() };
    let exchange = |purpose| carried(if purpose == Purpose::Hold { Exchange::Hold } else { Exchange::Send });
    let report = |event| wishes(Wish::Event(event));
    let (mut socket, connack) = poll.run(exchange, outbox, &report, may_upgrade.then_some(&door)).await?;
    let mut kept = poll.kept_back();
    while let Ok(frame) = outbox.try_recv() {
        kept.push(frame);
    }
    if let Some(number) = socket.number.take() {
        wishes(Wish::Upgraded(number, connack, kept));
    }
    Ok(())
}

/// What a line of this kind says when it opens.
pub fn opened(channel: ConnectionChannel) -> Opened {
    Opened { channel, heartbeat: channel == ConnectionChannel::Websocket, dedupe: true, history: true }
}

struct Carried<W> {
    exchange: Exchange,
    wishes: W,
}

impl<W: Fn(Wish) + Send> Ask for Carried<W> {
    async fn ask(&mut self, request: &HttpRequest, limit: u64) -> Result<Answer, ErrorCode> {
        let (reply, answer) = oneshot::channel();
        (self.wishes)(Wish::Ask(self.exchange, request.clone(), reply));
        match timeout(Duration::from_millis(limit), answer).await {
            Ok(Ok(body)) => Ok(Answer { status: 200, body }),
            Ok(Err(_)) => Err(ErrorCode::RC_HTTP_RECV_FAIL),
            Err(_) => Err(ErrorCode::RC_HTTP_REQ_TIMEOUT),
        }
    }
}

struct Sockets<W> {
    wishes: W,
}

/// A WebSocket of the world's.
struct Socket<W: Fn(Wish)> {
    number: Option<usize>,
    wishes: W,
}

impl<W: Fn(Wish)> Drop for Socket<W> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            (self.wishes)(Wish::Close(number));
        }
    }
}

impl<W: Fn(Wish) + Clone + Send + Sync> Door for Sockets<W> {
    type Socket = Socket<W>;

    async fn greeted(&self, token: Option<&str>) -> Option<(Socket<W>, DownFrame)> {
        let (reply, answer) = oneshot::channel();
        (self.wishes)(Wish::Open(token.map(str::to_owned), reply));
        // Its opening and its first frame have that long each.
        let (number, connack) =
            timeout(Duration::from_millis(2 * timing::UPGRADE_LIMIT), answer).await.ok()?.ok()?;
        let socket = Socket { number: Some(number), wishes: self.wishes.clone() };
        matches!(connack, DownFrame::ConnAck(_)).then_some((socket, connack))
    }
}
