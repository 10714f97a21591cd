//! What is sent: the options of a message, the host's own kinds of content, and the check of both before a
//! message is taken.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use serde_json::{Value, json};

use super::shared::{Shared, User};
use super::{Error, Result};
use crate::model::content::{Content, MentionedInfo, UserInfo, flags_of};
use crate::model::enums::MentionedType;
use crate::model::{ConversationKey, ConversationType, ErrorCode, MessageFlags, NavigationInfo};
use crate::session::Incoming;
use crate::store::{MAX_EXPANSION, MAX_EXPANSION_KEY, MAX_EXPANSION_VALUE, NewMessage};
use crate::wire::{Body, Topic, body};

/// Largest content, in bytes of its JSON.
pub(super) const MAX_CONTENT: usize = 128 * 1024;
/// Longest target id and object name, in bytes.
const MAX_ID: usize = 64;
/// Users that one directed message names at most.
const MAX_DIRECTED: usize = 300;
/// Longest countdown of a message that destroys itself, seconds: 30 days.
const MAX_BURN: u32 = 30 * 86_400;

/// What a message asks for beyond its content.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct SendOptions {
    /// Text of the push notification for receivers that are offline.
    #[uniffi(default = None)]
    pub push_text: Option<String>,
    /// Opaque data of the push notification.
    #[uniffi(default = None)]
    pub push_data: Option<String>,
    /// For custom kinds: kept in the history. Built-in and registered kinds have their own answer. Default: yes.
    #[uniffi(default = None)]
    pub persisted: Option<bool>,
    /// For custom kinds: counts as unread. Built-in and registered kinds have their own answer. Default: yes.
    #[uniffi(default = None)]
    pub counted: Option<bool>,
    /// Whom it mentions.
    #[uniffi(default = None)]
    pub mention: Option<MentionOptions>,
    /// Groups: only these members get it, and it is in nobody's history at the server. Up to 300.
    #[uniffi(default = [])]
    pub to_user_ids: Vec<String>,
    /// Only for those who are online now; kept nowhere, also not here. Needs a connection.
    #[uniffi(default = false)]
    pub status_only: bool,
    /// Push as a call does.
    #[uniffi(default = false)]
    pub voip_push: bool,
    /// No push notification.
    #[uniffi(default = false)]
    pub silent: bool,
    /// Key-value pairs can be attached later.
    #[uniffi(default = false)]
    pub expandable: bool,
    /// Pairs attached from the start; makes it expandable. Up to 300 of 32 and 4096 bytes.
    #[uniffi(default = None)]
    pub expansion: Option<HashMap<String, String>>,
    /// More about the push notification. [4.x]
    #[uniffi(default = None)]
    pub push: Option<PushOptions>,
    /// Who writes, inside the content, for receivers that do not know the user.
    #[uniffi(default = None)]
    pub sender: Option<SenderInfo>,
    /// What is found here beside the content's own text.
    #[uniffi(default = None)]
    pub search_words: Option<String>,
    /// For custom kinds with a file (see [`super::Media::send`]): the content's key that takes the file's
    /// address. Default: `remoteUrl`.
    #[uniffi(default = None)]
    pub url_key: Option<String>,
    /// Seconds after reading until it destroys itself, up to 30 days; 0 never.
    #[uniffi(default = 0)]
    pub destruct_seconds: u32,
}

/// Whom a message mentions.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MentionOptions {
    /// Everybody, or those named.
    pub kind: MentionedType,
    /// Those named.
    #[uniffi(default = [])]
    pub user_ids: Vec<String>,
    /// What their notification says.
    #[uniffi(default = "")]
    pub text: String,
}

/// More about the push notification. [4.x]
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct PushOptions {
    /// Its title.
    #[uniffi(default = None)]
    pub title: Option<String>,
    /// Replaces an earlier one of the same id.
    #[uniffi(default = None)]
    pub push_id: Option<String>,
    /// A template of the push service.
    #[uniffi(default = None)]
    pub template_id: Option<String>,
    /// Settings per vendor, as JSON.
    #[uniffi(default = None)]
    pub configs: Option<String>,
    /// Without a title.
    #[uniffi(default = false)]
    pub hide_title: bool,
    /// With the text, whatever the receiver has chosen.
    #[uniffi(default = false)]
    pub force_detail: bool,
}

/// Who writes, inside the content.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SenderInfo {
    /// User id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Address of the portrait.
    #[uniffi(default = "")]
    pub portrait_uri: String,
}

/// A kind of content that the host defines.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MessageKind {
    /// Its object name, 1 to 64 bytes; not one of the built-in kinds.
    pub object_name: String,
    /// Kept in the history.
    pub persisted: bool,
    /// Counts as unread.
    pub counted: bool,
    /// Keys that its content must have.
    #[uniffi(default = [])]
    pub fields: Vec<String>,
    /// Keys whose text is found by search.
    #[uniffi(default = [])]
    pub search_fields: Vec<String>,
}

impl MessageKind {
    fn flags(&self) -> MessageFlags {
        let bit = |wanted: bool, flag: MessageFlags| if wanted { flag.0 } else { 0 };
        MessageFlags(bit(self.persisted, MessageFlags::PERSISTED) | bit(self.counted, MessageFlags::COUNTED))
    }

    /// What is found of such a content.
    pub(super) fn search_words(&self, content: &str) -> Option<String> {
        if self.search_fields.is_empty() {
            return None;
        }
        let json: Value = serde_json::from_str(content).ok()?;
        let texts: Vec<&str> = self.search_fields.iter().filter_map(|key| json.get(key)?.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join("\n"))
    }
}

/// The host's own kinds.
#[derive(Debug, Default)]
pub(crate) struct Kinds(RwLock<HashMap<String, MessageKind>>);

impl Kinds {
    /// Adds kinds; one of the same name is replaced.
    pub(super) fn register(&self, kinds: Vec<MessageKind>) -> Result<()> {
        for kind in &kinds {
            check_id(&kind.object_name, ErrorCode::OBJECT_NAME_INVALID)?;
            if flags_of(&kind.object_name).is_some() {
                let words = format!("{} is a built-in kind", kind.object_name);
                return Err(Error::with_words(ErrorCode::OBJECT_NAME_INVALID, words));
            }
        }
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.extend(kinds.into_iter().map(|kind| (kind.object_name.clone(), kind)));
        Ok(())
    }

    pub(super) fn get(&self, object_name: &str) -> Option<MessageKind> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(object_name).cloned()
    }

    /// Adds what is found of the host's kinds to messages on their way to the store.
    pub(super) fn find_words(&self, messages: &mut [Incoming]) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            return;
        }
        for message in messages {
            message.search_words =
                known.get(&message.object_name).and_then(|kind| kind.search_words(&message.content));
        }
    }
}

/// Checks a message and makes it ready for the outbox. `file`: the size of the file that goes with it, in bytes, 0 if
/// none does.
pub(super) fn compose(
    shared: &Shared,
    user: &User,
    conversation: ConversationKey,
    object_name: String,
    content: String,
    options: SendOptions,
    file: u64,
) -> Result<NewMessage> {
    let kind = conversation.conversation_type;
    if !matches!(kind, ConversationType::Private | ConversationType::Group) {
        return Err(ErrorCode::CONVERSATION_TYPE_UNSUPPORTED.into());
    }
    let topic =
        Topic::for_message(kind, options.status_only).ok_or(ErrorCode::CONVERSATION_TYPE_UNSUPPORTED)?;
    check_key(&conversation)?;
    check_id(&object_name, ErrorCode::OBJECT_NAME_INVALID)?;
    check_options(kind, &options)?;
    let own_kind = shared.kinds.get(&object_name);
    check_content(&object_name, &content, own_kind.as_ref())?;
    check_limits(&shared.navigation(), &object_name, &content, file)?;
    let content = with_extras(content, &options)?;
    let flags = flags(&object_name, own_kind.as_ref(), &options);
    let client_id = shared.next_client_id();
    let pairs = options.expansion.filter(|pairs| !pairs.is_empty());
    // On the wire each value stands in an object of its own.
    let on_wire = |pairs: &HashMap<String, String>| -> serde_json::Map<String, Value> {
        pairs.iter().map(|(key, value)| (key.clone(), json!({ "v": value }))).collect()
    };
    let extra_content = pairs.as_ref().map(|pairs| Value::Object(on_wire(pairs)).to_string());
    let body = body::UpstreamMessage {
        flags: Some(flags.0),
        object_name: Some(object_name.clone()),
        content: Some(content.clone().into()),
        push_text: options.push_text,
        push_data: options.push_data,
        to_user_ids: options.to_user_ids,
        config_flag: Some(config_flag(options.voip_push, options.push.as_ref())),
        client_unique_id: Some(client_id),
        extra_content,
        push_ext: options.push.map(push_ext),
        ..Default::default()
    };
    let search_words = options.search_words.or_else(|| own_kind.and_then(|kind| kind.search_words(&content)));
    Ok(NewMessage {
        sender: user.id.clone(),
        time: shared.server_now(),
        body: body.to_bytes(),
        conversation,
        object_name,
        content,
        flags,
        client_id,
        topic,
        expansion: pairs.map(|pairs| json!(pairs).to_string()),
        search_words,
    })
}

/// What navigation allows of GIFs and short videos. `file` as for [`compose`].
///
/// # Errors
/// The GIF is too large (34003), the video too long (34002).
fn check_limits(navigation: &NavigationInfo, object_name: &str, content: &str, file: u64) -> Result<()> {
    let number = |key: &str| {
        let json = serde_json::from_str::<Value>(content).ok()?;
        json.get(key)?.as_f64()
    };
    match object_name {
        GIF => {
            let bytes = number("gifDataSize").unwrap_or(0.0).max(file as f64);
            let limit = navigation.gif_kilobytes.map(|kilobytes| f64::from(kilobytes) * 1_024.0);
            match limit {
                Some(limit) if bytes > limit => Err(ErrorCode::GIF_SIZE_OUT_OF_LIMIT.into()),
                _ => Ok(()),
            }
        }
        SIGHT => match navigation.video_seconds {
            Some(limit) if number("duration").is_some_and(|seconds| seconds > f64::from(limit)) => {
                Err(ErrorCode::SIGHT_DURATION_OUT_OF_LIMIT.into())
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

const GIF: &str = "RC:GIFMsg";
const SIGHT: &str = "RC:SightMsg";

fn flags(object_name: &str, kind: Option<&MessageKind>, options: &SendOptions) -> MessageFlags {
    if options.status_only {
        return MessageFlags(0);
    }
    let bit = |wanted: bool, flag: MessageFlags| if wanted { flag.0 } else { 0 };
    let own = kind.map(MessageKind::flags).unwrap_or_else(|| {
        MessageFlags(
            bit(options.persisted.unwrap_or(true), MessageFlags::PERSISTED)
                | bit(options.counted.unwrap_or(true), MessageFlags::COUNTED),
        )
    });
    let base = flags_of(object_name).unwrap_or(own);
    MessageFlags(
        base.0
            | bit(options.mention.is_some(), MessageFlags::MENTIONED)
            | bit(options.silent, MessageFlags::SILENT)
            | bit(options.expandable || options.expansion.is_some(), MessageFlags::EXPANDABLE),
    )
}

/// Bits of flows §5.2.
fn config_flag(voip_push: bool, push: Option<&PushOptions>) -> i32 {
    let bit = |wanted: bool, bit: i32| if wanted { bit } else { 0 };
    bit(voip_push, 1)
        | bit(push.is_some_and(|push| push.hide_title), 4)
        | bit(push.is_some_and(|push| push.force_detail), 8)
}

fn push_ext(push: PushOptions) -> body::PushExtra {
    body::PushExtra {
        title: push.title,
        push_id: push.push_id,
        push_configs: push.configs,
        template_id: push.template_id,
        ..Default::default()
    }
}

/// Puts what the options say into the content. Content that needs nothing keeps its bytes.
fn with_extras(content: String, options: &SendOptions) -> Result<String> {
    if options.mention.is_none() && options.sender.is_none() && options.destruct_seconds == 0 {
        return Ok(content);
    }
    let json: Option<serde_json::Map<String, Value>> = serde_json::from_str(&content).ok();
    let mut json = json.ok_or(ErrorCode::CONTENT_INVALID)?;
    if let Some(sender) = &options.sender {
        let user = UserInfo::new(&sender.id, &sender.name, &sender.portrait_uri);
        json.insert("user".into(), Value::Object(user.0));
    }
    if let Some(mention) = &options.mention {
        let users: Vec<&str> = mention.user_ids.iter().map(String::as_str).collect();
        let mut info = MentionedInfo::new(mention.kind, &users);
        if !mention.text.is_empty() {
            info.0.insert("mentionedContent".into(), mention.text.clone().into());
        }
        json.insert("mentionedInfo".into(), Value::Object(info.0));
    }
    if options.destruct_seconds > 0 {
        json.insert("burnDuration".into(), options.destruct_seconds.into());
    }
    let content = Value::Object(json).to_string();
    if content.len() > MAX_CONTENT {
        return Err(ErrorCode::MSG_SIZE_OUT_OF_LIMIT.into());
    }
    Ok(content)
}

fn check_options(kind: ConversationType, options: &SendOptions) -> Result<()> {
    let invalid = |words: &str| Err(Error::with_words(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, words));
    if !options.to_user_ids.is_empty() && kind != ConversationType::Group {
        return invalid("only a group's message can name its receivers");
    }
    if options.to_user_ids.len() > MAX_DIRECTED {
        return invalid("a message names 300 receivers at most");
    }
    if options.destruct_seconds > MAX_BURN {
        return invalid("a message destroys itself within 30 days");
    }
    if let Some(mention) = &options.mention
        && mention.kind == MentionedType::Part
        && mention.user_ids.is_empty()
    {
        return invalid("a mention of some users names them");
    }
    if options.status_only && options.expansion.is_some() {
        return invalid("a message that is kept nowhere carries no pairs");
    }
    options.expansion.as_ref().map_or(Ok(()), |pairs| check_pairs(pairs, pairs.len()))
}

/// Checks pairs of an expansion; `total` is how many the message will have.
pub(super) fn check_pairs(pairs: &HashMap<String, String>, total: usize) -> Result<()> {
    let fits = |(key, value): (&String, &String)| {
        !key.is_empty() && key.len() <= MAX_EXPANSION_KEY && value.len() <= MAX_EXPANSION_VALUE
    };
    if total > MAX_EXPANSION || !pairs.iter().all(fits) {
        let words = "an expansion has up to 300 pairs of up to 32 and 4096 bytes";
        return Err(Error::with_words(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, words));
    }
    Ok(())
}

/// Checks the target of a conversation.
pub(super) fn check_key(key: &ConversationKey) -> Result<()> {
    check_id(&key.target_id, ErrorCode::TARGET_ID_INVALID)
}

pub(super) fn check_id(id: &str, code: ErrorCode) -> Result<()> {
    if id.trim().is_empty() || id.len() > MAX_ID || id.chars().any(char::is_control) {
        return Err(code.into());
    }
    Ok(())
}

/// Content is JSON; that of a built-in kind has that kind's fields, that of the host's kinds the keys that it
/// named.
pub(super) fn check_content(object_name: &str, content: &str, kind: Option<&MessageKind>) -> Result<()> {
    if content.len() > MAX_CONTENT {
        return Err(ErrorCode::MSG_SIZE_OUT_OF_LIMIT.into());
    }
    let fits = match Content::read(object_name, content) {
        Content::Other { .. } => {
            let json: Option<Value> = serde_json::from_str(content).ok();
            let json = json.filter(|json| json.is_object() || json.is_array());
            let fields = kind.map(|kind| kind.fields.as_slice()).unwrap_or_default();
            !Content::TYPED.contains(&object_name)
                && json.is_some_and(|json| fields.iter().all(|key| json.get(key).is_some()))
        }
        _ => true,
    };
    if fits { Ok(()) } else { Err(ErrorCode::CONTENT_INVALID.into()) }
}
