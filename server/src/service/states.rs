//! Mute and top of conversations, in the words of both generations: `setSeAtt` and `pullSeAtts` of the 4.x
//! engine, `blkPPush` and its family of 2.5. Both work on the same states.

use std::sync::Arc;

use anser::model::{ConversationType, ErrorCode};
use anser::wire::{Body, Bytes, body};

use super::{Answer, Peer, Service, Task, store_failed, usable_id};
use crate::bus::Change;
use crate::store::{StateChange, StateRow};

/// Kinds of states; the third, tags, is not served.
const SILENT: i32 = 1;
const TOP: i32 = 2;
/// Most conversations in one change.
const MAX_CHANGES: usize = 100;
/// Longest value: a sign and digits.
const MAX_VALUE: usize = 4;

/// `-1`, `0`, `1` and further levels.
fn is_level(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    value.len() <= MAX_VALUE && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

impl Service {
    /// `pullSeAtts`: states newer than a time.
    pub(super) fn conversation_states(
        self: &Arc<Self>,
        peer: &Peer,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let request = body::PullConversationStatesRequest::from_bytes(body)
            .map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
        let states = self.store.states(&peer.user, request.time.unwrap_or(0));
        Ok(Box::pin(async move {
            match states.await {
                Ok(states) => Answer::body(&body::ConversationStates {
                    version: Some(states.version),
                    state: states.rows.into_iter().map(shown).collect(),
                }),
                Err(error) => Answer::error(store_failed(&error)),
            }
        }))
    }

    /// `setSeAtt`: changes some states.
    pub(super) fn set_conversation_states(
        self: &Arc<Self>,
        peer: &Peer,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let request =
            body::ConversationStates::from_bytes(body).map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
        if request.state.len() > MAX_CHANGES {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
        }
        let changes = request.state.into_iter().map(change).collect::<Result<Vec<_>, _>>()?;
        let set = self.store.set_states(&peer.user, changes);
        Ok(self.changed(peer, set, Change::States, |version| {
            Answer::body(&body::VersionReply { version: Some(version) })
        }))
    }

    /// `qryPPush`, `qryDPush`: the status is the answer, 1 is muted.
    pub(super) fn is_muted(
        self: &Arc<Self>,
        peer: &Peer,
        kind: ConversationType,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let target = muted_target(body)?;
        let state = self.store.state(&peer.user, kind.number(), &target);
        Ok(Box::pin(async move {
            match state.await {
                Ok(state) => {
                    let muted = state.and_then(|state| state.silent).is_some_and(|level| level != "0");
                    Answer { status: u16::from(muted), body: Bytes::new() }
                }
                Err(error) => Answer::error(store_failed(&error)),
            }
        }))
    }

    /// `blkPPush`, `unblkPPush` and those of groups.
    pub(super) fn mute(
        self: &Arc<Self>,
        peer: &Peer,
        kind: ConversationType,
        muted: bool,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let silent = Some(u8::from(muted).to_string());
        let change = StateChange { kind: kind.number(), target: muted_target(body)?, silent, top: None };
        let set = self.store.set_states(&peer.user, vec![change]);
        Ok(self.changed(peer, set, Change::States, |_| Answer::done()))
    }
}

fn muted_target(body: Bytes) -> Result<String, ErrorCode> {
    let request = body::BlockPushRequest::from_bytes(body).map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
    request.target_id.filter(|id| usable_id(id)).ok_or(ErrorCode::BIZ_ERROR_INVALID_PARAMETER)
}

fn change(state: body::ConversationState) -> Result<StateChange, ErrorCode> {
    let invalid = ErrorCode::BIZ_ERROR_INVALID_PARAMETER;
    let kind = state.r#type.and_then(ConversationType::from_number).ok_or(invalid)?;
    let target = state.target_id.filter(|id| usable_id(id)).ok_or(invalid)?;
    let mut change = StateChange { kind: kind.number(), target, silent: None, top: None };
    for item in state.items {
        let value = item.value.unwrap_or_default();
        let fits = match item.kind {
            Some(SILENT) => is_level(&value),
            Some(TOP) => value == "0" || value == "1",
            _ => continue,
        };
        if !fits {
            return Err(invalid);
        }
        *(if item.kind == Some(TOP) { &mut change.top } else { &mut change.silent }) = Some(value);
    }
    Ok(change)
}

/// All states of the conversation: the engine takes one that lacks for "off".
fn shown(row: StateRow) -> body::ConversationState {
    let item = |(kind, value): (i32, Option<String>)| {
        value.map(|value| body::ConversationStateItem {
            kind: Some(kind),
            value: Some(value),
            tags: Vec::new(),
        })
    };
    body::ConversationState {
        r#type: Some(row.kind),
        target_id: Some(row.target),
        time: Some(row.version),
        items: [(SILENT, row.silent), (TOP, row.top)].into_iter().filter_map(item).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::is_level;

    #[test]
    fn levels_are_short_numbers() {
        assert!(["0", "1", "-1", "5"].into_iter().all(is_level));
        assert!(!["", "-", "a", "1 ", "--1", "12345"].into_iter().any(is_level));
    }
}
