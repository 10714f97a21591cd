//! Which query is answered by what. `pullMsg` is not here: it belongs to the connection, which must know
//! what its client has seen. Every query gets an answer; silence would cost the client 30 seconds.

use std::sync::Arc;

use anser::model::{ConversationType, ErrorCode};
use anser::wire::{Query, Topic};

use super::{Answer, Peer, Service, Task};
use crate::store::Target;

/// What an unknown topic is answered with, for want of a better code in the protocol.
const UNKNOWN_TOPIC: ErrorCode = ErrorCode::BIZ_ERROR_INVALID_PARAMETER;

impl Service {
    /// Carries out one QUERY other than `pullMsg`.
    pub(crate) fn query(self: &Arc<Self>, peer: &Peer, query: Query) -> Task<Answer> {
        let Query { topic, target, body, .. } = query;
        let answer = match Topic::parse(&topic) {
            Some(Topic::HistoryPrivate) => self.history(peer, Target::User, &target, body),
            Some(Topic::HistoryGroup) => self.history(peer, Target::Group, &target, body),
            Some(Topic::ClearPrivate) => self.clear_history(peer, Target::User, body),
            Some(Topic::ClearGroup) => self.clear_history(peer, Target::Group, body),
            Some(Topic::DeleteMessages) => self.delete_messages(peer, body),
            Some(Topic::Conversations) => self.conversations(peer, body),
            Some(Topic::ConversationsV4) => self.conversations_v4(peer, body),
            Some(Topic::RemoveConversation) => self.hide_conversation(peer, &target, body),
            Some(Topic::DeleteConversations) => self.hide_conversations(peer, body),
            Some(Topic::MarkRead) => self.mark_read(peer, body),
            Some(Topic::UserSettings) => self.user_settings(peer, body),
            Some(Topic::SetOfflineDays) => self.set_offline_days(peer, body),
            Some(Topic::ConversationStates) => self.conversation_states(peer, body),
            Some(Topic::SetConversationState) => self.set_conversation_states(peer, body),
            Some(Topic::MutedPrivate) => self.is_muted(peer, ConversationType::Private, body),
            Some(Topic::MutedGroup) => self.is_muted(peer, ConversationType::Group, body),
            Some(Topic::MutePrivate) => self.mute(peer, ConversationType::Private, true, body),
            Some(Topic::MuteGroup) => self.mute(peer, ConversationType::Group, true, body),
            Some(Topic::UnmutePrivate) => self.mute(peer, ConversationType::Private, false, body),
            Some(Topic::UnmuteGroup) => self.mute(peer, ConversationType::Group, false, body),
            Some(Topic::GroupReceiptRequest) => self.read_in_group(peer, &target, body),
            Some(Topic::GroupReceiptList) => self.group_readers(peer, &target, body),
            Some(Topic::ReportSdk) => Ok(ready(Answer::done())),
            topic => Err(refusal(topic)),
        };
        answer.unwrap_or_else(|code| ready(Answer::error(code)))
    }
}

fn ready(answer: Answer) -> Task<Answer> {
    Box::pin(std::future::ready(answer))
}

/// Topics of the protocol that this server does not serve, each with the protocol's nearest "no".
fn refusal(topic: Option<Topic>) -> ErrorCode {
    match topic {
        Some(Topic::JoinChatroom | Topic::RejoinChatroom | Topic::ChatroomInfo) => {
            ErrorCode::RC_CHATROOM_NOT_EXIST
        }
        Some(Topic::PullChatroom | Topic::LeaveChatroom) => ErrorCode::NOT_IN_CHATROOM,
        Some(Topic::HistoryChatroom) => ErrorCode::CHATROOM_NOT_OPEN_HISTORYMSG_STORE,
        Some(Topic::SetChatroomEntry | Topic::DeleteChatroomEntry | Topic::PullChatroomEntries) => {
            ErrorCode::CHATROOM_KV_STORE_NOT_OPEN
        }
        Some(Topic::HistoryDiscussion | Topic::HistorySystem | Topic::HistoryCustomerService) => {
            ErrorCode::MSG_ROAMING_SERVICE_UNAVAILABLE
        }
        Some(Topic::CreateDiscussion) => ErrorCode::CREATE_DISCUSSION,
        Some(Topic::DiscussionInfo | Topic::QuitDiscussion | Topic::InviteToDiscussion) => {
            ErrorCode::NOT_IN_DISCUSSION
        }
        Some(Topic::UploadToken) => ErrorCode::QNTKN_GET_ERROR,
        _ => UNKNOWN_TOPIC,
    }
}
