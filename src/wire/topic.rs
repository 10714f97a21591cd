//! Every topic of the protocol as a type, with the bodies that travel under it.
//!
//! The topic string alone says what a frame means: there is no number for it on the wire.

use super::schema::{self, MessageInfo};
use crate::model::ConversationType;

macro_rules! topics {
    ($($(#[$doc:meta])* $variant:ident $text:literal $request:tt $answer:tt;)*) => {
        /// What a PUBLISH or QUERY is about. [4.x] marks what engine 4.4.2 added.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Topic {
            $($(#[$doc])* $variant,)*
        }

        impl Topic {
            /// Every topic.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The topic of this text; `None` for one that is not known.
            pub fn parse(text: &str) -> Option<Self> {
                Some(match text {
                    $($text => Self::$variant,)*
                    _ => return None,
                })
            }

            /// The text on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// The body of the PUBLISH or QUERY.
            pub const fn request(self) -> Option<&'static MessageInfo> {
                match self {
                    $(Self::$variant => topics!(@body $request),)*
                }
            }

            /// The body of the QUERYACK; `None` where the status is all there is.
            pub const fn answer(self) -> Option<&'static MessageInfo> {
                match self {
                    $(Self::$variant => topics!(@body $answer),)*
                }
            }
        }
    };
    (@body -) => { None };
    (@body $name:ident) => { Some(&schema::$name) };
}

topics! {
    /// A message to one user.
    PrivateMessage "ppMsgP" UPSTREAM_MESSAGE -;
    /// A status message to one user: online only, never stored. [4.x]
    PrivateStatus "ppMsgS" UPSTREAM_MESSAGE -;
    /// A message to a discussion.
    DiscussionMessage "pdMsgP" UPSTREAM_MESSAGE -;
    /// A message to a group.
    GroupMessage "pgMsgP" UPSTREAM_MESSAGE -;
    /// A status message to a group. [4.x]
    GroupStatus "pgMsgS" UPSTREAM_MESSAGE -;
    /// A message to a chatroom.
    ChatroomMessage "chatMsg" UPSTREAM_MESSAGE -;
    /// A status message to a chatroom. [4.x]
    ChatroomStatus "chatMsgS" UPSTREAM_MESSAGE -;
    /// A message to customer service.
    CustomerServiceMessage "pcMsgP" UPSTREAM_MESSAGE -;
    /// Control of a customer-service session.
    CustomerServiceControl "pcuMsgP" UPSTREAM_MESSAGE -;
    /// A message to an app's public service.
    AppPublicServiceMessage "pmcMsgN" UPSTREAM_MESSAGE -;
    /// A message to a public service.
    PublicServiceMessage "pmpMsgN" UPSTREAM_MESSAGE -;
    /// A message to an RTC room.
    RtcRoomMessage "prMsgS" UPSTREAM_MESSAGE -;
    /// A message of conversation type 13.
    RtcStateMessage "prMsgP" UPSTREAM_MESSAGE -;
    /// Takes a message back; the target is its sender.
    Recall "recallMsg" UPSTREAM_MESSAGE -;
    /// Something newer can be pulled.
    Notice "s_ntf" NOTIFY -;
    /// A message itself.
    DirectMessage "s_msg" DOWNSTREAM_MESSAGE -;
    /// A subscribed user's presence.
    StatusChange "s_stat" USER_STATUS -;
    /// Chatroom entries or conversation states changed.
    StateNotice "s_cmd" NOTIFY -;
    /// User settings changed. [4.x]
    SettingNotice "s_us" USER_SETTING_VERSION -;
    /// RTC entries changed. [4.x]
    RtcNotice "rtc_ntf" RTC_NOTIFY -;
    /// The inbox after the cursors.
    PullMessages "pullMsg" SYNC_REQUEST DOWNSTREAM_MESSAGES;
    /// A chatroom's messages after the cursor.
    PullChatroom "chrmPull" CHATROOM_PULL DOWNSTREAM_MESSAGES;
    /// History of a private chat.
    HistoryPrivate "qryPMsg" HISTORY_QUERY HISTORY_RESULT;
    /// History of a discussion.
    HistoryDiscussion "qryDMsg" HISTORY_QUERY HISTORY_RESULT;
    /// History of a group.
    HistoryGroup "qryGMsg" HISTORY_QUERY HISTORY_RESULT;
    /// History of system messages.
    HistorySystem "qrySMsg" HISTORY_QUERY HISTORY_RESULT;
    /// History with customer service.
    HistoryCustomerService "qryCMsg" HISTORY_QUERY HISTORY_RESULT;
    /// History of a chatroom.
    HistoryChatroom "qryCHMsg" HISTORY_QUERY HISTORY_RESULT;
    /// Deletes messages from the caller's history.
    DeleteMessages "delMsg" DELETE_MESSAGES_REQUEST REQUIRED_PLACEHOLDER;
    /// Clears history of a private chat.
    ClearPrivate "cleanPMsg" CLEAR_HISTORY_REQUEST -;
    /// Clears history of a discussion.
    ClearDiscussion "cleanDMsg" CLEAR_HISTORY_REQUEST -;
    /// Clears history of a group.
    ClearGroup "cleanGMsg" CLEAR_HISTORY_REQUEST -;
    /// Clears history with customer service.
    ClearCustomerService "cleanCMsg" CLEAR_HISTORY_REQUEST -;
    /// Clears system messages.
    ClearSystem "cleanSMsg" CLEAR_HISTORY_REQUEST -;
    /// The conversation list.
    Conversations "qryRelation" CONVERSATIONS_QUERY CONVERSATIONS_RESULT;
    /// The conversation list. [4.x]
    ConversationsV4 "qryRelationR" CONVERSATIONS_QUERY_V4 CONVERSATIONS_RESULT;
    /// Hides a conversation until its next message.
    RemoveConversation "delRelation" CONVERSATIONS_QUERY -;
    /// Whether a private chat is muted: the status is the answer.
    MutedPrivate "qryPPush" BLOCK_PUSH_REQUEST -;
    /// Whether a group is muted: the status is the answer.
    MutedGroup "qryDPush" BLOCK_PUSH_REQUEST -;
    /// Mutes a private chat.
    MutePrivate "blkPPush" BLOCK_PUSH_REQUEST -;
    /// Mutes a group.
    MuteGroup "blkDPush" BLOCK_PUSH_REQUEST -;
    /// Unmutes a private chat.
    UnmutePrivate "unblkPPush" BLOCK_PUSH_REQUEST -;
    /// Unmutes a group.
    UnmuteGroup "unblkDPush" BLOCK_PUSH_REQUEST -;
    /// Joins a chatroom, making it if need be.
    JoinChatroom "joinChrm" REQUIRED_PLACEHOLDER REQUIRED_PLACEHOLDER;
    /// Joins a chatroom that exists. [4.x]
    RejoinChatroom "joinChrmR" REQUIRED_PLACEHOLDER REQUIRED_PLACEHOLDER;
    /// Leaves a chatroom.
    LeaveChatroom "exitChrm" REQUIRED_PLACEHOLDER REQUIRED_PLACEHOLDER;
    /// Members of a chatroom.
    ChatroomInfo "queryChrmI" CHATROOM_INFO_QUERY CHATROOM_INFO;
    /// Sets a chatroom entry.
    SetChatroomEntry "setKV" MODIFY_CHATROOM_ENTRY_REQUEST REQUIRED_PLACEHOLDER;
    /// Deletes a chatroom entry.
    DeleteChatroomEntry "delKV" MODIFY_CHATROOM_ENTRY_REQUEST REQUIRED_PLACEHOLDER;
    /// Chatroom entries after a time.
    PullChatroomEntries "pullKV" PULL_CHATROOM_ENTRIES_REQUEST CHATROOM_ENTRIES;
    /// Creates a discussion.
    CreateDiscussion "crDiz" CREATE_DISCUSSION_REQUEST CREATE_DISCUSSION_RESULT;
    /// Adds members to a discussion.
    InviteToDiscussion "invtDiz" INVITE_MEMBERS_REQUEST -;
    /// A discussion's name and members.
    DiscussionInfo "dizInf" REQUIRED_PLACEHOLDER DISCUSSION_INFO;
    /// Leaves a discussion.
    QuitDiscussion "quitDiz" REQUIRED_PLACEHOLDER -;
    /// Removes a member of a discussion.
    EvictFromDiscussion "evctDiz" EVICT_MEMBER_REQUEST -;
    /// Who may invite to a discussion.
    SetDiscussionInvite "pdOpen" SET_INVITE_STATUS_REQUEST -;
    /// Renames a discussion.
    RenameDiscussion "rename" RENAME_DISCUSSION_REQUEST -;
    /// Blocks a user.
    AddToBlacklist "addBlack" BLACKLIST_USER_REQUEST -;
    /// Unblocks a user.
    RemoveFromBlacklist "rmBlack" BLACKLIST_USER_REQUEST -;
    /// The blocked users.
    Blacklist "getBlack" REQUIRED_PLACEHOLDER BLACKLIST;
    /// Whether a user is blocked: the status is the answer.
    BlacklistStatus "blackStat" BLACKLIST_USER_REQUEST -;
    /// A token for an upload.
    UploadToken "qnTkn" UPLOAD_TOKEN_REQUEST UPLOAD_TOKEN;
    /// The address of a stored file.
    DownloadUrl "qnUrl" DOWNLOAD_URL_REQUEST DOWNLOAD_URL;
    /// A user's presence.
    UserStatus "getUserStatus" OPTIONAL_PLACEHOLDER USER_STATUS;
    /// Sets the own presence.
    SetUserStatus "setUserStatus" SET_USER_STATUS_REQUEST OPTIONAL_PLACEHOLDER;
    /// Subscribes to presence.
    SubscribeUserStatus "subUserStatus" SUBSCRIBE_USER_STATUS_REQUEST OPTIONAL_PLACEHOLDER;
    /// The user's settings.
    UserSettings "pullUS" PULL_USER_SETTINGS_REQUEST USER_SETTINGS;
    /// For how many days the server keeps the inbox.
    SetOfflineDays "setOfflineMsgDur" SET_USER_SETTING_REQUEST -;
    /// The followed public services.
    PublicServices "pullMp" PULL_PUBLIC_SERVICES_REQUEST PUBLIC_SERVICES;
    /// Searches public services.
    SearchPublicServices "schMp" SEARCH_PUBLIC_SERVICE_REQUEST SEARCH_PUBLIC_SERVICE_REPLY;
    /// Follows a public service.
    FollowPublicService "mpFollow" FOLLOW_REQUEST FOLLOW_REPLY;
    /// Follows an app's public service.
    FollowAppPublicService "mcFollow" FOLLOW_REQUEST FOLLOW_REPLY;
    /// Leaves a public service.
    UnfollowPublicService "mpUnFollow" FOLLOW_REQUEST FOLLOW_REPLY;
    /// Leaves an app's public service.
    UnfollowAppPublicService "mcUnFollow" FOLLOW_REQUEST FOLLOW_REPLY;
    /// A user's name and portrait.
    UserInfo "userInf" REQUIRED_PLACEHOLDER USER_INFO;
    /// Declared by the clients, without a caller.
    JoinGroup "joinGrp" SYNC_GROUPS_REQUEST REQUIRED_PLACEHOLDER;
    /// Declared by the clients, without a caller.
    ExitGroup "exitGrp" SYNC_GROUPS_REQUEST REQUIRED_PLACEHOLDER;
    /// Declared by the clients, without a caller.
    SyncGroups "pGrps" SYNC_GROUPS_REQUEST REQUIRED_PLACEHOLDER;
    /// Declared by the clients, without a caller.
    CompareGroups "uGcmpr" GROUP_HASH_REQUEST GROUP_HASH_REPLY;
    /// A key for a voice channel.
    VoipKey "qryVoipK" VOIP_KEY_REQUEST VOIP_KEY;
    /// Joins an RTC room.
    RtcJoin "rtcRJoin_data" RTC_ROOM_REQUEST RTC_USER_LIST;
    /// Leaves an RTC room.
    RtcExit "rtcRExit" SET_USER_STATUS_REQUEST -;
    /// Keeps an RTC session alive.
    RtcPing "rtcPing" RTC_ROOM_REQUEST -;
    /// Users of an RTC room with their data.
    RtcUsersWithData "rtcUData" RTC_LIST_QUERY RTC_USER_LIST;
    /// Users of an RTC room.
    RtcUsers "rtcUList" RTC_LIST_QUERY RTC_USER_LIST;
    /// Sets a user's value.
    RtcPutUserValue "rtcUPut" RTC_KEY_VALUE -;
    /// Sets a room's value.
    RtcPutRoomValue "rtcRPut" RTC_KEY_VALUE -;
    /// Deletes a user's keys.
    RtcDeleteUserKeys "rtcUDel" RTC_DELETE_KEYS_REQUEST -;
    /// Deletes a room's keys.
    RtcDeleteRoomKeys "rtcRDel" RTC_DELETE_KEYS_REQUEST -;
    /// An RTC room's values and users.
    RtcRoomInfo "rtcRInfo" RTC_LIST_QUERY RTC_ROOM_INFO;
    /// Sets RTC data.
    RtcSetData "rtcSetData" RTC_SET_DATA_REQUEST OPTIONAL_PLACEHOLDER;
    /// Reads RTC data.
    RtcQueryData "rtcQryData" RTC_DATA_REQUEST RTC_QUERY_REPLY;
    /// Deletes RTC data.
    RtcDeleteData "rtcDelData" RTC_DATA_REQUEST OPTIONAL_PLACEHOLDER;
    /// Sets outward data.
    RtcSetOutData "rtcSetOutData" RTC_SET_OUT_DATA_REQUEST OPTIONAL_PLACEHOLDER;
    /// Reads users' outward data.
    RtcUserOutData "rtcQryUserOutData" RTC_USER_OUT_DATA_QUERY RTC_USER_OUT_DATA_REPLY;
    /// A token for an RTC room.
    RtcToken "rtcToken" RTC_ROOM_REQUEST RTC_TOKEN;
    /// Reports state of an RTC call.
    RtcReportState "rtcUserState" FOLLOW_REQUEST OPTIONAL_PLACEHOLDER;
    /// Pin, mute and tag states. [4.x]
    ConversationStates "pullSeAtts" PULL_CONVERSATION_STATES_REQUEST CONVERSATION_STATES;
    /// Changes such a state. [4.x]
    SetConversationState "setSeAtt" CONVERSATION_STATES VERSION_REPLY;
    /// Which SDK is in use. [4.x]
    ReportSdk "reportsdk" REPORT_SDK_REQUEST OPTIONAL_PLACEHOLDER;
    /// Group receipts, version 2. [4.x]
    GroupReceiptRequest "rrMsg" GROUP_READ_RECEIPT_REQUEST -;
    /// Who read a group message. [4.x]
    GroupReceiptList "rrList" GROUP_READ_RECEIPT_REQUEST GROUP_READ_RECEIPT_REPLY;
    /// Moves the read mark of a conversation. [4.x]
    MarkRead "updRRTime" MARK_CONVERSATION_READ_REQUEST OPTIONAL_PLACEHOLDER;
    /// Times and unread total. [4.x]
    InboxState "qrySessionsAtt" REQUIRED_PLACEHOLDER INBOX_STATE;
    /// Removes conversations. [4.x]
    DeleteConversations "delSessions" DELETE_CONVERSATIONS_REQUEST OPTIONAL_PLACEHOLDER;
    /// Tags a conversation. [4.x]
    AddConversationTags "addSeTag" MODIFY_TAGS_REQUEST VERSION_REPLY;
    /// Takes tags off a conversation. [4.x]
    RemoveConversationTags "delSeTag" MODIFY_TAGS_REQUEST VERSION_REPLY;
    /// Creates a tag. [4.x]
    AddTag "addTag" MODIFY_TAGS_REQUEST VERSION_REPLY;
    /// Deletes a tag. [4.x]
    DeleteTag "delTag" MODIFY_TAGS_REQUEST VERSION_REPLY;
    /// Deletes tags with their conversations. [4.x]
    DisbandTags "disTag" REMOVE_TAGS_REQUEST VERSION_REPLY;
    /// Address of a file in another store. [4.x]
    AliDownloadUrl "aliUrl" DOWNLOAD_URL_REQUEST DOWNLOAD_URL;
    /// Address of a file in another store. [4.x]
    S3DownloadUrl "s3Url" DOWNLOAD_URL_REQUEST DOWNLOAD_URL;
    /// Address of a file in another store. [4.x]
    StcDownloadUrl "stcUrl" DOWNLOAD_URL_REQUEST DOWNLOAD_URL;
    /// Sets RTC user data. [4.x]
    RtcUserSetData "userSetData" RTC_USER_SET_DATA_REQUEST OPTIONAL_PLACEHOLDER;
    /// Joins an RTC room as a viewer. [4.x]
    RtcViewerJoin "viewerJoinR" RTC_ROOM_REQUEST RTC_USER_LIST;
    /// Leaves an RTC room as a viewer. [4.x]
    RtcViewerExit "viewerExitR" RTC_ROOM_REQUEST -;
    /// Anchor to viewer or back. [4.x]
    RtcIdentityChange "rtcIdentityChange" RTC_ROOM_REQUEST RTC_USER_LIST;
    /// RTC entries after a time. [4.x]
    RtcPullEntries "rtcPullKv" RTC_PULL_ENTRIES_REQUEST CHATROOM_ENTRIES;
}

impl Topic {
    /// The topic of a message to a conversation of this type. `status` asks for the form that is online
    /// only and never stored. `None` where clients cannot send.
    pub const fn for_message(kind: ConversationType, status: bool) -> Option<Self> {
        Some(match (kind, status) {
            (ConversationType::Private, false) => Self::PrivateMessage,
            (ConversationType::Private, true) => Self::PrivateStatus,
            (ConversationType::Discussion, _) => Self::DiscussionMessage,
            (ConversationType::Group, false) => Self::GroupMessage,
            (ConversationType::Group, true) => Self::GroupStatus,
            (ConversationType::Chatroom, false) => Self::ChatroomMessage,
            (ConversationType::Chatroom, true) => Self::ChatroomStatus,
            (ConversationType::CustomerService, _) => Self::CustomerServiceMessage,
            (ConversationType::AppPublicService, _) => Self::AppPublicServiceMessage,
            (ConversationType::PublicService, _) => Self::PublicServiceMessage,
            (ConversationType::RtcRoom, _) => Self::RtcRoomMessage,
            (ConversationType::System | ConversationType::UltraGroup, _) => return None,
        })
    }

    /// The conversation type behind a message topic, which is how a sync copy names it.
    pub const fn conversation_type(self) -> Option<ConversationType> {
        Some(match self {
            Self::PrivateMessage | Self::PrivateStatus => ConversationType::Private,
            Self::DiscussionMessage => ConversationType::Discussion,
            Self::GroupMessage | Self::GroupStatus => ConversationType::Group,
            Self::ChatroomMessage | Self::ChatroomStatus => ConversationType::Chatroom,
            Self::CustomerServiceMessage | Self::CustomerServiceControl => ConversationType::CustomerService,
            Self::AppPublicServiceMessage => ConversationType::AppPublicService,
            Self::PublicServiceMessage => ConversationType::PublicService,
            Self::RtcRoomMessage => ConversationType::RtcRoom,
            _ => return None,
        })
    }

    /// Whether this is the online-only form, for which no acknowledgement is awaited.
    pub const fn is_status(self) -> bool {
        matches!(self, Self::PrivateStatus | Self::GroupStatus | Self::ChatroomStatus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_type_match_both_ways() {
        for topic in Topic::ALL {
            assert_eq!(Topic::parse(topic.as_str()), Some(*topic));
        }
        assert_eq!(Topic::parse("qryCon"), None);
    }
}
