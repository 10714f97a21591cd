//! HTTP/1.1 by hand over one connection that stays open: as little as an exchange can take.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) struct Wire {
    stream: TcpStream,
    /// What was read and not yet taken.
    read: Vec<u8>,
}

impl Wire {
    pub(crate) async fn open(address: SocketAddr) -> std::io::Result<Self> {
        Self::over(TcpStream::connect(address).await?)
    }

    pub(crate) fn over(stream: TcpStream) -> std::io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::new() })
    }

    pub(crate) async fn write(&mut self, message: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(message).await
    }

    /// The next request or answer: its body. `None`: the other side has closed.
    pub(crate) async fn next(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.read[..end]).to_ascii_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
                let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
                if self.read.len() >= end + 4 + length {
                    let rest = self.read.split_off(end + 4 + length);
                    let message = std::mem::replace(&mut self.read, rest);
                    return Ok(Some(message[end + 4..].to_vec()));
                }
            }
            let mut some = [0; 4096];
            match self.stream.read(&mut some).await? {
                0 => return Ok(None),
                count => self.read.extend_from_slice(&some[..count]),
            }
        }
    }

    /// The answer to a GET.
    pub(crate) async fn get(&mut self, path: &str) -> std::io::Result<Option<Vec<u8>>> {
        self.write(format!("GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n").as_bytes()).await?;
        self.next().await
    }
}
