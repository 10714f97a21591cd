//! `/message/exist.js`: whether unread messages wait for a token's owner, for pages that are not connected.
//! Plain HTTP in the form of a script; opens nothing and changes nothing.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::gateway::Gateway;
use crate::navi::MAX_CALLBACK;

/// The query of the URL.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Ask {
    app_key: String,
    token: String,
    call_back: Option<String>,
}

/// `GET /message/exist.js`.
pub(crate) async fn exist(State(gateway): State<Arc<Gateway>>, Query(ask): Query<Ask>) -> Response {
    let service = &gateway.service;
    if ask.call_back.as_deref().is_some_and(|name| !is_callback(name)) {
        return refuse(StatusCode::BAD_REQUEST);
    }
    if ask.app_key != service.config.app_key {
        return refuse(StatusCode::FORBIDDEN);
    }
    let Ok(user) = service.check_token(&ask.token) else { return refuse(StatusCode::UNAUTHORIZED) };
    let status = match service.store.has_unread(&user, service.offline_window()).await {
        Ok(unread) => u8::from(unread),
        Err(error) => {
            tracing::error!(%error, "the store refused a request for unread messages");
            return refuse(StatusCode::SERVICE_UNAVAILABLE);
        }
    };
    let body = json!({ "status": status }).to_string();
    let (kind, body) = match ask.call_back {
        Some(name) => ("application/javascript", format!("{name}({body})")),
        None => ("application/json", body),
    };
    ([(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))], body).into_response()
}

fn refuse(status: StatusCode) -> Response {
    let body = json!({ "code": status.as_u16() }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

/// What stands before the bracket becomes a part of a script, so it must not be able to be one itself.
fn is_callback(name: &str) -> bool {
    (1..=MAX_CALLBACK).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$'))
}

#[cfg(test)]
mod tests {
    use super::is_callback;

    #[test]
    fn callbacks_hold_identifier_characters_only() {
        assert!(is_callback("RCCallback") && is_callback("$.a_1"));
        for bad in ["", "a b", "alert(1)//", "a;b", "é", "a[0]", &"x".repeat(65)] {
            assert!(!is_callback(bad), "{bad}");
        }
    }
}
