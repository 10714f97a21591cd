//! The WebSocket endpoint: reads who is calling from the URL, decides whether they may come in, and hands
//! the socket to a connection. Every refusal here has a cause that an operator or a user can name.

use std::sync::Arc;

use anser::wire::{Accepted, ByteString, ConnAck, DownFrame};
use axum::extract::ws::{Message as WsMessage, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::Response;
use futures_util::{SinkExt as _, StreamExt as _};
use serde::Deserialize;

use super::Gateway;
use super::connection::{self, Session, Socket};
use crate::bus::PlatformClass;
use crate::service::{Family, TokenError};

/// CONNACK statuses that this server gives.
mod refusal {
    /// The app key is not this application's.
    pub(super) const APP_KEY: u8 = 2;
    /// The server is going down, or its store does not answer.
    pub(super) const UNAVAILABLE: u8 = 3;
    /// The token is none of this application's.
    pub(super) const TOKEN: u8 = 4;
    /// The application is switched off.
    pub(super) const APP_DISABLED: u8 = 8;
    /// The user is blocked.
    pub(super) const BLOCKED: u8 = 9;
    /// The token has expired.
    pub(super) const EXPIRED: u8 = 10;
}

/// The query of the URL. Nothing is required: what lacks is refused in the protocol's own words.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Hello {
    pub(crate) app_id: String,
    pub(crate) token: String,
    pub(crate) api_ver: String,
    pub(crate) pid: String,
    pub(crate) platform: String,
    pub(crate) client: String,
}

impl Hello {
    fn family(&self) -> Family {
        if self.client.starts_with("anser/") {
            Family::Anser
        } else if !self.api_ver.is_empty() && self.api_ver.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            Family::Web25
        } else {
            Family::Engine4
        }
    }

    fn installation(&self) -> Option<Arc<str>> {
        // The 4.x engine writes the word when it has none.
        match self.pid.as_str() {
            "" | "undefined" | "null" => None,
            pid => Some(pid.into()),
        }
    }

    fn class(&self) -> PlatformClass {
        match self.platform.as_str() {
            "mobile" => PlatformClass::Mobile,
            "desktop" => PlatformClass::Desktop,
            // Web clients send nothing, or the name of a mini-program host.
            _ => PlatformClass::Web,
        }
    }
}

/// `GET /websocket`.
pub(crate) async fn websocket(
    State(gateway): State<Arc<Gateway>>,
    Query(hello): Query<Hello>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let limit = gateway.service.config.max_frame;
    upgrade.max_message_size(limit).max_frame_size(limit).on_upgrade(move |socket| async move {
        let _running = gateway.running();
        welcome(&gateway, hello, socket).await;
    })
}

/// From the open socket to the end of the connection.
pub(crate) async fn welcome(gateway: &Arc<Gateway>, hello: Hello, socket: impl Socket) {
    match admit(gateway, &hello).await {
        Ok((session, time)) => connection::serve(gateway, session, time, socket).await,
        Err(status) => {
            tracing::info!(status, "login refused");
            refuse(gateway, status, socket).await;
        }
    }
}

/// The checks, in the order in which a client can repair what fails.
async fn admit(gateway: &Arc<Gateway>, hello: &Hello) -> Result<(Session, i64), u8> {
    let service = &gateway.service;
    if gateway.registry.is_draining() {
        return Err(refusal::UNAVAILABLE);
    }
    if hello.app_id != service.config.app_key {
        return Err(refusal::APP_KEY);
    }
    if service.config.app_disabled {
        return Err(refusal::APP_DISABLED);
    }
    let user = service.check_token(&hello.token).map_err(|error| match error {
        TokenError::Unknown => refusal::TOKEN,
        TokenError::Expired => refusal::EXPIRED,
    })?;
    let login = service.store.login(&user).await.map_err(|error| {
        tracing::error!(%error, "a login could not be stored");
        refusal::UNAVAILABLE
    })?;
    if login.blocked {
        return Err(refusal::BLOCKED);
    }
    let session = gateway.open(user, hello.family(), hello.installation(), hello.class(), login.serial);
    Ok((session, login.time))
}

/// Says no, and leaves the peer a moment to close by itself.
async fn refuse(gateway: &Gateway, status: u8, mut socket: impl Socket) {
    let Ok(frame) = DownFrame::ConnAck(ConnAck { status, accepted: None }).encode() else { return };
    let config = &gateway.service.config;
    let sent = tokio::time::timeout(config.write_timeout, socket.send(WsMessage::Binary(frame))).await;
    if !matches!(sent, Ok(Ok(()))) {
        return;
    }
    let closed = async { while let Some(Ok(_)) = socket.next().await {} };
    if tokio::time::timeout(config.linger, closed).await.is_err() {
        let _ = tokio::time::timeout(config.linger, socket.send(WsMessage::Close(None))).await;
    }
}

/// The frame that opens an accepted connection.
pub(super) fn accepted(session: &Session, time: i64) -> DownFrame {
    DownFrame::ConnAck(ConnAck {
        status: 0,
        accepted: Some(Accepted {
            user_id: ByteString::from(&*session.peer.user),
            session_id: ByteString::from(&*session.peer.session),
            time: u64::try_from(time).unwrap_or(0),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_apart_by_the_url() {
        let hello = |api_ver: &str, client: &str| Hello {
            api_ver: api_ver.into(),
            client: client.into(),
            ..Hello::default()
        };
        assert_eq!(hello("481516", "").family(), Family::Web25);
        assert_eq!(hello("normal", "").family(), Family::Engine4);
        assert_eq!(hello("uniapp", "").family(), Family::Engine4);
        assert_eq!(hello("1", "anser/0.1.0").family(), Family::Anser);
        assert_eq!(hello("", "").family(), Family::Engine4);
    }

    #[test]
    fn the_engines_undefined_is_no_installation() {
        let hello = |pid: &str| Hello { pid: pid.into(), ..Hello::default() }.installation();
        assert_eq!(hello("undefined"), None);
        assert_eq!(hello(""), None);
        assert_eq!(hello("p1").as_deref(), Some("p1"));
    }
}
