//! Kinds that are mostly words, and the parts that many kinds share.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Rest;

/// Who wrote it, inside the content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct UserInfo {
    /// User id.
    pub id: String,
    /// Display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address of the portrait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portrait_uri: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// Who is mentioned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct MentionedInfo {
    /// 1 everybody, 2 the listed users.
    #[serde(rename = "type")]
    pub kind: i32,
    /// The users, with `kind` 2.
    pub user_id_list: Vec<String>,
    /// What a notification says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mentioned_content: Option<String>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// RC:TxtMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct TextMessage {
    /// The text.
    pub content: String,
    /// The sender's own note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
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

impl TextMessage {
    /// Plain text, with the empty `extra` that the web clients write.
    pub fn new(text: impl Into<String>) -> Self {
        Self { content: text.into(), extra: Some(String::new()), ..Self::default() }
    }
}

/// RC:ImgTextMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct RichContentMessage {
    /// Headline.
    pub title: String,
    /// Text below it.
    pub content: String,
    /// Address of the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_uri: Option<String>,
    /// The sender's own note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<String>,
    /// Where a tap leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Who wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserInfo>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// RC:CombineMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct CombineMessage {
    /// Whose messages they are.
    pub name_list: Vec<String>,
    /// Address of the page that shows them all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_url: Option<String>,
    /// Who combined them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserInfo>,
    /// The first few, one line each.
    pub summary_list: Vec<String>,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}

/// RC:ReferenceMsg. [4.x]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ReferenceMessage {
    /// Who wrote the quoted message.
    pub refer_msg_user_id: String,
    /// The quoted content.
    pub refer_msg: Value,
    /// The answer.
    pub content: String,
    /// Object name of the quoted message.
    pub obj_name: String,
    /// Anything else.
    #[serde(flatten)]
    pub rest: Rest,
}
