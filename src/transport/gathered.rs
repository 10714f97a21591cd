//! A stream that gives the head of an HTTP answer in one piece, however many pieces it arrives in. The WebSocket
//! library takes an answer of many small pieces for an attack, and on the worst networks answers are like that.
//! Changes nothing else; how long it may take others decide.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Where a head ends.
const END: &[u8] = b"\r\n\r\n";
/// Longest head that is waited for; what is longer comes as it comes.
const MAX_HEAD: usize = 16 * 1024;
const PIECE: usize = 1024;

/// See the module.
pub(super) struct Gathered<S> {
    stream: S,
    /// Read and not given yet.
    held: Vec<u8>,
    whole: bool,
}

impl<S> Gathered<S> {
    /// A stream whose other end has not said anything yet.
    pub(super) fn new(stream: S) -> Self {
        Self { stream, held: Vec::new(), whole: false }
    }
}

impl<S: AsyncRead + Unpin> Gathered<S> {
    fn gather(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.whole {
            let mut piece = [0; PIECE];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut piece))?;
            // The end may lie across two pieces.
            let from = self.held.len().saturating_sub(END.len());
            self.held.extend_from_slice(piece.filled());
            let fresh = self.held.get(from..).unwrap_or_default();
            let ended = fresh.windows(END.len()).any(|four| four == END);
            self.whole = ended || piece.filled().is_empty() || self.held.len() >= MAX_HEAD;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gathered<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.gather(context))?;
        if this.held.is_empty() {
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        }
        let given = this.held.drain(..this.held.len().min(buffer.remaining()));
        buffer.put_slice(given.as_slice());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gathered<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    /// What each read gives, of a text that arrives byte by byte.
    async fn reads(text: &'static str) -> Vec<String> {
        // A pipe that holds one byte.
        let (mut far, near) = duplex(1);
        let writer = tokio::spawn(async move { far.write_all(text.as_bytes()).await });
        let (mut gathered, mut reads) = (Gathered::new(near), Vec::new());
        let mut buffer = [0; 64];
        while let Ok(read @ 1..) = gathered.read(&mut buffer).await {
            reads.push(String::from_utf8(buffer[..read].to_vec()).unwrap());
        }
        writer.await.unwrap().unwrap();
        reads
    }

    #[tokio::test]
    async fn a_head_comes_whole_and_the_rest_as_it_comes() {
        assert_eq!(reads("HTTP/1.1 101\r\nA: b\r\n\r\nxy").await, ["HTTP/1.1 101\r\nA: b\r\n\r\n", "x", "y"]);
        assert_eq!(reads("no head").await, ["no head"]);
        assert!(reads("").await.is_empty());
    }
}
