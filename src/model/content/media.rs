//! Kinds that carry or point to media.

use serde::{Deserialize, Serialize};

use super::{MentionedInfo, Rest, UserInfo};

/// RC:ImgMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct ImageMessage {
    /// Thumbnail, base64.
    pub content: String,
    /// Address of the picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_uri: Option<String>,
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

/// RC:GIFMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct GifMessage {
    /// Size in bytes.
    pub gif_data_size: i64,
    /// Path on the sender's device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_path: Option<String>,
    /// Address of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_url: Option<String>,
    /// Width in pixels.
    pub width: i32,
    /// Height in pixels.
    pub height: i32,
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

/// RC:VcMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct VoiceMessage {
    /// The recording, base64 of AMR.
    pub content: String,
    /// Seconds.
    pub duration: i64,
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

/// RC:HQVCMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct HqVoiceMessage {
    /// File format, "aac".
    #[serde(rename = "type")]
    pub format: String,
    /// Path on the sender's device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_path: Option<String>,
    /// Address of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote_url: Option<String>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<i64>,
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

/// RC:FileMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct FileMessage {
    /// File name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// File type, "pdf".
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Address of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_url: Option<String>,
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

/// RC:SightMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct SightMessage {
    /// Thumbnail, base64.
    pub content: String,
    /// Address of the film.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sight_url: Option<String>,
    /// Seconds.
    pub duration: i64,
    /// Size in bytes.
    pub size: i64,
    /// File name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
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

/// RC:LBSMsg.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LocationMessage {
    /// Degrees.
    pub latitude: serde_json::Number,
    /// Degrees.
    pub longitude: serde_json::Number,
    /// Name of the place.
    pub poi: String,
    /// Picture of the map, base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
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
