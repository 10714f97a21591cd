//! WebSocket: the first server that opens, then frames both ways, one in each binary message. Which line is
//! tried when is decided elsewhere.

use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, protocol::WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::TransportEvent;
use super::address::Address;
use super::connector::{Stream, connect};
use super::gathered::Gathered;
use super::servers::{Directory, Servers};
use crate::clock::Stopwatch;
use crate::kill::Written;
use crate::model::ErrorCode;
use crate::wire::{DownFrame, UpFrame};

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

/// Opens a WebSocket to the first server that lets it. Each upgrade may take `limit` ms. Where another channel
/// is `standing_by`, all of them together may, once one server was reached.
pub(super) async fn open(
    servers: &Servers,
    directory: &Directory,
    limit: u64,
    standing_by: bool,
) -> Result<(Address, Socket), Failure> {
    let mut contest = servers.contest(directory);
    let mut failure: Option<Failure> = None;
    let mut begun = Stopwatch::start();
    loop {
        let left = match failure {
            Some(failure) if failure.reached && standing_by => limit.saturating_sub(begun.elapsed()),
            _ => u64::MAX,
        };
        let attempt = async {
            let address = contest.next().await.map_err(|code| Failure { code, reached: false })?;
            if failure.is_none() {
                begun = Stopwatch::start();
            }
            let result = open_at(servers, &address, None, limit).await;
            if result.is_err() {
                servers.failed(&address);
            }
            Ok::<_, Failure>(result.map(|socket| (address, socket)))
        };
        match timeout(Duration::from_millis(left), attempt).await {
            Ok(Ok(Ok(opened))) => return Ok(opened),
            Ok(Ok(Err(Failure { code, reached }))) => {
                failure = Some(Failure { code, reached: reached || failure.is_some_and(|it| it.reached) });
            }
            // No server is left: what the last one said counts, if there was one.
            Ok(Err(none)) => return Err(failure.unwrap_or(none)),
            Err(_) => {
                return Err(
                    failure.unwrap_or(Failure { code: ErrorCode::RC_SOCKET_NOT_CREATED, reached: true })
                );
            }
        }
    }
}

/// Opens a WebSocket to one server, with the login's token or another.
pub(super) async fn open_at(
    servers: &Servers,
    address: &Address,
    token: Option<&str>,
    limit: u64,
) -> Result<Socket, Failure> {
    let stream = connect(address, &servers.dialer).await.map_err(|code| Failure { code, reached: false })?;
    let scheme = if address.secure { "wss" } else { "ws" };
    let url = format!("{scheme}://{}{}", address.authority(), servers.connect_path(token));
    let config = WebSocketConfig::default().max_message_size(Some(MAX_FRAME)).max_frame_size(Some(MAX_FRAME));
    let config = config.read_buffer_size(READ_BUFFER);
    let upgrade = client_async_with_config(url, Gathered::new(stream), Some(config));
    match timeout(Duration::from_millis(limit), upgrade).await {
        Ok(Ok((socket, _))) => return Ok(socket),
        Ok(Err(error)) => {
            // The error's words may hold the URL, and with it the token: only its kind is logged.
            log::info!("{} does not upgrade to WebSocket: {}", address.authority(), kind(&error));
        }
        Err(_) => log::info!("{} does not answer the upgrade to WebSocket", address.authority()),
    }
    Err(Failure { code: ErrorCode::RC_SOCKET_NOT_CREATED, reached: true })
}

fn kind(error: &tokio_tungstenite::tungstenite::Error) -> &'static str {
    use tokio_tungstenite::tungstenite::Error;
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

/// Carries frames both ways, those of `early` first, until the line ends. Returns why it ended.
pub(super) async fn carry(
    socket: Socket,
    early: Vec<UpFrame>,
    outbox: &mut UnboundedReceiver<UpFrame>,
    report: impl Fn(TransportEvent),
) -> ErrorCode {
    let (sink, stream) = socket.split();
    tokio::select! {
        code = write(sink, early, outbox) => code,
        code = read(stream, report) => code,
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

async fn read(mut stream: SplitStream<Socket>, report: impl Fn(TransportEvent)) -> ErrorCode {
    loop {
        match stream.next().await {
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
