//! Recalls: what a RC:RcCmd on the topic `recallMsg` takes back, and within which time. The work is the
//! store's, in one transaction with the command.

use anser::model::ErrorCode;
use serde::Deserialize;

use super::conversations::target_of;
use super::{Service, usable_id};
use crate::store::{Effect, Target};

/// The one object name that recalls.
const COMMAND: &str = "RC:RcCmd";

/// What the server reads of the command's content.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Command {
    conversation_type: i32,
    target_id: String,
    #[serde(rename = "messageUId")]
    message_uid: String,
}

impl Service {
    /// The conversation that a recall command names, and what it does there.
    pub(super) fn recall(&self, object_name: &str, content: &[u8]) -> Result<(Target, Effect), ErrorCode> {
        let command: Command = serde_json::from_slice(content).map_err(|_| ErrorCode::RECALL_MESSAGE)?;
        if object_name != COMMAND || !usable_id(&command.message_uid) || !usable_id(&command.target_id) {
            return Err(ErrorCode::RECALL_MESSAGE);
        }
        let target = target_of(Some(command.conversation_type), &command.target_id)
            .ok_or(ErrorCode::RECALL_MESSAGE)?;
        let not_before = match self.config.recall_seconds {
            0 => 0,
            seconds => self.now_ms().saturating_sub(i64::from(seconds) * 1000),
        };
        Ok((target, Effect::Recall { uid: command.message_uid.into(), not_before }))
    }
}
