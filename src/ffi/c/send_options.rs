//! `AnserSendOptions`: what a message asks for beyond its content.

use std::collections::HashMap;
use std::ffi::c_char;
use std::mem::offset_of;

use super::input::{Growing, growing, owned, owned_or_none, texts};
use crate::client::{MentionOptions, PushOptions, SendOptions, SenderInfo};
use crate::model::ErrorCode;
use crate::model::enums::MentionedType;

/// What a message asks for beyond its content. Set `size` to `sizeof(AnserSendOptions)` and everything else
/// to 0, then what is wanted: fields of newer versions come at the end. Texts may be NULL, lists too if their
/// count is 0.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct AnserSendOptions {
    /// `sizeof(AnserSendOptions)`.
    pub size: usize,
    /// Text of the push notification for receivers that are offline.
    pub push_text: *const c_char,
    /// Opaque data of the push notification.
    pub push_data: *const c_char,
    /// For custom kinds: do not keep in the history.
    pub not_persisted: bool,
    /// For custom kinds: do not count as unread.
    pub not_counted: bool,
    /// Groups: only these members get it, up to 300, and it is in nobody's history at the server.
    pub to_user_ids: *const *const c_char,
    /// How many.
    pub to_user_count: usize,
    /// Those whom it mentions, with `mention` 2.
    pub mention_user_ids: *const *const c_char,
    /// How many.
    pub mention_user_count: usize,
    /// What the notification of those mentioned says.
    pub mention_text: *const c_char,
    /// Whom it mentions: 0 nobody, 1 everybody, 2 `mention_user_ids`.
    pub mention: i32,
    /// Seconds after reading until it destroys itself, up to 30 days; 0 never.
    pub destruct_seconds: u32,
    /// Keys of the pairs attached from the start, up to 300 of 32 bytes; they make it expandable.
    pub expansion_keys: *const *const c_char,
    /// Their values, of up to 4096 bytes, in the same order.
    pub expansion_values: *const *const c_char,
    /// How many pairs.
    pub expansion_count: usize,
    /// Title of the push notification.
    pub push_title: *const c_char,
    /// Replaces an earlier push notification of the same id.
    pub push_id: *const c_char,
    /// A template of the push service.
    pub push_template_id: *const c_char,
    /// Settings of the push notification per vendor, as JSON.
    pub push_configs: *const c_char,
    /// Who writes, inside the content, for receivers that do not know the user. The id; then a name is needed.
    pub sender_id: *const c_char,
    /// The display name.
    pub sender_name: *const c_char,
    /// Address of the portrait.
    pub sender_portrait_uri: *const c_char,
    /// What is found on this device beside the content's own text.
    pub search_words: *const c_char,
    /// For custom kinds with a file: the content's key that takes the file's address, "remoteUrl" if NULL.
    pub url_key: *const c_char,
    /// Only for those who are online now; kept nowhere, also not here. Needs a connection.
    pub status_only: bool,
    /// Push as a call does.
    pub voip_push: bool,
    /// No push notification.
    pub silent: bool,
    /// Key-value pairs can be attached later.
    pub expandable: bool,
    /// Push without a title.
    pub push_hide_title: bool,
    /// Push with the text, whatever the receiver has chosen.
    pub push_force_detail: bool,
    /// For fields to come.
    pub reserved: [u8; 2],
}

// SAFETY: numbers, flags and pointers, for which 0 means nothing; the first version ended before a pointer, so
// its padding holds no field.
unsafe impl Growing for AnserSendOptions {
    const FIRST: usize = offset_of!(AnserSendOptions, to_user_ids);
}

/// The options as the client takes them; NULL asks for nothing.
pub(super) fn send_options(options: *const AnserSendOptions) -> Result<SendOptions, ErrorCode> {
    let Some(options) = growing(options)? else { return Ok(SendOptions::default()) };
    let expansion = pairs(options.expansion_keys, options.expansion_values, options.expansion_count)?;
    Ok(SendOptions {
        push_text: owned_or_none(options.push_text)?,
        push_data: owned_or_none(options.push_data)?,
        persisted: options.not_persisted.then_some(false),
        counted: options.not_counted.then_some(false),
        mention: mention(&options)?,
        to_user_ids: texts(options.to_user_ids, options.to_user_count)?,
        status_only: options.status_only,
        voip_push: options.voip_push,
        silent: options.silent,
        expandable: options.expandable,
        expansion: Some(expansion).filter(|pairs| !pairs.is_empty()),
        push: push(&options)?,
        sender: sender(&options)?,
        search_words: owned_or_none(options.search_words)?,
        url_key: owned_or_none(options.url_key)?,
        destruct_seconds: options.destruct_seconds,
    })
}

/// Key-value pairs from two lists of the same length.
pub(super) fn pairs(
    keys: *const *const c_char,
    values: *const *const c_char,
    count: usize,
) -> Result<HashMap<String, String>, ErrorCode> {
    Ok(texts(keys, count)?.into_iter().zip(texts(values, count)?).collect())
}

fn mention(options: &AnserSendOptions) -> Result<Option<MentionOptions>, ErrorCode> {
    if options.mention == 0 {
        return Ok(None);
    }
    let kind = MentionedType::from_number(options.mention).ok_or(ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
    let user_ids = texts(options.mention_user_ids, options.mention_user_count)?;
    let text = owned_or_none(options.mention_text)?.unwrap_or_default();
    Ok(Some(MentionOptions { kind, user_ids, text }))
}

fn push(options: &AnserSendOptions) -> Result<Option<PushOptions>, ErrorCode> {
    let push = PushOptions {
        title: owned_or_none(options.push_title)?,
        push_id: owned_or_none(options.push_id)?,
        template_id: owned_or_none(options.push_template_id)?,
        configs: owned_or_none(options.push_configs)?,
        hide_title: options.push_hide_title,
        force_detail: options.push_force_detail,
    };
    Ok(Some(push).filter(|push| *push != PushOptions::default()))
}

fn sender(options: &AnserSendOptions) -> Result<Option<SenderInfo>, ErrorCode> {
    let Some(id) = owned_or_none(options.sender_id)? else { return Ok(None) };
    let portrait_uri = owned_or_none(options.sender_portrait_uri)?.unwrap_or_default();
    Ok(Some(SenderInfo { id, name: owned(options.sender_name)?, portrait_uri }))
}
