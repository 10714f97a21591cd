//! `/user/...`: tokens and blocks.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Form, Outcome};
use crate::service::Service;

/// `/user/getToken.json`: `userId`, `name`, `portraitUri`.
pub(super) fn get_token(service: Arc<Service>, form: Form) -> Outcome {
    Box::pin(async move {
        let user = form.id("userId")?;
        let lifetime = service.config.token_lifetime;
        let expires = lifetime.map(|lifetime| service.now_ms().saturating_add(millis(lifetime)));
        let token =
            service.issue_token(user, form.optional("name"), form.optional("portraitUri"), expires).await?;
        Ok(json!({ "code": 200, "userId": user, "token": token }))
    })
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// `/user/block.json`: `userId`. The user's connections end and logins are refused.
pub(super) fn block(service: Arc<Service>, form: Form) -> Outcome {
    set_blocked(service, form, true)
}

/// `/user/unblock.json`: `userId`.
pub(super) fn unblock(service: Arc<Service>, form: Form) -> Outcome {
    set_blocked(service, form, false)
}

fn set_blocked(service: Arc<Service>, form: Form, blocked: bool) -> Outcome {
    Box::pin(async move {
        for user in form.ids("userId")? {
            service.set_blocked(&user, blocked).await?;
        }
        Ok(json!({ "code": 200 }))
    })
}
