//! The server-to-server API, in the form of the official server SDKs: form-encoded POST, a signature in the
//! headers, JSON answers with a `code`. Checks who asks and what is asked; the service does it.

mod groups;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use ring::digest;
use serde_json::{Value, json};

use crate::gateway::Gateway;
use crate::service::{Service, hex, usable_id};
use crate::store::StoreError;

/// Largest request body.
const MAX_BODY: usize = 1024 * 1024;
/// Most users named in one request.
const MAX_USERS: usize = 1000;

/// Codes of the API's own.
mod code {
    pub(super) const INTERNAL: u32 = 1000;
    pub(super) const PARAMETER: u32 = 1002;
    pub(super) const SIGNATURE: u32 = 1004;
}

/// An error answer.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: u32,
    message: String,
}

impl ApiError {
    fn parameter(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: code::PARAMETER, message: message.into() }
    }

    fn signature(message: &str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, code: code::SIGNATURE, message: message.to_owned() }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the store refused an API request");
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self { status, code: code::INTERNAL, message: "the store is not available".to_owned() }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        answer(self.status, &json!({ "code": self.code, "errorMessage": self.message }))
    }
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}

/// A form whose signature was checked.
struct Form(Vec<(String, String)>);

impl Form {
    fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    }

    fn optional(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn id(&self, name: &str) -> Result<&str, ApiError> {
        match self.optional(name) {
            Some(id) if usable_id(id) => Ok(id),
            Some(_) => Err(ApiError::parameter(format!("{name} is not usable as an id"))),
            None => Err(ApiError::parameter(format!("{name} is required"))),
        }
    }

    fn ids(&self, name: &str) -> Result<Vec<String>, ApiError> {
        let ids = self.all(name);
        if ids.is_empty() {
            return Err(ApiError::parameter(format!("{name} is required")));
        }
        if ids.len() > MAX_USERS {
            return Err(ApiError::parameter(format!("more than {MAX_USERS} times {name}")));
        }
        match ids.iter().all(|id| usable_id(id)) {
            true => Ok(ids),
            false => Err(ApiError::parameter(format!("{name} is not usable as an id"))),
        }
    }
}

/// The routes; the state is the gateway's.
pub(crate) fn routes() -> Router<Arc<Gateway>> {
    Router::new()
        .route("/user/getToken.json", post(handle(users::get_token)))
        .route("/user/block.json", post(handle(users::block)))
        .route("/user/unblock.json", post(handle(users::unblock)))
        .route("/group/create.json", post(handle(groups::create)))
        .route("/group/join.json", post(handle(groups::join)))
        .route("/group/quit.json", post(handle(groups::quit)))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

type Outcome = crate::service::Task<Result<Value, ApiError>>;

/// Wraps a handler: signature, form, answer.
fn handle(
    run: fn(Arc<Service>, Form) -> Outcome,
) -> impl Fn(State<Arc<Gateway>>, HeaderMap, Bytes) -> crate::service::Task<Response> + Clone {
    move |State(gateway), headers, body| {
        let service = gateway.service.clone();
        Box::pin(async move {
            let checked = check(&service, &headers).and_then(|()| parse(&body));
            match checked {
                Ok(form) => match run(service, form).await {
                    Ok(value) => answer(StatusCode::OK, &value),
                    Err(error) => error.into_response(),
                },
                Err(error) => error.into_response(),
            }
        })
    }
}

fn check(service: &Service, headers: &HeaderMap) -> Result<(), ApiError> {
    let field = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (Some(key), Some(nonce), Some(timestamp), Some(signature)) =
        (field("App-Key"), field("Nonce"), field("Timestamp"), field("Signature"))
    else {
        return Err(ApiError::signature("App-Key, Nonce, Timestamp and Signature are required"));
    };
    if key != service.config.app_key {
        return Err(ApiError::signature("the app key is not known"));
    }
    let expected = signature_of(&service.config.app_secret, nonce, timestamp);
    if !same(expected.as_bytes(), signature.to_ascii_lowercase().as_bytes()) {
        return Err(ApiError::signature("the signature does not match"));
    }
    Ok(())
}

/// Hex SHA-1 of secret, nonce and timestamp: what the `Signature` header must hold.
pub(crate) fn signature_of(secret: &str, nonce: &str, timestamp: &str) -> String {
    let text = format!("{secret}{nonce}{timestamp}");
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes()).as_ref())
}

/// Compares without telling by the time taken where the first difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |diff, (x, y)| diff | (x ^ y)) == 0
}

fn parse(body: &Bytes) -> Result<Form, ApiError> {
    let text = std::str::from_utf8(body).map_err(|_| ApiError::parameter("the body is not a form"))?;
    // The query extractor reads the same encoding that a form body has.
    let uri = axum::http::Uri::builder()
        .path_and_query(format!("/?{}", text.trim()))
        .build()
        .map_err(|_| ApiError::parameter("the body is not a form"))?;
    axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri)
        .map(|query| Form(query.0))
        .map_err(|_| ApiError::parameter("the body is not a form"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_hex_sha1_of_the_three_parts() {
        // The published test vector of SHA-1 for "abc".
        assert_eq!(signature_of("abc", "", ""), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(signature_of("a", "b", "c"), signature_of("abc", "", ""));
    }

    #[test]
    fn forms_may_repeat_a_key() {
        let form = parse(&Bytes::from_static(b"userId=a&userId=b%20c&groupId=g%E5%BC%A0")).unwrap();
        assert_eq!(form.ids("userId").unwrap(), ["a", "b c"]);
        assert_eq!(form.id("groupId").unwrap(), "g张");
        assert!(form.id("name").is_err());
    }
}
