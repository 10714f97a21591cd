//! HTTP/1.1 over the connector: the handshake, and one small GET, which is all that navigation needs.

use std::time::Duration;

use futures_util::future::join;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1::{self, Connection, SendRequest};
use hyper::header::HOST;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;

use super::address::Address;
use super::connector::{Dialer, Stream, connect};
use crate::model::ErrorCode;
use crate::timing;
use crate::wire::Bytes;

/// Longest answer that is read: navigation names servers, not the world.
const MAX_ANSWER: usize = 1 << 20;

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

/// Opens a stream for HTTP. The connection moves the bytes and has to be polled beside the exchange.
pub(super) async fn handshake(
    address: &Address,
    dialer: &Dialer,
) -> Result<(SendRequest<Empty<Bytes>>, Connection<TokioIo<Stream>, Empty<Bytes>>), ErrorCode> {
    let stream = connect(address, dialer).await?;
    http1::handshake(TokioIo::new(stream)).await.map_err(|_| ErrorCode::RC_SOCKET_NOT_CREATED)
}

async fn fetch(address: &Address, path: &str, dialer: &Dialer) -> Result<Answer, ErrorCode> {
    let (mut sender, connection) = handshake(address, dialer).await.map_err(|code| match code {
        ErrorCode::RC_SOCKET_NOT_CREATED => ErrorCode::RC_HTTP_SEND_FAIL,
        code => code,
    })?;
    let request = Request::builder()
        .method(Method::GET)
        .uri(path)
        .header(HOST, address.authority())
        .body(Empty::<Bytes>::new())
        .map_err(|_| ErrorCode::RC_HTTP_SEND_FAIL)?;
    let exchange = async move {
        let response = sender.send_request(request).await.map_err(|_| ErrorCode::RC_HTTP_RECV_FAIL)?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        Ok(Answer { status, body: body.map_err(|_| ErrorCode::RC_HTTP_RECV_FAIL)?.to_bytes() })
    };
    // The connection moves the bytes, and ends when the exchange lets go of its sender.
    let (answer, _) = join(exchange, connection).await;
    answer
}
