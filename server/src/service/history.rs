//! History queries: reading a page, clearing up to a time, deleting single messages.

use std::sync::Arc;

use anser::model::ErrorCode;
use anser::wire::{Body, Bytes, body};

use super::down::{stored, text};
use super::{Answer, Peer, Service, Task, Viewer, store_failed};
use crate::store::{HistoryRequest, Target};

/// Most messages in one page of history.
const MAX_PAGE: i32 = 100;
/// What a request without a count gets.
const DEFAULT_PAGE: i32 = 20;
/// A clearing time may lie so far ahead of the clock, because clients' clocks do.
const FUTURE_TOLERANCE_MS: i64 = 60_000;
/// Most messages in one deletion.
const MAX_DELETIONS: usize = 100;

/// Names a conversation by its id, private or group.
pub(super) type MakeTarget = fn(Arc<str>) -> Target;

impl Service {
    pub(super) fn history(
        self: &Arc<Self>,
        peer: &Peer,
        make: MakeTarget,
        frame_target: &str,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let query = body::HistoryQuery::from_bytes(body).map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
        if !self.config.history {
            return Err(ErrorCode::MSG_ROAMING_SERVICE_UNAVAILABLE);
        }
        let id = query.target_id.as_deref().filter(|id| !id.is_empty()).unwrap_or(frame_target);
        let count = match query.count.unwrap_or(0) {
            count if count <= 0 => DEFAULT_PAGE,
            count => count.min(MAX_PAGE),
        };
        let ascending = query.order == Some(1);
        let time = query.time.unwrap_or(0);
        let page = self.store.history(HistoryRequest {
            user: peer.user.clone(),
            target: make(text(id)),
            time,
            limit: u32::try_from(count).unwrap_or(1),
            ascending,
            kept_after: self.history_cutoff(),
        });
        let peer = peer.clone();
        Ok(Box::pin(async move {
            let page = match page.await {
                Ok(Some(page)) => page,
                Ok(None) => return Answer::error(ErrorCode::NOT_IN_GROUP),
                Err(error) => return Answer::error(store_failed(&error)),
            };
            let viewer = Viewer { user: &peer.user, family: peer.family };
            // Where to go on: the far end of the page in the direction asked for.
            let end = if ascending { page.messages.first() } else { page.messages.last() };
            Answer::body(&body::HistoryResult {
                sync_time: Some(end.map_or(time, |message| message.stamp)),
                has_more: Some(i32::from(page.more)),
                list: page.messages.iter().map(|message| stored(viewer, message)).collect(),
            })
        }))
    }

    pub(super) fn clear_history(
        self: &Arc<Self>,
        peer: &Peer,
        make: MakeTarget,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let request =
            body::ClearHistoryRequest::from_bytes(body).map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
        let until = request.data_time.unwrap_or(0);
        if until > self.now_ms().saturating_add(FUTURE_TOLERANCE_MS) {
            // The protocol's own status for it; clients make 34010 of it.
            return Ok(Box::pin(std::future::ready(Answer { status: 1, body: Bytes::new() })));
        }
        let target = make(text(&request.target_id.unwrap_or_default()));
        Ok(done(self.store.clear_history(&peer.user, &target, until)))
    }

    pub(super) fn delete_messages(
        self: &Arc<Self>,
        peer: &Peer,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let request =
            body::DeleteMessagesRequest::from_bytes(body).map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
        if request.messages.len() > MAX_DELETIONS {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
        }
        let uids = request.messages.into_iter().filter_map(|item| item.message_uid).collect();
        let deleted = self.store.delete_messages(&peer.user, uids);
        Ok(Box::pin(async move {
            match deleted.await {
                Ok(()) => Answer::body(&body::RequiredPlaceholder { nothing: Some(0) }),
                Err(error) => Answer::error(store_failed(&error)),
            }
        }))
    }
}

/// An answer without a body, once the store has done it.
pub(super) fn done(future: crate::store::StoreFuture<()>) -> Task<Answer> {
    Box::pin(async move {
        match future.await {
            Ok(()) => Answer::done(),
            Err(error) => Answer::error(store_failed(&error)),
        }
    })
}
