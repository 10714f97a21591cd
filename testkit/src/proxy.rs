//! A proxy between client and server that breaks lines where a test wants it. Passes navigation untouched;
//! cuts only what carries frames down: WebSockets and connections that hold polling requests. Never changes a
//! byte.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running proxy. Dropping it stops it and drops its lines.
pub struct Proxy {
    /// Where it listens.
    pub address: SocketAddr,
    plan: Arc<Plan>,
    listener: JoinHandle<()>,
}

#[derive(Default)]
struct Plan {
    cuts: Mutex<VecDeque<usize>>,
    made: AtomicUsize,
    block: Mutex<Option<Block>>,
}

/// What becomes of upgrades to WebSocket where they are not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Block {
    /// They are answered with an error page.
    Refused,
    /// They are never answered.
    Silent,
    /// Their connection is closed.
    Closed,
    /// They pass, and what the server says afterwards does not.
    Mute,
}

impl Proxy {
    /// Starts a proxy to `server`. The nth WebSocket or holding connection lets `cuts[n]` bytes down and breaks, both ways, as
    /// soon as the server has said more than that: what it said is lost. Those after the last cut live.
    ///
    /// # Errors
    /// The machine has no port to give.
    pub async fn start(server: SocketAddr, cuts: impl IntoIterator<Item = usize>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let plan = Arc::new(Plan { cuts: Mutex::new(cuts.into_iter().collect()), ..Plan::default() });
        let shared = plan.clone();
        let listener = tokio::spawn(async move {
            let mut lines = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                lines.spawn(carry(client, server, shared.clone()));
            }
        });
        Ok(Self { address, plan, listener })
    }

    /// What clients are given as navigation.
    pub fn navi_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets no further WebSocket through, or all again.
    pub fn block_websockets(&self, block: Option<Block>) {
        *self.plan.block.lock().unwrap_or_else(PoisonError::into_inner) = block;
    }

    /// Lines broken so far.
    pub fn cuts_made(&self) -> usize {
        self.plan.made.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// One line. Errors end it, as they end any.
async fn carry(mut client: TcpStream, server: SocketAddr, plan: Arc<Plan>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let mut head = vec![0; 16 * 1024];
    let Ok(read) = client.read(&mut head).await else { return };
    head.truncate(read);
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let upgrade = text.contains("upgrade: websocket");
    let block = plan.block.lock().unwrap_or_else(PoisonError::into_inner).filter(|_| upgrade);
    match block {
        None => {}
        Some(Block::Closed) => return,
        Some(Block::Refused) => {
            let page = "HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>";
            // The client may be gone already.
            let _ = client.write_all(page.as_bytes()).await;
            return;
        }
        Some(Block::Silent) => {
            while matches!(client.read(&mut head).await, Ok(1..)) {}
            return;
        }
        Some(Block::Mute) => {
            let mut answer = vec![0; 4096];
            if server.write_all(&head).await.is_err() {
                return;
            }
            // The server's first word comes with the answer to the upgrade or after it; only the answer passes.
            let Ok(read) = server.read(&mut answer).await else { return };
            answer.truncate(read);
            let end = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(read, |at| at + 4);
            if client.write_all(answer.get(..end).unwrap_or_default()).await.is_err() {
                return;
            }
            while matches!(client.read(&mut head).await, Ok(1..)) {}
            return;
        }
    }
    let cut = if upgrade || text.starts_with("get /pullmsg.js") {
        plan.cuts.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    } else {
        None
    };
    if server.write_all(&head).await.is_err() {
        return;
    }
    let Some(mut left) = cut else {
        // Either side may end it at any time.
        let _ = copy_bidirectional(&mut client, &mut server).await;
        return;
    };
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let up = async {
        // When the client has nothing more to say, the other direction decides.
        let _ = tokio::io::copy(&mut from_client, &mut to_server).await;
    };
    let down = async {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(read) = from_server.read(&mut buffer).await {
            let (passed, lost) = buffer.get(..read).unwrap_or_default().split_at(read.min(left));
            let broken = read == 0 || to_client.write_all(passed).await.is_err();
            if !lost.is_empty() {
                plan.made.fetch_add(1, Ordering::Relaxed);
            }
            if broken || !lost.is_empty() {
                return;
            }
            left -= passed.len();
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
}
