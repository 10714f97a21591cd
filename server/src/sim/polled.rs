//! Requests of polling clients without sockets: the real handlers, called with what a client has written.

use std::collections::HashMap;
use std::sync::Arc;

use anser::wire::polling::request::HttpRequest;
use axum::extract::{Query, State};
use axum::http::Uri;
use axum::response::Response;
use bytes::Bytes;

use crate::gateway::{self, Gateway, Hello};

/// The body of the answer; `None` if the request is none of a polling client's.
pub(super) async fn answer(gateway: Arc<Gateway>, request: HttpRequest) -> Option<Bytes> {
    let uri: Uri = request.path.parse().ok()?;
    let response = handle(gateway, &uri, request).await?;
    axum::body::to_bytes(response.into_body(), usize::MAX).await.ok()
}

async fn handle(gateway: Arc<Gateway>, uri: &Uri, request: HttpRequest) -> Option<Response> {
    let parameters = || Query::<HashMap<String, String>>::try_from_uri(uri).ok();
    match (request.method, uri.path()) {
        ("GET", "/websocket") => {
            let Query(hello) = Query::<Hello>::try_from_uri(uri).ok()?;
            Some(gateway::greet(gateway, hello).await)
        }
        ("GET", "/pullmsg.js") => Some(gateway::hold(State(gateway), parameters()?).await),
        ("POST", "/websocket") => {
            let body = Bytes::from(request.body.unwrap_or_default());
            Some(gateway::send(State(gateway), parameters()?, Ok(body)).await)
        }
        _ => None,
    }
}
