//! Kinds that speak about other messages.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Rest, UserInfo};

/// RC:ReadNtf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ReadReceipt {
    /// Everything up to this server time is read, ms.
    pub last_message_send_time: i64,
    /// The newest read message.
    #[serde(rename = "messageUId", skip_serializing_if = "Option::is_none")]
    pub message_uid: Option<String>,
    /// 1: private.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<i32>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// RC:RRReqMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ReadReceiptRequest {
    /// For which message.
    #[serde(rename = "messageUId", skip_serializing_if = "Option::is_none")]
    pub message_uid: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// RC:RRRspMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ReadReceiptResponse {
    /// Message uids that were read, by their sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt_message_dic: Option<Map<String, Value>>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// RC:RcCmd.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct RecallCommand {
    /// The message taken back.
    #[serde(rename = "messageUId")]
    pub message_uid: String,
    /// Where it was.
    pub conversation_type: i32,
    /// Where it was.
    pub target_id: String,
    /// Its server time, ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_time: Option<i64>,
    /// The sender's own note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserInfo>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// RC:TypSts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct TypingStatus {
    /// Object name of what is being typed.
    pub typing_content_type: String,
    /// Anything more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}
