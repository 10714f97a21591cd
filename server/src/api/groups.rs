//! `/group/...`: who belongs to which group. Clients have no say in it.

use std::sync::Arc;

use serde_json::json;

use super::{ApiError, Form, Outcome};
use crate::service::Service;

/// `/group/create.json`: `userId` (repeated), `groupId`, `groupName`.
pub(super) fn create(service: Arc<Service>, form: Form) -> Outcome {
    Box::pin(async move {
        let group = form.id("groupId")?;
        let name = form.optional("groupName").ok_or_else(|| ApiError::parameter("groupName is required"))?;
        service.store.create_group(group, name, form.ids("userId")?).await?;
        Ok(json!({ "code": 200 }))
    })
}

/// `/group/join.json`: `userId` (repeated), `groupId`. A group that is not there yet is created, as the
/// official SDKs rely on.
pub(super) fn join(service: Arc<Service>, form: Form) -> Outcome {
    Box::pin(async move {
        let (group, users) = (form.id("groupId")?, form.ids("userId")?);
        if !service.store.join_group(group, users.clone()).await? {
            let name = form.optional("groupName").unwrap_or(group);
            service.store.create_group(group, name, users).await?;
        }
        Ok(json!({ "code": 200 }))
    })
}

/// `/group/quit.json`: `userId` (repeated), `groupId`.
pub(super) fn quit(service: Arc<Service>, form: Form) -> Outcome {
    Box::pin(async move {
        let (group, users) = (form.id("groupId")?, form.ids("userId")?);
        if !service.store.quit_group(group, users).await? {
            return Err(ApiError::parameter("groupId names no group"));
        }
        Ok(json!({ "code": 200 }))
    })
}
