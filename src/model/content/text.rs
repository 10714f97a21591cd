//! Kinds that are mostly words, and the parts that many kinds share.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Rest;
use crate::model::enums::MentionedType;

/// Who wrote it, inside the content. Kept as it came, since clients write the keys in any order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct UserInfo(pub Rest);

impl UserInfo {
    /// A user with name and address of the portrait.
    pub fn new(id: &str, name: &str, portrait_uri: &str) -> Self {
        let pairs = [("id", id), ("name", name), ("portraitUri", portrait_uri)];
        Self(pairs.into_iter().map(|(key, value)| (key.to_owned(), Value::from(value))).collect())
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(Value::as_str)
    }

    /// User id.
    pub fn id(&self) -> Option<&str> {
        self.text("id")
    }

    /// Display name.
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// Address of the portrait.
    pub fn portrait_uri(&self) -> Option<&str> {
        self.text("portraitUri")
    }
}

/// Who is mentioned. Kept as it came, since clients write the keys in any order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct MentionedInfo(pub Rest);

impl MentionedInfo {
    /// Mentions everybody, or the listed users.
    pub fn new(kind: MentionedType, users: &[&str]) -> Self {
        let mut info = Rest::new();
        info.insert("type".into(), kind.number().into());
        info.insert("userIdList".into(), users.into());
        Self(info)
    }

    /// Who is mentioned.
    pub fn kind(&self) -> Option<MentionedType> {
        let number = self.0.get("type").and_then(Value::as_i64)?;
        i32::try_from(number).ok().and_then(MentionedType::from_number)
    }

    /// The listed users.
    pub fn users(&self) -> Vec<&str> {
        let list = self.0.get("userIdList").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// What a notification says.
    pub fn mentioned_content(&self) -> Option<&str> {
        self.0.get("mentionedContent").and_then(Value::as_str)
    }
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
