//! Navigation: tells a client where to connect and what this installation can do. Plain HTTP, in the two
//! forms that clients read (flows §1). Opens nothing and remembers nothing.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::service::TokenError;

/// The query of the URL.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Ask {
    app_id: String,
    token: String,
    call_back: Option<String>,
}

/// Longest name of a callback.
pub(crate) const MAX_CALLBACK: usize = 64;

/// `GET /navi.js`, and `/cometnavi.js` for clients that poll: the same servers do both.
pub(crate) async fn navi(
    State(gateway): State<Arc<Gateway>>,
    Query(ask): Query<Ask>,
    headers: HeaderMap,
) -> Response {
    let service = &gateway.service;
    let callback = match ask.call_back.as_deref() {
        None | Some("") => None,
        Some(name) if is_identifier(name) => Some(name),
        Some(_) => return refuse(StatusCode::BAD_REQUEST),
    };
    if ask.app_id != service.config.app_key {
        return refuse(StatusCode::FORBIDDEN);
    }
    // An expired token passes: the connection refuses it with the exact reason.
    let user = match service.check_token(&ask.token) {
        Ok(user) => user.to_string(),
        Err(TokenError::Expired) => String::new(),
        Err(TokenError::Unknown) => return refuse(StatusCode::UNAUTHORIZED),
    };
    let server = match &service.config.public_address {
        Some(address) => address.clone(),
        None => match headers.get(header::HOST).and_then(|host| host.to_str().ok()).filter(|h| is_host(h)) {
            Some(host) => host.to_owned(),
            None => return refuse(StatusCode::BAD_REQUEST),
        },
    };
    let mut answer = json!({
        "code": 200,
        "userId": user,
        "server": server,
        "backupServer": "",
        "type": 0,
        // Not here yet: chatroom entries, public services, several chatrooms at once.
        "kvStorage": 0,
        "openMp": 0,
        "openUS": 1,
        "joinMChrm": false,
        "gifSize": service.config.gif_kilobytes,
        "videoTimes": service.config.video_seconds,
        "grpRRVer": service.config.group_receipts,
        "historyMsg": service.config.history,
        "chatroomMsg": false,
        "compDays": service.config.offline_days,
        "voipCallInfo": "{\"strategy\":0}",
        "logSwitch": 0,
        "logPolicy": "{}",
    });
    if service.config.announce_additions
        && let Some(object) = answer.as_object_mut()
    {
        object.insert("anser".to_owned(), json!({ "dedupe": true }));
    }
    let body = text_of(&answer);
    let body = match callback {
        Some(name) => format!("{name}({body});"),
        None => body,
    };
    let kind = if callback.is_some() { "application/javascript" } else { "application/json" };
    ([(header::CONTENT_TYPE, format!("{kind}; charset=utf-8"))], body).into_response()
}

/// Errors are bare JSON in both forms: clients parse them as they are.
fn refuse(status: StatusCode) -> Response {
    let body = json!({ "code": status.as_u16() }).to_string();
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

/// JSON without `);`, at which the old client would cut it. In compact JSON it can only stand in a string.
fn text_of(answer: &Value) -> String {
    answer.to_string().replace(");", "\\u0029;")
}

fn is_identifier(name: &str) -> bool {
    name.len() <= MAX_CALLBACK
        && name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$' || c == '.')
}

fn is_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-[]".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_never_holds_what_the_old_client_cuts_at() {
        let text = text_of(&json!({ "userId": "a);b);" }));
        assert!(!text.contains(");"));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!({ "userId": "a);b);" }));
    }

    #[test]
    fn callbacks_are_identifiers() {
        assert!(is_identifier("getServerEndpoint") && is_identifier("_a.$b1"));
        for bad in ["", "1a", "a b", "alert(1)//", "a;b", "é", &"x".repeat(65)] {
            assert!(!is_identifier(bad), "{bad}");
        }
    }
}
