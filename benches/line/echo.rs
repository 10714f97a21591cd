//! Raw echoes over HTTP and WebSocket: what the same machine needs for a message's way there and back when nothing
//! is looked at and nothing is stored.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;

use crate::http::Wire;

/// About a text message's frame, bytes.
const SIZE: usize = 200;

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Echoes bodies of POSTs over connections that stay open.
pub(crate) async fn http() -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut wire = Wire::over(stream).unwrap();
                while let Ok(Some(body)) = wire.next().await {
                    let mut answer =
                        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()).into_bytes();
                    answer.extend(body);
                    if wire.write(&answer).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// Echoes WebSocket messages.
pub(crate) async fn websocket() -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                stream.set_nodelay(true).unwrap();
                let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
                while let Some(Ok(message)) = socket.next().await {
                    if message.is_close() || socket.send(message).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// Times of so many POSTs, one after the other.
pub(crate) async fn over_http(address: SocketAddr, count: usize) -> Vec<Duration> {
    let mut wire = Wire::open(address).await.unwrap();
    let mut request =
        format!("POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: {SIZE}\r\n\r\n").into_bytes();
    request.extend([7; SIZE]);
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        wire.write(&request).await.unwrap();
        let answer = wire.next().await.unwrap().unwrap();
        times.push(start.elapsed());
        assert_eq!(answer.len(), SIZE);
    }
    times
}

/// Times of so many WebSocket messages, one after the other.
pub(crate) async fn over_websocket(address: SocketAddr, count: usize) -> Vec<Duration> {
    let stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(format!("ws://{address}/"), stream).await.unwrap();
    let message = Message::binary(vec![7_u8; SIZE]);
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        socket.send(message.clone()).await.unwrap();
        let answer = socket.next().await.unwrap().unwrap();
        times.push(start.elapsed());
        assert_eq!(answer.len(), SIZE);
    }
    times
}
