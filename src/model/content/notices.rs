//! Kinds that announce or command something.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{MentionedInfo, Rest, UserInfo};

/// RC:InfoNtf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct InformationNotification {
    /// The line.
    pub message: String,
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

/// RC:ContactNtf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ContactNotification {
    /// What happened: "ContactOperationRequest" and the like.
    pub operation: String,
    /// Who is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_user_id: Option<String>,
    /// Words with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The sender's own note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_user_id: Option<String>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserInfo>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// RC:ProfileNtf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ProfileNotification {
    /// What changed.
    pub operation: String,
    /// Its new values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
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

/// RC:CmdNtf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct CommandNotification {
    /// Its data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Which command.
    pub name: String,
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

/// RC:CmdMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct CommandMessage {
    /// Its data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Which command.
    pub name: String,
    /// The sender's own note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// RC:GrpNtf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct GroupNotification {
    /// Who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_user_id: Option<String>,
    /// What was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Details.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Words with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The sender's own note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// RC:PSCmd.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct PublicServiceCommand {
    /// Words with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// The sender's own note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
    /// The menu item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub menu_item: Option<Value>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserInfo>,
    /// Who is mentioned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mentioned_info: Option<MentionedInfo>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// RC:PSImgTxtMsg. Received only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct PublicServiceRichContent {
    /// The article.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rich_content_message: Option<Value>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// RC:PSMultiImgTxtMsg. Received only: whatever JSON arrives is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct PublicServiceMultiRichContent {
    /// The articles, an array or an object that holds one.
    pub articles: Value,
}
