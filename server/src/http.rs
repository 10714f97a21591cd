//! The one HTTP surface: which path is answered by whom, and CORS on everything, because browsers ask from
//! pages of other origins. Knows no rules of its own.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::gateway::{self, Gateway};
use crate::{api, exist, navi};

/// Everything that the server answers.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    // JSON inside JSON inside a request: every quote of a content is escaped twice.
    let limit = DefaultBodyLimit::max(gateway.service.config.max_frame.saturating_mul(4));
    Router::new()
        .route("/navi.js", get(navi::navi))
        .route("/cometnavi.js", get(navi::navi))
        .route("/message/exist.js", get(exist::exist))
        .route("/ping", get(ping))
        .route("/websocket", get(gateway::connect).merge(post(gateway::send).layer(limit)))
        .route("/pullmsg.js", get(gateway::hold))
        .merge(api::routes())
        .layer(middleware::from_fn(cors))
        .with_state(gateway)
}

/// The race between servers takes the first 200; the body does not matter.
async fn ping() -> &'static str {
    ""
}

async fn cors(request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("*"));
    response
}
