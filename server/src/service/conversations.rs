//! The conversation list of a user: reading it in both request forms, hiding lines, read marks.

use std::sync::Arc;

use anser::model::{ConversationType, ErrorCode};
use anser::wire::{Body, Bytes, body};

use super::down::{stored, text};
use super::history::done;
use super::{Answer, Family, Peer, Service, Task, Viewer, store_failed};
use crate::store::Target;

/// The target that a request names; `None` for types that this server does not keep.
pub(super) fn target_of(kind: Option<i32>, id: &str) -> Option<Target> {
    match ConversationType::from_number(kind?)? {
        ConversationType::Private => Some(Target::User(text(id))),
        ConversationType::Group => Some(Target::Group(text(id))),
        _ => None,
    }
}

fn kind_of(target: &Target) -> i32 {
    match target {
        Target::User(_) => ConversationType::Private.number(),
        Target::Group(_) => ConversationType::Group.number(),
    }
}

impl Service {
    /// `qryRelation` of 2.5.x.
    pub(super) fn conversations(
        self: &Arc<Self>,
        peer: &Peer,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let query =
            body::ConversationsQuery::from_bytes(body).map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
        Ok(self.list(peer, query.count, None))
    }

    /// `qryRelationR` of the 4.x engine.
    pub(super) fn conversations_v4(
        self: &Arc<Self>,
        peer: &Peer,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let query =
            body::ConversationsQueryV4::from_bytes(body).map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
        Ok(self.list(peer, query.count, query.start_time))
    }

    /// Newest first; with a start time only what lies before it.
    fn list(self: &Arc<Self>, peer: &Peer, count: Option<i32>, before: Option<i64>) -> Task<Answer> {
        let count = count.and_then(|count| u32::try_from(count).ok()).unwrap_or(0);
        let before = before.filter(|time| *time > 0);
        let limit = if before.is_some() { 0 } else { count };
        let rows = self.store.conversations(&peer.user, limit, self.history_cutoff());
        let peer = peer.clone();
        let additions = self.config.announce_additions && peer.family == Family::Anser;
        Box::pin(async move {
            let mut rows = match rows.await {
                Ok(rows) => rows,
                Err(error) => return Answer::error(store_failed(&error)),
            };
            if let Some(before) = before {
                rows.retain(|row| row.last.stamp < before);
                if count > 0 {
                    rows.truncate(usize::try_from(count).unwrap_or(usize::MAX));
                }
            }
            let viewer = Viewer { user: &peer.user, family: peer.family };
            let items = rows
                .iter()
                .map(|row| body::ConversationItem {
                    r#type: Some(kind_of(&row.target)),
                    target_id: Some(row.target.id().to_string()),
                    message: Some(stored(viewer, &row.last)),
                    read_message_time: Some(row.read_to),
                    peer_delivered_time: Some(row.peer_delivered_to).filter(|time| additions && *time > 0),
                    peer_read_time: Some(row.peer_read_to).filter(|time| additions && *time > 0),
                    ..Default::default()
                })
                .collect();
            Answer::body(&body::ConversationsResult { items })
        })
    }

    /// `delRelation`: only the type counts, and the two generations write it in different bodies.
    pub(super) fn hide_conversation(
        self: &Arc<Self>,
        peer: &Peer,
        frame_target: &str,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let kind = match body::ConversationsQuery::from_bytes(body.clone()) {
            Ok(query) => query.r#type,
            Err(_) => {
                body::ConversationsQueryV4::from_bytes(body)
                    .map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?
                    .r#type
            }
        };
        Ok(match target_of(kind, frame_target) {
            Some(target) => done(self.store.hide_conversation(&peer.user, &target)),
            // There is no such line, so it is gone already.
            None => Box::pin(std::future::ready(Answer::done())),
        })
    }

    /// `delSessions` of the 4.x engine: several lines at once.
    pub(super) fn hide_conversations(
        self: &Arc<Self>,
        peer: &Peer,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let request = body::DeleteConversationsRequest::from_bytes(body)
            .map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
        let hidden: Vec<_> = request
            .sessions
            .iter()
            .filter_map(|key| target_of(key.r#type, key.target_id.as_deref()?))
            .map(|target| self.store.hide_conversation(&peer.user, &target))
            .collect();
        Ok(Box::pin(async move {
            for one in hidden {
                if let Err(error) = one.await {
                    return Answer::error(store_failed(&error));
                }
            }
            Answer::done()
        }))
    }

    /// `updRRTime` of the 4.x engine: the read mark.
    pub(super) fn mark_read(self: &Arc<Self>, peer: &Peer, body: Bytes) -> Result<Task<Answer>, ErrorCode> {
        let request = body::MarkConversationReadRequest::from_bytes(body)
            .map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
        let id = request.target_id.unwrap_or_default();
        let target = target_of(request.r#type, &id).ok_or(ErrorCode::CONVERSATION_TYPE_UNSUPPORTED)?;
        Ok(done(self.store.mark_read(&peer.user, &target, request.message_time.unwrap_or(0))))
    }
}
