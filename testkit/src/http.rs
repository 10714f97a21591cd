//! HTTP/1.1 as far as servers of tests need it: the head of a message, its body by its length, a plain answer. Reads
//! no byte too many, so that whatever follows stays in the stream; knows no chunks.

use std::io::Result;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The head of a request or an answer, as it came, with the empty line that ends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpHead(String);

impl HttpHead {
    /// Reads one.
    ///
    /// # Errors
    /// The stream ends before the head does, or breaks.
    pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        Ok(Self(String::from_utf8_lossy(&head).into_owned()))
    }

    /// All of it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The method of a request.
    pub fn method(&self) -> &str {
        self.0.split_whitespace().next().unwrap_or_default()
    }

    /// The path of a request, with its query.
    pub fn path(&self) -> &str {
        self.0.split_whitespace().nth(1).unwrap_or_default()
    }

    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.0.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// How long the body is that follows, by its header; without one there is none.
    pub fn content_length(&self) -> usize {
        self.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)
    }

    /// Reads the body that follows.
    ///
    /// # Errors
    /// The stream ends before the body does, or breaks.
    pub async fn read_body(&self, stream: &mut (impl AsyncRead + Unpin)) -> Result<Vec<u8>> {
        let mut body = vec![0; self.content_length()];
        stream.read_exact(&mut body).await?;
        Ok(body)
    }
}

/// An answer, after which the connection goes on.
pub fn http_answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} Status\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_message_after_the_other_is_read() {
        let mut stream =
            &b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nCONTENT-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\n\r\nHTTP"[..];
        let first = HttpHead::read(&mut stream).await.unwrap();
        assert_eq!((first.method(), first.path(), first.header("host")), ("POST", "/a?b=c", Some("x")));
        assert_eq!(first.read_body(&mut stream).await.unwrap(), b"abc");
        let second = HttpHead::read(&mut stream).await.unwrap();
        assert_eq!((second.text(), second.header("host")), ("GET / HTTP/1.1\r\n\r\n", None));
        assert_eq!(second.read_body(&mut stream).await.unwrap(), b"");
        assert!(HttpHead::read(&mut stream).await.is_err(), "it is cut off");
        let answer = http_answer(200, "[]");
        let head = HttpHead::read(&mut answer.as_bytes()).await.unwrap();
        assert_eq!((head.path(), head.content_length()), ("200", 2));
    }
}
