//! Every function of the header, with its arguments taken from the input by their types; here only their number is
//! said.

use anser::ffi::c::*;

use super::call::{Call, Invoke as _};

/// A function under its name.
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) call: fn(&mut Call),
}

macro_rules! functions {
    ($($name:ident($($any:tt)*))*) => {
        &[$(Function {
            name: stringify!($name),
            call: |call| ($name as extern "C" fn($($any),*) -> _).invoke(call),
        },)*]
    };
}

#[rustfmt::skip]
pub(crate) const FUNCTIONS: &[Function] = functions! {
    anser_options_new(_ _ _) anser_options_set_data_dir(_ _) anser_options_set_heartbeat(_ _)
    anser_options_set_user_id(_ _) anser_options_set_platform(_ _) anser_options_set_channel(_ _)
    anser_options_set_ca_pem(_ _) anser_options_add_pin(_ _) anser_options_set_proxy(_ _)
    anser_options_set_encryption_key(_ _ _) anser_options_free(_) anser_error_words(_) anser_version()
    anser_client_new(_ _) anser_client_close(_) anser_client_free(_) anser_client_connect(_ _ _ _ _)
    anser_client_reconnect(_ _ _ _) anser_client_disconnect(_ _ _ _) anser_client_logout(_ _ _ _)
    anser_client_sync_now(_ _ _ _) anser_client_status(_ _) anser_client_channel(_ _)
    anser_client_current_user_id(_ _ _ _) anser_client_server_time_delta(_ _)
    anser_client_set_device_info(_ _ _ _) anser_client_info(_ _ _ _ _)
    anser_client_reconnect_after(_ _ _ _ _ _) anser_client_reconnect_probing(_ _ _ _ _ _ _)
    anser_client_renew_token(_ _) anser_client_set_foreground(_ _)
    anser_client_network_changed(_ _) anser_client_add_listener(_ _ _ _ _ _)
    anser_client_add_log_listener(_ _ _ _ _ _) anser_subscription_cancel(_)
    anser_subscription_cancel_and_wait(_) anser_subscription_free(_) anser_client_event_fd(_ _)
    anser_client_next_event(_ _ _) anser_event_kind(_) anser_event_error(_) anser_event_status(_)
    anser_event_count(_) anser_event_number(_) anser_event_answer(_) anser_event_text(_)
    anser_event_user_data(_) anser_event_message_count(_) anser_event_conversation_count(_)
    anser_event_free(_) anser_event_has_more(_) anser_event_gap_count(_) anser_event_gap_from(_ _)
    anser_event_gap_to(_ _) anser_event_tag_count(_) anser_event_tag_id(_ _) anser_event_tag_name(_ _)
    anser_event_tag_created_time(_ _) anser_event_tag_conversation_count(_ _) anser_event_reader_count(_)
    anser_event_reader_id(_ _) anser_event_reader_time(_ _) anser_event_quiet_start(_)
    anser_event_quiet_duration(_) anser_event_quiet_except_mentions(_) anser_event_change_count(_)
    anser_event_change_kind(_ _) anser_event_change_id_count(_ _) anser_event_change_id(_ _ _)
    anser_event_change_key_count(_ _) anser_event_change_key(_ _ _) anser_event_change_time(_ _)
    anser_event_receipt_count(_) anser_event_receipt_kind(_ _) anser_event_receipt_user_id(_ _)
    anser_event_receipt_uid_count(_ _) anser_event_receipt_uid(_ _ _) anser_event_receipt_time(_ _)
    anser_event_typing_count(_) anser_event_typing_user_id(_ _) anser_event_typing_object_name(_ _)
    anser_event_progress_state(_) anser_event_progress_direction(_) anser_event_progress_message_id(_)
    anser_event_progress_path(_) anser_event_progress_transferred(_) anser_event_progress_total(_)
    anser_event_hit_text(_ _) anser_event_hit_range_count(_ _) anser_event_hit_range_start(_ _ _)
    anser_event_hit_range_length(_ _ _) anser_event_found_count(_ _) anser_event_found_is_exact(_ _)
    anser_event_report(_ _) anser_event_problem_count(_) anser_event_problem(_ _) anser_event_table_count(_)
    anser_event_table_name(_ _) anser_event_table_rows(_ _) anser_event_set_aside(_) anser_message_id(_)
    anser_message_uid(_) anser_message_conversation_type(_) anser_message_target_id(_)
    anser_message_direction(_) anser_message_sender_id(_) anser_message_object_name(_)
    anser_message_content(_) anser_message_text(_) anser_message_sent_time(_) anser_message_received_time(_)
    anser_message_sent_status(_) anser_message_error(_) anser_message_received_status(_)
    anser_message_is_counted(_) anser_message_is_mentioned(_) anser_message_is_offline(_)
    anser_message_extra(_) anser_message_is_silent(_) anser_message_is_expandable(_)
    anser_message_expansion_count(_) anser_message_expansion_key(_ _) anser_message_expansion_value(_ _)
    anser_message_expansion_of(_ _) anser_message_local_path(_) anser_message_is_receipt_requested(_)
    anser_message_read_count(_) anser_message_destruct_at(_) anser_message_retain(_ _) anser_message_free(_)
    anser_conversation_type(_) anser_conversation_target_id(_) anser_conversation_unread_count(_)
    anser_conversation_sort_time(_) anser_conversation_read_time(_) anser_conversation_is_top(_)
    anser_conversation_mute(_) anser_conversation_is_hidden(_) anser_conversation_draft(_)
    anser_conversation_mention_count(_) anser_conversation_tag_count(_) anser_conversation_tag_id(_ _)
    anser_conversation_peer_delivered_time(_) anser_conversation_peer_read_time(_)
    anser_conversation_retain(_ _) anser_conversation_free(_) anser_messages_send_text(_ _ _ _ _ _ _)
    anser_messages_send(_ _ _ _ _ _ _ _ _) anser_messages_wait_sent(_ _ _ _ _)
    anser_messages_resend(_ _ _ _ _) anser_messages_cancel(_ _ _ _ _) anser_messages_get(_ _ _ _ _)
    anser_messages_get_by_uid(_ _ _ _ _) anser_messages_history(_ _ _ _ _ _ _ _)
    anser_messages_recall(_ _ _ _ _ _ _) anser_messages_set_content(_ _ _ _ _ _)
    anser_messages_set_extra(_ _ _ _ _ _) anser_messages_set_search_words(_ _ _ _ _ _)
    anser_messages_set_received_status(_ _ _ _ _ _) anser_messages_set_sent_status(_ _ _ _ _ _)
    anser_messages_delete(_ _ _ _ _ _) anser_messages_delete_everywhere(_ _ _ _ _ _)
    anser_messages_set_expansion(_ _ _ _ _ _ _ _) anser_messages_remove_expansion(_ _ _ _ _ _ _)
    anser_messages_begin_destruct(_ _ _ _ _) anser_messages_stop_destruct(_ _ _ _ _)
    anser_messages_register_kinds(_ _ _) anser_messages_insert(_ _ _ _ _)
    anser_messages_insert_many(_ _ _ _ _ _) anser_history_page(_ _ _ _ _ _ _)
    anser_history_load(_ _ _ _ _ _ _ _) anser_history_around(_ _ _ _ _ _ _ _)
    anser_history_remote(_ _ _ _ _ _ _ _ _) anser_history_backfill(_ _ _ _ _ _ _ _)
    anser_history_gaps(_ _ _ _ _ _) anser_history_first_unread(_ _ _ _ _ _)
    anser_history_unread_mentions(_ _ _ _ _ _ _) anser_history_clear(_ _ _ _ _ _ _)
    anser_history_clear_remote(_ _ _ _ _ _ _ _) anser_conversations_list(_ _ _ _ _ _ _ _ _)
    anser_conversations_filter(_ _ _ _ _ _ _ _) anser_conversations_rows(_ _ _ _ _ _ _)
    anser_conversations_get(_ _ _ _ _ _) anser_conversations_create(_ _ _ _ _ _)
    anser_conversations_remove(_ _ _ _ _ _ _) anser_conversations_clear(_ _ _ _ _ _)
    anser_conversations_set_hidden(_ _ _ _ _ _ _) anser_conversations_set_top(_ _ _ _ _ _ _ _)
    anser_conversations_set_mute(_ _ _ _ _ _ _ _) anser_conversations_mute(_ _ _ _ _ _)
    anser_conversations_sync_list(_ _ _ _ _) anser_conversations_unread_count(_ _ _ _ _ _)
    anser_conversations_unread_count_of(_ _ _ _ _ _ _)
    anser_conversations_unread_count_by_types(_ _ _ _ _ _ _) anser_conversations_total_unread_count(_ _ _ _)
    anser_conversations_clear_unread(_ _ _ _ _ _) anser_conversations_clear_unread_until(_ _ _ _ _ _ _)
    anser_conversations_set_unread_count(_ _ _ _ _ _ _) anser_conversations_clear_all_unread(_ _ _ _)
    anser_conversations_save_draft(_ _ _ _ _ _ _) anser_conversations_draft(_ _ _ _ _ _)
    anser_conversations_add_tag(_ _ _ _ _ _) anser_conversations_remove_tag(_ _ _ _ _)
    anser_conversations_tags(_ _ _ _) anser_conversations_set_tag(_ _ _ _ _ _ _ _ _)
    anser_search_messages(_ _ _ _ _) anser_search_count(_ _ _ _ _) anser_search_conversations(_ _ _ _ _ _ _ _)
    anser_receipts_send_read(_ _ _ _ _ _ _) anser_receipts_request(_ _ _ _ _)
    anser_receipts_respond(_ _ _ _ _ _ _ _) anser_receipts_readers(_ _ _ _ _)
    anser_receipts_report_read(_ _ _ _ _ _ _) anser_receipts_remote_readers(_ _ _ _ _ _)
    anser_receipts_send_typing(_ _ _ _ _ _ _) anser_receipts_set_typing_interval(_ _)
    anser_settings_quiet_hours(_ _ _ _) anser_settings_set_quiet_hours(_ _ _ _ _ _ _)
    anser_settings_remove_quiet_hours(_ _ _ _) anser_settings_offline_days(_ _ _ _)
    anser_settings_set_offline_days(_ _ _ _ _) anser_settings_has_remote_unread(_ _ _ _)
    anser_media_send(_ _ _ _ _ _ _ _ _ _) anser_media_download(_ _ _ _ _ _)
    anser_media_download_url(_ _ _ _ _ _ _) anser_media_pause(_ _ _ _ _) anser_media_resume(_ _ _ _ _)
    anser_media_cancel(_ _ _ _ _) anser_media_pause_download(_ _ _ _ _) anser_media_resume_download(_ _ _ _ _)
    anser_media_cancel_download(_ _ _ _ _) anser_media_set_cache_limit(_ _ _ _ _)
    anser_media_cache_size(_ _ _ _) anser_media_clear_cache(_ _ _ _) anser_media_set_uploader(_ _ _ _)
    anser_upload_id(_) anser_upload_message_id(_) anser_upload_path(_) anser_upload_object_name(_)
    anser_upload_size(_) anser_upload_offset(_) anser_upload_is_stopped(_) anser_upload_report(_ _)
    anser_upload_finish(_ _) anser_upload_fail(_ _ _) anser_upload_free(_) anser_storage_verify(_ _ _ _ _)
    anser_storage_export(_ _ _ _ _ _ _ _) anser_storage_import(_ _ _ _ _ _) anser_storage_size_report(_ _ _ _)
    anser_storage_suspend(_ _ _ _) anser_storage_resume(_ _ _ _) anser_storage_sync_once(_ _ _ _ _ _)
    anser_storage_clear_data(_ _ _ _) anser_storage_rekey(_ _ _ _ _ _) anser_storage_last_report(_ _)
    anser_event_message(_ _) anser_event_conversation(_ _) anser_event_change_conversation(_ _)
    anser_event_change_message(_ _) anser_event_receipt_conversation(_ _) anser_conversation_latest_message(_)
};
