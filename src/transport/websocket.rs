//! WebSocket: navigation, the first server that opens, then frames both ways.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Message, protocol::WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::address::Address;
use super::connector::{Dialer, Stream, connect};
use super::navigation::{self, Navigation};
use super::{Events, Line, Opened, Transport, TransportEvent, UnreadAnswer};
use crate::clock::Clock;
use crate::kill::Written;
use crate::model::{ConnectionChannel, ErrorCode};
use crate::runtime;
use crate::session::Generation;
use crate::timing;
use crate::wire::url::{self, Identity};
use crate::wire::{DownFrame, UpFrame};

/// Largest frame taken from a server: a full page of the largest messages.
const MAX_FRAME: usize = 32 << 20;
/// How long a navigation answer is good, ms.
const NAVIGATION_LIFETIME: u64 = 2 * 60 * 60 * 1000;

type Socket = WebSocketStream<Stream>;

/// Opens WebSockets to the servers that navigation names.
#[derive(Clone)]
pub struct WebSocketTransport {
    shared: Arc<Shared>,
}

struct Shared {
    navigation: Address,
    identity: Identity,
    dialer: Dialer,
    clock: Clock,
    cache: Mutex<Option<(u64, Navigation)>>,
}

impl WebSocketTransport {
    /// A transport for one identity. `navigation_url` is `http://…` or `https://…`; without a scheme it is
    /// https.
    ///
    /// # Errors
    /// [`ErrorCode::NAVI_URL_INVALID`].
    pub fn new(
        navigation_url: &str,
        identity: Identity,
        dialer: Dialer,
        clock: Clock,
    ) -> Result<Self, ErrorCode> {
        let navigation = Address::parse_navigation(navigation_url).ok_or(ErrorCode::NAVI_URL_INVALID)?;
        let cache = Mutex::new(None);
        Ok(Self { shared: Arc::new(Shared { navigation, identity, dialer, clock, cache }) })
    }
}

impl Transport for WebSocketTransport {
    fn open(&self, generation: Generation, fresh_navigation: bool, events: Events) -> Box<dyn Line> {
        let (frames, outbox) = unbounded_channel();
        let shared = self.shared.clone();
        let task = runtime::spawn_local(async move {
            let report = |event| events(generation, event);
            let code = run(&shared, fresh_navigation, outbox, report).await;
            events(generation, TransportEvent::Lost(code));
        });
        Box::new(WebSocketLine { frames, task })
    }

    fn has_unread(&self, done: UnreadAnswer) {
        let shared = self.shared.clone();
        runtime::spawn_local(async move {
            let wall = shared.clock.wall().unsigned_abs();
            done(navigation::has_unread(&shared.navigation, &shared.identity, wall, &shared.dialer).await);
        });
    }
}

struct WebSocketLine {
    frames: UnboundedSender<UpFrame>,
    task: AbortHandle,
}

impl Line for WebSocketLine {
    fn send(&self, frame: UpFrame) {
        // A line that has ended reports it; what is sent into it meanwhile is lost like on any wire.
        let _ = self.frames.send(frame);
    }
}

impl Drop for WebSocketLine {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The whole life of a line. Returns why it ended.
async fn run(
    shared: &Shared,
    fresh: bool,
    outbox: UnboundedReceiver<UpFrame>,
    report: impl Fn(TransportEvent),
) -> ErrorCode {
    let navigation = match shared.navigate(fresh, &report).await {
        Ok(navigation) => navigation,
        Err(code) => return code,
    };
    let socket = match shared.first_that_opens(&navigation).await {
        Ok(socket) => socket,
        Err(code) => {
            // Perhaps the servers moved: the next attempt asks again.
            shared.forget_navigation();
            return code;
        }
    };
    report(TransportEvent::Opened(Opened {
        channel: ConnectionChannel::Websocket,
        heartbeat: true,
        dedupe: navigation.dedupe,
        history: navigation.history,
    }));
    let (sink, stream) = socket.split();
    tokio::select! {
        code = write(sink, outbox) => code,
        code = read(stream, report) => code,
    }
}

impl Shared {
    async fn navigate(&self, fresh: bool, report: &impl Fn(TransportEvent)) -> Result<Navigation, ErrorCode> {
        let now = self.clock.monotonic();
        let cached = self.cache.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((until, navigation)) = cached.filter(|_| !fresh)
            && now < until
        {
            return Ok(navigation);
        }
        let wall = self.clock.wall().unsigned_abs();
        let navigation =
            navigation::fetch(&self.navigation, &self.identity, wall, &self.dialer, report).await?;
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((now + NAVIGATION_LIFETIME, navigation.clone()));
        Ok(navigation)
    }

    fn forget_navigation(&self) {
        *self.cache.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    async fn first_that_opens(&self, navigation: &Navigation) -> Result<Socket, ErrorCode> {
        let mut last = ErrorCode::RC_DOMAIN_NOT_RESOLVE;
        for server in &navigation.servers {
            let Some(address) = Address::parse_server(server, self.navigation.secure) else { continue };
            match self.open_socket(&address).await {
                Ok(socket) => return Ok(socket),
                Err(code) => last = code,
            }
        }
        Err(last)
    }

    async fn open_socket(&self, address: &Address) -> Result<Socket, ErrorCode> {
        let stream = connect(address, &self.dialer).await?;
        let scheme = if address.secure { "wss" } else { "ws" };
        let random = (self.clock.wall().unsigned_abs() % 1_000_000) as u32;
        let url = format!("{scheme}://{}{}", address.authority(), url::connect(&self.identity, random));
        let config =
            WebSocketConfig::default().max_message_size(Some(MAX_FRAME)).max_frame_size(Some(MAX_FRAME));
        let upgrade = client_async_with_config(url, stream, Some(config));
        match timeout(Duration::from_millis(timing::OPEN_LIMIT), upgrade).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => {
                // The error's words may hold the URL, and with it the token: only its kind is logged.
                log::info!("{} does not upgrade to WebSocket: {}", address.authority(), kind(&error));
                Err(ErrorCode::RC_SOCKET_NOT_CREATED)
            }
            Err(_) => Err(ErrorCode::RC_SOCKET_NOT_CREATED),
        }
    }
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

async fn write(mut sink: SplitSink<Socket, Message>, mut outbox: UnboundedReceiver<UpFrame>) -> ErrorCode {
    while let Some(frame) = outbox.recv().await {
        let mut written = Written::default();
        written.note(&frame);
        if !feed(&mut sink, &frame).await {
            return ErrorCode::RC_MSG_SEND_FAIL;
        }
        // What waits already leaves in the same write.
        while let Ok(frame) = outbox.try_recv() {
            written.note(&frame);
            if !feed(&mut sink, &frame).await {
                return ErrorCode::RC_MSG_SEND_FAIL;
            }
        }
        if sink.flush().await.is_err() {
            return ErrorCode::RC_MSG_SEND_FAIL;
        }
        written.flushed();
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
