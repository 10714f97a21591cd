//! One connection through the fault proxy: moves its bytes both ways, in the manner that it is turned to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use super::{Carrier, Shared};

/// Between two bytes that trickle.
const TRICKLE: Duration = Duration::from_millis(1);
/// Below this a WebSocket carries heartbeats and acknowledgements, nothing that is answered with news.
const REQUEST: usize = 32;
const BUFFER: usize = 16 * 1024;
const ERROR_PAGE: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";

/// How a line passes bytes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Pass,
    /// Not at all, and neither end learns it.
    HalfOpen,
    /// Up only.
    Deaf,
    /// It is reset.
    Reset,
    /// It ends.
    Cut,
}

/// A connection.
pub(super) struct Line {
    /// `None`: navigation and the like.
    pub(super) carrier: Option<Carrier>,
    mode: watch::Sender<Mode>,
    /// Its request is the one whose answer is lost.
    asked: AtomicBool,
}

impl Line {
    pub(super) fn mode(&self) -> Mode {
        *self.mode.borrow()
    }

    pub(super) fn turn(&self, to: Mode) {
        self.mode.send_replace(to);
    }

    pub(super) fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    fn has_ended(&self) -> bool {
        !matches!(self.mode(), Mode::Pass | Mode::Deaf)
    }

    fn is_request(&self, bytes: &[u8]) -> bool {
        match self.carrier {
            Some(Carrier::Websocket) => bytes.len() >= REQUEST,
            Some(Carrier::Polling) => bytes.starts_with(b"POST"),
            None => false,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// The whole life of a connection. Errors end it, as they end any.
pub(super) async fn carry(mut client: TcpStream, shared: Arc<Shared>) {
    let mut head = vec![0; BUFFER];
    let Ok(read @ 1..) = client.read(&mut head).await else { return };
    head.truncate(read);
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let upgrade = text.contains("upgrade: websocket");
    let polls =
        ["get /pullmsg.js", "get /websocket", "post /websocket"].iter().any(|path| text.starts_with(path));
    let carrier = match (upgrade, polls) {
        (true, _) => Some(Carrier::Websocket),
        (false, true) => Some(Carrier::Polling),
        (false, false) => None,
    };
    if upgrade && shared.lock().refusing {
        // The client may be gone already.
        let _ = client.write_all(ERROR_PAGE.as_bytes()).await;
        return;
    }
    light(&mut shared.dark.subscribe()).await;
    let Some(address) = shared.lock().server else { return };
    let Ok(mut server) = TcpStream::connect(address).await else { return };
    // Slow is only what is meant to be.
    if client.set_nodelay(true).and(server.set_nodelay(true)).is_err()
        || server.write_all(&head).await.is_err()
    {
        return;
    }
    let line =
        Arc::new(Line { carrier, mode: watch::Sender::new(Mode::Pass), asked: AtomicBool::new(false) });
    shared.enter(&line);
    let mut mode = line.mode.subscribe();
    {
        let ((mut from_client, mut to_client), (mut from_server, mut to_server)) =
            (client.split(), server.split());
        tokio::select! {
            () = pump(&shared, &line, &mut from_client, &mut to_server, Way::Up) => {}
            () = pump(&shared, &line, &mut from_server, &mut to_client, Way::Down) => {}
            _ = mode.wait_for(|mode| !matches!(mode, Mode::Pass | Mode::Deaf)) => {}
        }
    }
    shared.leave(&line);
    match line.mode() {
        Mode::Reset => {
            // Where that fails the end is only gentler.
            let _ = client.set_zero_linger().and(server.set_zero_linger());
        }
        Mode::HalfOpen => drop(tokio::join!(swallow(client), swallow(server))),
        Mode::Pass | Mode::Deaf | Mode::Cut => {}
    }
}

/// Keeps an end of a half-open line until it gives up by itself.
async fn swallow(mut end: TcpStream) {
    let mut swallowed = vec![0; BUFFER];
    while matches!(end.read(&mut swallowed).await, Ok(1..)) {}
}

async fn light(dark: &mut watch::Receiver<Option<tokio::time::Instant>>) {
    // Its sender lives as long as the line.
    let _ = dark.wait_for(Option::is_none).await;
}

async fn pump(
    shared: &Shared,
    line: &Line,
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    way: Way,
) {
    let mut buffer = vec![0; BUFFER];
    let mut dark = shared.dark.subscribe();
    loop {
        light(&mut dark).await;
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            _ = dark.wait_for(Option::is_some) => continue,
        };
        // What was on its way when it got dark arrives later, the end too.
        light(&mut dark).await;
        let Ok(read @ 1..) = read else { return };
        let mut rest = buffer.get(..read).unwrap_or_default();
        if way == Way::Up && line.is_request(rest) {
            shared.asks(line);
        }
        if way == Way::Down && line.mode() == Mode::Deaf {
            if line.asked.load(Ordering::Relaxed) {
                shared.lost(line);
            }
            continue;
        }
        while !rest.is_empty() {
            let (bytes, slowly) = shared.allow(line, rest.len());
            if slowly {
                sleep(TRICKLE).await;
            }
            let (now, later) = rest.split_at(bytes.min(rest.len()));
            if to.write_all(now).await.is_err() {
                return;
            }
            rest = later;
            shared.passed(line, now.len());
            if line.has_ended() {
                // Whoever ends it has seen that.
                return std::future::pending().await;
            }
            if way == Way::Down && line.mode() == Mode::Deaf {
                break;
            }
            light(&mut dark).await;
        }
    }
}
