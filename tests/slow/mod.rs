//! A server that never acknowledges what goes to somebody whose name begins with `silent`, and is as good as the real
//! one behind it for all others; over both channels.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anser::wire::UpFrame;
use anser_testkit::{HttpHead, http_answer};
use futures_util::{SinkExt, StreamExt};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::{accept_hdr_async, client_async};

/// A running one. Dropping it ends it.
pub(crate) struct Slow {
    address: SocketAddr,
    swallowed: Arc<AtomicUsize>,
    listener: tokio::task::JoinHandle<()>,
}

impl Slow {
    /// Starts one before a real server.
    pub(crate) async fn before(server: SocketAddr) -> Self {
        Self::start(server, false).await
    }

    /// The same, but over long polling it does not even answer the request itself.
    pub(crate) async fn holding(server: SocketAddr) -> Self {
        Self::start(server, true).await
    }

    async fn start(server: SocketAddr, holds: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let swallowed = Arc::new(AtomicUsize::new(0));
        let count = swallowed.clone();
        let listener = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(meet(stream, server, holds, count.clone()));
            }
        });
        Self { address, swallowed, listener }
    }

    /// What clients are given as navigation.
    pub(crate) fn navi_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many messages it has swallowed.
    pub(crate) fn swallowed(&self) -> usize {
        self.swallowed.load(Ordering::SeqCst)
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

async fn meet(stream: TcpStream, server: SocketAddr, holds: bool, count: Arc<AtomicUsize>) {
    let mut head = [0; 4096];
    let Ok(read) = stream.peek(&mut head).await else { return };
    // Either side may leave at any time: that is no failure here.
    if String::from_utf8_lossy(&head[..read]).to_ascii_lowercase().contains("upgrade: websocket") {
        let _ = socket(stream, server, count).await;
    } else {
        let _ = requests(stream, server, holds, count).await;
    }
}

async fn socket(stream: TcpStream, server: SocketAddr, count: Arc<AtomicUsize>) -> Option<()> {
    let mut path = String::new();
    #[expect(clippy::result_large_err, reason = "the library's signature")]
    let note = |request: &Request, response: Response| {
        path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
        Ok(response)
    };
    let client = accept_hdr_async(stream, note).await.ok()?;
    let real = TcpStream::connect(server).await.ok()?;
    let (real, _) = client_async(format!("ws://{server}{path}"), real).await.ok()?;
    let ((mut to_client, mut from_client), (mut to_server, mut from_server)) = (client.split(), real.split());
    let up = async {
        while let Some(Ok(message)) = from_client.next().await {
            let frame = if let Message::Binary(bytes) = &message {
                UpFrame::decode(bytes.clone()).ok()
            } else {
                None
            };
            if matches!(&frame, Some(UpFrame::Publish(publish)) if publish.target.starts_with("silent")) {
                count.fetch_add(1, Ordering::SeqCst);
            } else if to_server.send(message).await.is_err() {
                return;
            }
        }
    };
    let down = async {
        while let Some(Ok(message)) = from_server.next().await {
            if to_client.send(message).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = up => {}
        () = down => {}
    }
    Some(())
}

/// Requests of one connection, each with its answer.
async fn requests(
    mut client: TcpStream,
    server: SocketAddr,
    holds: bool,
    count: Arc<AtomicUsize>,
) -> Option<()> {
    let mut real = TcpStream::connect(server).await.ok()?;
    loop {
        let (head, body) = read_one(&mut client).await?;
        if head.path().to_ascii_lowercase().contains("targetid=silent") {
            count.fetch_add(1, Ordering::SeqCst);
            if holds {
                // Nothing more comes over this connection until the client leaves.
                read_one(&mut client).await?;
            }
            client.write_all(http_answer(200, "[]").as_bytes()).await.ok()?;
            continue;
        }
        real.write_all(&[head.text().as_bytes(), &body].concat()).await.ok()?;
        let (head, body) = read_one(&mut real).await?;
        client.write_all(&[head.text().as_bytes(), &body].concat()).await.ok()?;
    }
}

/// A request or an answer: its head and its body.
async fn read_one(stream: &mut TcpStream) -> Option<(HttpHead, Vec<u8>)> {
    let head = HttpHead::read(stream).await.ok()?;
    let body = head.read_body(stream).await.ok()?;
    Some((head, body))
}
