//! Structs that grow: whole ones, and such as an older program or a wrong one gives.

use std::ffi::c_char;

use anser::ffi::c::*;

use super::arguments::{Argument, LIST, count, list, number, text};
use super::call::Call;
use super::host;

/// The size that a struct says it has. One beyond what is there is a newer program's, whose end nobody reads.
fn size<T>(call: &mut Call) -> usize {
    match call.source.u8() {
        0..230 => size_of::<T>(),
        230..250 => call.source.below(size_of::<T>() + 16),
        _ => usize::MAX,
    }
}

/// A list and how many of it.
fn counted<T: Copy + 'static>(call: &mut Call, one: fn(&mut Call) -> T) -> (*const T, usize) {
    // Empty for the most part: one list that is refused hides all the others.
    if call.source.u8() < 128 {
        return (std::ptr::null(), 0);
    }
    (list(call, one), count(call, LIST))
}

type Texts = *const *const c_char;

fn texts(call: &mut Call) -> (Texts, usize) {
    counted(call, text)
}

/// Text that is mostly not there.
fn rarely(call: &mut Call) -> *const c_char {
    if call.source.u8() < 160 { std::ptr::null() } else { text(call) }
}

fn some<T: 'static>(call: &mut Call, make: fn(&mut Call) -> T) -> *const T {
    if call.source.u8() < 40 {
        return std::ptr::null();
    }
    let made = make(call);
    call.keep(made)
}

macro_rules! structs {
    ($($kind:ty = $make:path;)*) => {
        $(impl Argument for *const $kind {
            fn make(call: &mut Call) -> Self {
                some(call, $make)
            }
        })*
    };
}

structs! {
    AnserSendOptions = send_options;
    AnserInsertedMessage = inserted;
    AnserHistoryQuery = history_query;
    AnserConversationFilter = filter;
    AnserSearchQuery = search_query;
    AnserDownloadOptions = download_options;
    AnserUploader = uploader;
}

impl Argument for *const *const AnserMessageKind {
    fn make(call: &mut Call) -> Self {
        list(call, |call| some(call, message_kind))
    }
}

impl Argument for *const *const AnserInsertedMessage {
    fn make(call: &mut Call) -> Self {
        list(call, |call| some(call, inserted))
    }
}

fn send_options(call: &mut Call) -> AnserSendOptions {
    let ((to_user_ids, to_user_count), (mention_user_ids, mention_user_count)) = (texts(call), texts(call));
    let (expansion_keys, expansion_count) = texts(call);
    AnserSendOptions {
        size: size::<AnserSendOptions>(call),
        push_text: rarely(call),
        push_data: rarely(call),
        not_persisted: call.source.bool(),
        not_counted: call.source.bool(),
        to_user_ids,
        to_user_count,
        mention_user_ids,
        mention_user_count,
        mention_text: rarely(call),
        mention: number(call),
        destruct_seconds: call.source.u64() as u32,
        expansion_keys,
        expansion_values: list(call, text),
        expansion_count,
        push_title: rarely(call),
        push_id: rarely(call),
        push_template_id: rarely(call),
        push_configs: rarely(call),
        sender_id: rarely(call),
        sender_name: rarely(call),
        sender_portrait_uri: rarely(call),
        search_words: rarely(call),
        url_key: rarely(call),
        status_only: call.source.bool(),
        voip_push: call.source.bool(),
        silent: call.source.bool(),
        expandable: call.source.bool(),
        push_hide_title: call.source.bool(),
        push_force_detail: call.source.bool(),
        reserved: [0; 2],
    }
}

fn message_kind(call: &mut Call) -> AnserMessageKind {
    let ((fields, field_count), (search_fields, search_field_count)) = (texts(call), texts(call));
    AnserMessageKind {
        size: size::<AnserMessageKind>(call),
        object_name: text(call),
        fields,
        field_count,
        search_fields,
        search_field_count,
        not_persisted: call.source.bool(),
        not_counted: call.source.bool(),
        reserved: [0; 6],
    }
}

fn inserted(call: &mut Call) -> AnserInsertedMessage {
    AnserInsertedMessage {
        size: size::<AnserInsertedMessage>(call),
        target_id: text(call),
        sender_id: text(call),
        object_name: text(call),
        content: text(call),
        uid: rarely(call),
        extra: rarely(call),
        sent_time: call.source.u64() as i64,
        conversation_type: number(call),
        sent_status: call.source.one_of(&[0, 10, 20, 30, 40, 50, 60, 70, -1]),
        received_status: number(call),
        counted: call.source.bool(),
        reserved: [0; 3],
    }
}

fn history_query(call: &mut Call) -> AnserHistoryQuery {
    let ((object_names, object_name_count), (sender_ids, sender_count)) = (texts(call), texts(call));
    AnserHistoryQuery {
        size: size::<AnserHistoryQuery>(call),
        message_id: call.source.u64() as i64,
        time: call.source.u64() as i64,
        object_names,
        object_name_count,
        sender_ids,
        sender_count,
        count: call.source.u64() as u32,
        newer: call.source.bool(),
        reserved: [0; 3],
    }
}

fn filter(call: &mut Call) -> AnserConversationFilter {
    let (types, types_count) = counted(call, number);
    AnserConversationFilter {
        size: size::<AnserConversationFilter>(call),
        types,
        types_count,
        tag_id: rarely(call),
        top: number(call).wrapping_sub(1),
        muted: number(call).wrapping_sub(1),
        unread: call.source.bool(),
        hidden: call.source.bool(),
        reserved: [0; 6],
    }
}

fn search_query(call: &mut Call) -> AnserSearchQuery {
    let ((types, types_count), (sender_ids, sender_count)) = (counted(call, number), texts(call));
    let (object_names, object_name_count) = texts(call);
    AnserSearchQuery {
        size: size::<AnserSearchQuery>(call),
        text: text(call),
        target_id: rarely(call),
        types,
        types_count,
        sender_ids,
        sender_count,
        object_names,
        object_name_count,
        from_time: call.source.u64() as i64,
        to_time: call.source.u64() as i64,
        before: call.source.u64() as i64,
        conversation_type: number(call),
        count: call.source.u64() as u32,
        has_before: call.source.bool(),
        reserved: [0; 7],
    }
}

fn download_options(call: &mut Call) -> AnserDownloadOptions {
    AnserDownloadOptions {
        size: size::<AnserDownloadOptions>(call),
        path: rarely(call),
        sha256: rarely(call),
        url_key: rarely(call),
    }
}

fn uploader(call: &mut Call) -> AnserUploader {
    let start = (call.source.u8() >= 24).then_some(host::on_upload as extern "C" fn(_, _));
    let stop = (call.source.u8() >= 64).then_some(host::on_stop as extern "C" fn(_, _));
    AnserUploader { size: size::<AnserUploader>(call), start, stop }
}
