//! HTTP/1.1 over the connector: the handshake, one small GET, which is all that navigation needs, and a
//! connection that serves request after request, which long polling lives on.

use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join, select};
use http_body_util::{BodyExt, Empty, Full, Limited};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::address::{Address, ProbeUrl};
use super::connector::{Dialer, Stream, connect};
use crate::model::ErrorCode;
use crate::wire::Bytes;
use crate::wire::polling::request::HttpRequest;
use crate::{runtime, timing};

/// Longest answer that is read: navigation names servers, not the world.
const MAX_ANSWER: usize = 1 << 20;
/// The same for answers that carry frames: a full page of the largest messages.
const MAX_FRAMES: usize = 32 << 20;
/// Of what polling clients send, wrong on purpose: a form needs no permission of another origin.
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
}

/// Fetches `path` within [`timing::NAVIGATION_LIMIT`].
pub(super) async fn get(address: &Address, path: &str, dialer: &Dialer) -> Result<Answer, ErrorCode> {
    let limit = Duration::from_millis(timing::NAVIGATION_LIMIT);
    match timeout(limit, fetch(address, path, dialer)).await {
        Ok(answer) => answer,
        Err(_) => Err(ErrorCode::RC_HTTP_REQ_TIMEOUT),
    }
}

/// Whether anything at all answers `url` as HTTP, whatever it says short of a failure of its own, and however long it
/// goes on.
pub(super) async fn is_there(url: &ProbeUrl, dialer: &Dialer) -> bool {
    let limit = Duration::from_millis(timing::NAVIGATION_LIMIT);
    matches!(timeout(limit, head(url, dialer)).await, Ok(Ok(status)) if status < 500)
}

/// The status of the answer, whose body is not waited for.
async fn head(url: &ProbeUrl, dialer: &Dialer) -> Result<u16, ErrorCode> {
    let (mut sender, connection) = handshake(&url.address, dialer).await?;
    let exchange = sender.send_request(question(&url.address, &url.path)?);
    let response = match select(pin!(exchange), pin!(connection)).await {
        Either::Left((response, _)) => response,
        Either::Right((_, exchange)) => exchange.await,
    };
    response.map(|response| response.status().as_u16()).map_err(|_| ErrorCode::RC_HTTP_RECV_FAIL)
}

/// Opens a stream for HTTP. The connection moves the bytes and has to be polled beside the exchange.
pub(super) async fn handshake<B>(
    address: &Address,
    dialer: &Dialer,
) -> Result<(SendRequest<B>, Connection<TokioIo<Stream>, B>), ErrorCode>
where
    B: Body<Data = Bytes> + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let stream = connect(address, dialer).await?;
    http1::handshake(TokioIo::new(stream)).await.map_err(|_| ErrorCode::RC_SOCKET_NOT_CREATED)
}

fn question(address: &Address, path: &str) -> Result<Request<Empty<Bytes>>, ErrorCode> {
    Request::builder()
        .method(Method::GET)
        .uri(path)
        .header(HOST, address.authority())
        .body(Empty::new())
        .map_err(|_| ErrorCode::RC_HTTP_SEND_FAIL)
}

async fn fetch(address: &Address, path: &str, dialer: &Dialer) -> Result<Answer, ErrorCode> {
    let (mut sender, connection) = handshake(address, dialer).await.map_err(|code| match code {
        ErrorCode::RC_SOCKET_NOT_CREATED => ErrorCode::RC_HTTP_SEND_FAIL,
        code => code,
    })?;
    let request = question(address, path)?;
    let exchange = async move {
        let response = sender.send_request(request).await.map_err(|_| ErrorCode::RC_HTTP_RECV_FAIL)?;
        read(response, MAX_ANSWER, dialer).await
    };
    // The connection moves the bytes, and ends when the exchange lets go of its sender.
    let (answer, _) = join(exchange, connection).await;
    answer
}

async fn read(response: Response<Incoming>, limit: usize, dialer: &Dialer) -> Result<Answer, ErrorCode> {
    let status = response.status().as_u16();
    dialer.signs.answered(status, response.headers());
    let body = Limited::new(response.into_body(), limit).collect().await;
    Ok(Answer { status, body: body.map_err(|_| ErrorCode::RC_HTTP_RECV_FAIL)?.to_bytes() })
}

/// One request after the other to one server, over one connection as long as that lives.
pub(super) struct Exchange {
    address: Address,
    dialer: Dialer,
    open: Option<Open>,
}

/// A connection, driven by a task of its own.
struct Open {
    sender: SendRequest<Full<Bytes>>,
    driver: AbortHandle,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Exchange {
    pub(super) fn new(address: &Address, dialer: &Dialer) -> Self {
        Self { address: address.clone(), dialer: dialer.clone(), open: None }
    }

    /// Asks within `limit`. A request that did not leave because the connection had been closed meanwhile
    /// goes over a new one.
    pub(super) async fn ask(&mut self, request: &HttpRequest, limit: u64) -> Result<Answer, ErrorCode> {
        // A request that is given up half-way leaves no connection that another could use.
        let open = self.open.take();
        match timeout(Duration::from_millis(limit), self.exchange(open, request)).await {
            Ok(Ok((answer, open))) => {
                self.open = Some(open);
                Ok(answer)
            }
            Ok(Err(code)) => Err(code),
            Err(_) => Err(ErrorCode::RC_HTTP_REQ_TIMEOUT),
        }
    }

    async fn exchange(&self, open: Option<Open>, request: &HttpRequest) -> Result<(Answer, Open), ErrorCode> {
        let mut message = self.message(request)?;
        if let Some(mut open) = open
            && open.sender.ready().await.is_ok()
        {
            match open.sender.try_send_request(message).await {
                Ok(response) => return Ok((read(response, MAX_FRAMES, &self.dialer).await?, open)),
                Err(mut error) => {
                    message = error.take_message().ok_or(ErrorCode::RC_HTTP_RECV_FAIL)?;
                }
            }
        }
        let (sender, connection) = handshake(&self.address, &self.dialer).await?;
        let driver = runtime::spawn_local(async move {
            if let Err(error) = connection.await {
                log::debug!("an HTTP connection ended: {error}");
            }
        });
        let mut open = Open { sender, driver };
        let response = open.sender.send_request(message).await.map_err(|_| ErrorCode::RC_HTTP_RECV_FAIL)?;
        Ok((read(response, MAX_FRAMES, &self.dialer).await?, open))
    }

    fn message(&self, request: &HttpRequest) -> Result<Request<Full<Bytes>>, ErrorCode> {
        let body = Bytes::from(request.body.clone().unwrap_or_default());
        let mut message = Request::builder()
            .method(request.method)
            .uri(&request.path)
            .header(HOST, self.address.authority());
        if request.body.is_some() {
            message = message.header(CONTENT_TYPE, FORM);
        }
        message.body(Full::new(body)).map_err(|_| ErrorCode::RC_HTTP_SEND_FAIL)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::transport::Route;

    /// Whether a probe finds who answers so and then stays on the line without a word.
    async fn found(answer: &'static [u8]) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = ProbeUrl::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let dialer = Dialer::new(Route::default()).unwrap();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(answer).await.unwrap();
            while stream.read(&mut [0; 1_024]).await.is_ok_and(|read| read > 0) {}
        };
        join(is_there(&url, &dialer), serve).await.0
    }

    #[tokio::test]
    async fn a_probe_waits_for_no_body() {
        assert!(found(b"HTTP/1.1 404 Not Found\r\nContent-Length: 9000000\r\n\r\n<").await);
        assert!(!found(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 9000000\r\n\r\n<").await);
    }
}
