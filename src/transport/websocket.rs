//! WebSocket: the first server that opens, then frames both ways, one in each binary message. Which line is
//! tried when is decided elsewhere.

use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message, protocol::WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::TransportEvent;
use super::address::Address;
use super::connector::{Dialer, Stream, connect};
use super::gathered::Gathered;
use super::servers::{Directory, Servers};
use crate::clock::Stopwatch;
use crate::kill::Written;
use crate::model::ErrorCode;
use crate::timing;
use crate::wire::{ConnAck, DownFrame, UpFrame};

/// Largest frame taken from a server: a full page of the largest messages.
const MAX_FRAME: usize = 32 << 20;
/// What is read at a time, and kept for it as long as the line lives: the library's 128 KiB are a sixth of a client.
const READ_BUFFER: usize = 16 << 10;

pub(super) type Socket = WebSocketStream<Gathered<Stream>>;

/// Why no WebSocket opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: ErrorCode,
    /// Whether a server could be reached all the same, so that only the upgrade failed.
    pub(super) reached: bool,
}

/// What a socket has brought.
pub(super) type Received = Option<Result<Message, Error>>;

/// An open WebSocket.
pub(super) struct Open {
    pub(super) address: Address,
    pub(super) socket: Socket,
    /// What it brought first, if that was waited for.
    pub(super) first: Option<Received>,
}

/// Opens a WebSocket to the first server that lets it. Each upgrade may take `limit` ms. Where another channel
/// is `standing_by`, all of them together have [`timing::UPGRADES_LIMIT`] once one server was reached. As long as there is
/// another way, a server has to speak, too, and one that takes nobody or ends the line at once is passed over; if they
/// all are, the last one's word counts.
pub(super) async fn open(
    servers: &Servers,
    directory: &Directory,
    limit: u64,
    standing_by: bool,
) -> Result<Open, Failure> {
    let mut contest = servers.contest(directory);
    let mut failure: Option<Failure> = None;
    let mut passed_over: Option<Open> = None;
    let mut begun = Stopwatch::start();
    loop {
        let left = match failure {
            Some(failure) if failure.reached && standing_by => {
                timing::UPGRADES_LIMIT.saturating_sub(begun.elapsed())
            }
            _ => u64::MAX,
        };
        let attempt = async {
            let address = contest.next().await.map_err(|code| Failure { code, reached: false })?;
            if failure.is_none() {
                begun = Stopwatch::start();
            }
            let result = match open_at(servers, &servers.dialer, &address, None, limit).await {
                Ok(socket) => {
                    let left = timing::UPGRADES_LIMIT.saturating_sub(begun.elapsed());
                    let patience = match (standing_by, contest.has_more()) {
                        (true, _) => Some(left.min(timing::UPGRADE_LIMIT)),
                        (false, true) => Some(timing::MUTE_AFTER),
                        // For ever: there is no other way.
                        (false, false) => None,
                    };
                    greet(&address, socket, patience).await
                }
                Err(failure) => Err(failure),
            };
            if result
                .as_ref()
                .map_or(true, |open| open.takes_nobody() || open.has_ended() && contest.has_more())
            {
                servers.failed(&address);
            }
            Ok::<_, Failure>(result)
        };
        match timeout(Duration::from_millis(left), attempt).await {
            Ok(Ok(Ok(open))) if open.takes_nobody() || open.has_ended() => {
                log::info!("{} takes nobody at present", open.address.authority());
                passed_over = Some(open);
            }
            Ok(Ok(Ok(open))) => return Ok(open),
            Ok(Ok(Err(Failure { code, reached }))) => {
                failure = Some(Failure { code, reached: reached || failure.is_some_and(|it| it.reached) });
            }
            // No server is left: what the last one said counts, if there was one.
            Ok(Err(none)) => return passed_over.ok_or(failure.unwrap_or(none)),
            Err(_) => {
                return passed_over.ok_or(
                    failure.unwrap_or(Failure { code: ErrorCode::RC_SOCKET_NOT_CREATED, reached: true }),
                );
            }
        }
    }
}

impl Open {
    /// Whether the server has refused the client for reasons of its own: CONNACK 3.
    pub(super) fn takes_nobody(&self) -> bool {
        let Some(Some(Ok(Message::Binary(bytes)))) = &self.first else { return false };
        matches!(DownFrame::decode(bytes.clone()), Ok(DownFrame::ConnAck(ack)) if is_unavailable(&ack))
    }

    /// Whether it has ended without a word.
    fn has_ended(&self) -> bool {
        matches!(&self.first, Some(None | Some(Err(_) | Ok(Message::Close(_)))))
    }
}

/// Whether a CONNACK says that the server takes nobody at present.
pub(super) fn is_unavailable(connack: &ConnAck) -> bool {
    connack.status == 3
}

/// Waits for the server's first word for so many milliseconds.
async fn greet(address: &Address, mut socket: Socket, patience: Option<u64>) -> Result<Open, Failure> {
    let address = address.clone();
    let Some(patience) = patience else { return Ok(Open { address, socket, first: None }) };
    match timeout(Duration::from_millis(patience), socket.next()).await {
        Ok(first) => Ok(Open { address, socket, first: Some(first) }),
        Err(_) => {
            log::info!("{} says nothing over WebSocket", address.authority());
            Err(Failure { code: ErrorCode::RC_CONN_ACK_TIMEOUT, reached: true })
        }
    }
}

/// Opens a WebSocket to one server, with the login's token or another.
pub(super) async fn open_at(
    servers: &Servers,
    dialer: &Dialer,
    address: &Address,
    token: Option<&str>,
    limit: u64,
) -> Result<Socket, Failure> {
    let stream = connect(address, dialer).await.map_err(|code| Failure { code, reached: false })?;
    let scheme = if address.secure { "wss" } else { "ws" };
    let url = format!("{scheme}://{}{}", address.authority(), servers.connect_path(token));
    let config = WebSocketConfig::default().max_message_size(Some(MAX_FRAME)).max_frame_size(Some(MAX_FRAME));
    let config = config.read_buffer_size(READ_BUFFER);
    let upgrade = client_async_with_config(url, Gathered::new(stream), Some(config));
    match timeout(Duration::from_millis(limit), upgrade).await {
        Ok(Ok((socket, _))) => return Ok(socket),
        Ok(Err(error)) => {
            if let Error::Http(answer) = &error {
                dialer.signs.answered(answer.status().as_u16(), answer.headers());
            }
            // The error's words may hold the URL, and with it the token: only its kind is logged.
            log::info!("{} does not upgrade to WebSocket: {}", address.authority(), kind(&error));
        }
        Err(_) => log::info!("{} does not answer the upgrade to WebSocket", address.authority()),
    }
    Err(Failure { code: ErrorCode::RC_SOCKET_NOT_CREATED, reached: true })
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::Io(_) => "input or output failed",
        Error::Http(_) | Error::HttpFormat(_) => "an HTTP answer of another kind",
        Error::Protocol(_) => "a protocol violation",
        _ => "an unexpected answer",
    }
}

/// The first frame, if it comes within `limit` ms and is one.
pub(super) async fn first_frame(socket: &mut Socket, limit: u64) -> Option<DownFrame> {
    match timeout(Duration::from_millis(limit), socket.next()).await {
        Ok(Some(Ok(Message::Binary(bytes)))) => DownFrame::decode(bytes).ok(),
        _ => None,
    }
}

/// Carries frames both ways, what was received `first` and those of `early` first, until the line ends. Returns why
/// it ended.
pub(super) async fn carry(
    socket: Socket,
    first: Option<Received>,
    early: Vec<UpFrame>,
    outbox: &mut UnboundedReceiver<UpFrame>,
    report: impl Fn(TransportEvent),
) -> ErrorCode {
    let (sink, stream) = socket.split();
    tokio::select! {
        code = write(sink, early, outbox) => code,
        code = read(stream, first, report) => code,
    }
}

async fn write(
    mut sink: SplitSink<Socket, Message>,
    early: Vec<UpFrame>,
    outbox: &mut UnboundedReceiver<UpFrame>,
) -> ErrorCode {
    let mut next = early;
    loop {
        let mut written = Written::default();
        for frame in next.drain(..) {
            written.note(&frame);
            if !feed(&mut sink, &frame).await {
                return ErrorCode::RC_MSG_SEND_FAIL;
            }
        }
        if sink.flush().await.is_err() {
            return ErrorCode::RC_MSG_SEND_FAIL;
        }
        written.flushed();
        // What waits already leaves in the same write.
        if outbox.recv_many(&mut next, usize::MAX).await == 0 {
            break;
        }
    }
    // The line was dropped: say goodbye the WebSocket way.
    let _ = sink.close().await;
    ErrorCode::RC_SOCKET_DISCONNECTED
}

async fn feed(sink: &mut SplitSink<Socket, Message>, frame: &UpFrame) -> bool {
    match frame.encode() {
        Ok(bytes) => sink.feed(Message::Binary(bytes)).await.is_ok(),
        Err(error) => {
            log::error!("a frame cannot be written: {error}");
            true
        }
    }
}

async fn read(
    mut stream: SplitStream<Socket>,
    mut first: Option<Received>,
    report: impl Fn(TransportEvent),
) -> ErrorCode {
    loop {
        let received = match first.take() {
            Some(first) => first,
            None => stream.next().await,
        };
        match received {
            Some(Ok(Message::Binary(bytes))) => match DownFrame::decode(bytes) {
                Ok(frame) => report(TransportEvent::Frame(frame)),
                Err(error) => {
                    log::warn!("a malformed frame: {error}");
                    report(TransportEvent::Garbage);
                }
            },
            Some(Ok(Message::Text(_))) => {
                log::warn!("a text message instead of a frame");
                report(TransportEvent::Garbage);
            }
            Some(Ok(Message::Close(_))) => return ErrorCode::SOCKET_CLOSED_BY_PEER,
            Some(Ok(_)) => {}
            Some(Err(_)) => return ErrorCode::RC_SOCKET_DISCONNECTED,
            None => return ErrorCode::SOCKET_CLOSED_BY_PEER,
        }
    }
}
