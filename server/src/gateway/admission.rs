//! Who may come in: reads who is calling from the URL and decides. Every refusal here has a cause that an
//! operator or a user can name. Both carriers ask; neither sockets nor sessions are touched here.

use std::sync::Arc;

use anser::wire::{Accepted, ByteString, ConnAck};
use serde::Deserialize;

use super::Gateway;
use super::connection::Session;
use crate::bus::PlatformClass;
use crate::service::{Family, TokenError};

/// CONNACK statuses that this server gives.
pub(super) mod refusal {
    /// The app key is not this application's.
    pub(in crate::gateway) const APP_KEY: u8 = 2;
    /// The server is going down, or its store does not answer.
    pub(in crate::gateway) const UNAVAILABLE: u8 = 3;
    /// The token is none of this application's.
    pub(in crate::gateway) const TOKEN: u8 = 4;
    /// The application is switched off.
    pub(in crate::gateway) const APP_DISABLED: u8 = 8;
    /// The user is blocked.
    pub(in crate::gateway) const BLOCKED: u8 = 9;
    /// The token has expired.
    pub(in crate::gateway) const EXPIRED: u8 = 10;
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
    pub(super) fn family(&self) -> Family {
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

/// The checks, in the order in which a client can repair what fails. Gives the session and the CONNACK time,
/// or the status that refuses.
pub(super) async fn admit(gateway: &Arc<Gateway>, hello: &Hello) -> Result<(Session, i64), u8> {
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

/// The CONNACK of an accepted login; `session_id` is what the client calls its session.
pub(super) fn accepted(session: &Session, session_id: &str, time: i64) -> ConnAck {
    ConnAck {
        status: 0,
        accepted: Some(Accepted {
            user_id: ByteString::from(&*session.peer.user),
            session_id: ByteString::from(session_id),
            time: u64::try_from(time).unwrap_or(0),
        }),
    }
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
