//! The WebSocket endpoint and the carrier over it: one frame is one binary message. Admits nobody by itself
//! and knows nothing of what frames mean.

use std::sync::Arc;
use std::time::Duration;

use anser::wire::{Bytes, ConnAck, DownFrame, UpFrame};
use axum::extract::ws::{Message as WsMessage, WebSocketUpgrade};
use axum::response::Response;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tokio::sync::watch;

use super::Gateway;
use super::admission::{Hello, accepted, admit};
use super::carrier::{Carrier, End, Incoming};
use super::connection;
use super::registry::Close;

/// A WebSocket, or what stands for one in a simulation.
pub(crate) trait Socket:
    Stream<Item = Result<WsMessage, axum::Error>> + Sink<WsMessage> + Unpin + Send
{
}

impl<S: Stream<Item = Result<WsMessage, axum::Error>> + Sink<WsMessage> + Unpin + Send> Socket for S {}

/// What is read of a socket at a time, and kept for it as long as it lives: frames are short, sockets are many, and the
/// library's default is 128 KiB.
const READ_BUFFER: usize = 4 << 10;

/// `GET /websocket` with an upgrade.
pub(super) fn upgrade(gateway: Arc<Gateway>, hello: Hello, upgrade: WebSocketUpgrade) -> Response {
    let limit = gateway.service.config.max_frame;
    let upgrade = upgrade.read_buffer_size(READ_BUFFER);
    upgrade.max_message_size(limit).max_frame_size(limit).on_upgrade(move |socket| async move {
        let _running = gateway.running();
        welcome(&gateway, hello, socket).await;
    })
}

/// From the open socket to the end of the connection.
pub(crate) async fn welcome(gateway: &Arc<Gateway>, hello: Hello, socket: impl Socket) {
    match admit(gateway, &hello).await {
        Ok((session, time)) => {
            let hello = DownFrame::ConnAck(accepted(&session, &session.peer.session, time));
            let config = &gateway.service.config;
            let (sink, stream) = socket.split();
            let carrier = SocketCarrier {
                sink,
                stream,
                timeout: config.write_timeout,
                linger: config.linger,
                patience: config.heartbeat * config.silent_heartbeats,
                closed: session.closed.clone(),
            };
            connection::serve(gateway, session, time, carrier, vec![hello]).await;
        }
        Err(status) => {
            tracing::info!(status, "login refused");
            refuse(gateway, status, socket).await;
        }
    }
}

/// Says no, and leaves the peer a moment to close by itself.
async fn refuse(gateway: &Gateway, status: u8, mut socket: impl Socket) {
    let Ok(frame) = DownFrame::ConnAck(ConnAck { status, accepted: None }).encode() else { return };
    let config = &gateway.service.config;
    let sent = tokio::time::timeout(config.write_timeout, socket.send(WsMessage::Binary(frame))).await;
    if !matches!(sent, Ok(Ok(()))) {
        return;
    }
    let closed = async { while let Some(Ok(_)) = socket.next().await {} };
    if tokio::time::timeout(config.linger, closed).await.is_err() {
        let _ = tokio::time::timeout(config.linger, socket.send(WsMessage::Close(None))).await;
    }
}

/// A WebSocket and the limits of its peer.
struct SocketCarrier<S> {
    sink: SplitSink<S, WsMessage>,
    stream: SplitStream<S>,
    timeout: Duration,
    linger: Duration,
    patience: Duration,
    closed: watch::Receiver<Option<Close>>,
}

impl<S: Socket> Carrier for SocketCarrier<S> {
    fn patience(&self) -> Duration {
        self.patience
    }

    async fn read(&mut self) -> Result<Incoming, End> {
        match bytes_of(self.stream.next().await)? {
            Some(bytes) => match UpFrame::decode(bytes) {
                Ok(frame) => Ok(Incoming::Frame(frame)),
                Err(error) => Err(End::Malformed(error.to_string())),
            },
            None => Ok(Incoming::Life),
        }
    }

    /// Writes and flushes everything, or ends the connection: nothing may stall it for long.
    async fn write(&mut self, frames: &mut Vec<DownFrame>) -> Result<(), End> {
        if frames.is_empty() {
            return Ok(());
        }
        let sink = &mut self.sink;
        let all = async {
            for frame in frames.drain(..) {
                let bytes = frame.encode().map_err(|_| End::Broken)?;
                sink.feed(WsMessage::Binary(bytes)).await.map_err(|_| End::Broken)?;
            }
            sink.flush().await.map_err(|_| End::Broken)
        };
        let killed = self.closed.wait_for(|close| *close == Some(Close::Killed));
        tokio::select! {
            written = tokio::time::timeout(self.timeout, all) => written.unwrap_or(Err(End::Slow)),
            Ok(_) = killed => Err(End::Told(Close::Killed)),
        }
    }

    async fn part(mut self, last: Option<DownFrame>) {
        // Without a goodbye the socket is dropped: a Close frame alone would leave 2.5.x clients "connected".
        let Some(last) = last else { return };
        if self.write(&mut vec![last]).await.is_err() {
            return;
        }
        let stream = &mut self.stream;
        let gone = async { while let Some(Ok(_)) = stream.next().await {} };
        let killed = self.closed.wait_for(|close| *close == Some(Close::Killed));
        let waited = async {
            tokio::select! {
                () = gone => true,
                Ok(_) = killed => true,
            }
        };
        if !matches!(tokio::time::timeout(self.linger, waited).await, Ok(true)) {
            let close = self.sink.send(WsMessage::Close(None));
            let _ = tokio::time::timeout(self.linger, close).await;
        }
    }
}

/// The bytes of a frame; `Ok(None)` for WebSocket's own traffic.
fn bytes_of(message: Option<Result<WsMessage, axum::Error>>) -> Result<Option<Bytes>, End> {
    match message {
        None | Some(Ok(WsMessage::Close(_))) => Err(End::Peer),
        Some(Ok(WsMessage::Binary(bytes))) => Ok(Some(bytes)),
        Some(Ok(WsMessage::Text(_))) => Err(End::Malformed("a text message".into())),
        Some(Ok(WsMessage::Ping(_) | WsMessage::Pong(_))) => Ok(None),
        Some(Err(error)) => {
            // Oversized and ill-formed WebSocket messages come as errors too; the text tells which.
            let text = error.to_string();
            if text.contains("too long") || text.contains("rotocol") {
                return Err(if text.contains("without closing handshake") {
                    End::Peer
                } else {
                    End::Malformed(text)
                });
            }
            Err(End::Broken)
        }
    }
}
