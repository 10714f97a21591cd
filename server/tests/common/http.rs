//! HTTP by hand.

use anser_server::Running;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::DEADLINE;

/// Status and body of a raw HTTP request; `head` holds request line and headers without the last blank line.
pub async fn http(gateway: &Running, head: &str, body: &str) -> (u16, String, String) {
    let exchange = async {
        let mut stream = TcpStream::connect(gateway.addresses[0]).await.unwrap();
        let request = format!(
            "{head}\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            gateway.address(),
            body.len()
        );
        // The server may answer and close before it has read a body that is too large.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    };
    let answer = tokio::time::timeout(DEADLINE, exchange).await.expect("an answer in time");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_ascii_lowercase(), body.to_owned())
}
