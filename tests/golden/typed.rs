//! From a message name to its type: the table through which bodies reach `Body::from_bytes`.

use anser::wire::schema::{self, Body};
use anser::wire::{Bytes, WireError, body};

use super::notes::Note;
use super::report::Report;

/// Reads a body as its type and writes it again.
pub(crate) type Recode = fn(Bytes) -> Result<Bytes, WireError>;

fn recode<B: Body>(bytes: Bytes) -> Result<Bytes, WireError> {
    B::from_bytes(bytes).map(|body| body.to_bytes())
}

macro_rules! typed {
    ($($name:ident,)*) => {
        static TYPED: &[(&str, Recode)] = &[$((stringify!($name), recode::<body::$name>),)*];
    };
}

#[rustfmt::skip]
typed! {
    Blacklist,
    BlacklistUserRequest,
    BlockPushRequest,
    ChatroomEntries,
    ChatroomEntry,
    ChatroomInfo,
    ChatroomInfoQuery,
    ChatroomMember,
    ChatroomPull,
    ChatroomPullNew,
    ChatroomReply,
    ClearHistoryRequest,
    ConversationItem,
    ConversationKey,
    ConversationReadTime,
    ConversationState,
    ConversationStateItem,
    ConversationStates,
    ConversationTag,
    ConversationsQuery,
    ConversationsQueryV4,
    ConversationsResult,
    CreateDiscussionRequest,
    CreateDiscussionResult,
    DeleteConversationsRequest,
    DeleteMessageItem,
    DeleteMessagesRequest,
    DiscussionInfo,
    DiscussionInfos,
    DownloadUrl,
    DownloadUrlRequest,
    DownstreamMessage,
    DownstreamMessages,
    EvictMemberRequest,
    FollowReply,
    FollowRequest,
    GroupHashReply,
    GroupHashRequest,
    GroupInfo,
    GroupMembers,
    GroupReadReceiptReply,
    GroupReadReceiptRequest,
    GroupReader,
    HistoryQuery,
    HistoryResult,
    InboxState,
    InviteMembersRequest,
    LegacyHistoryQuery,
    MarkConversationReadRequest,
    MemberInfo,
    ModifyChatroomEntryRequest,
    ModifyTagsRequest,
    Notify,
    OptionalPlaceholder,
    PageRequest,
    PublicService,
    PublicServices,
    PullChatroomEntriesRequest,
    PullConversationStatesRequest,
    PullPublicServicesRequest,
    PullUserSettingsRequest,
    PushExtra,
    RemoveTagsRequest,
    RenameDiscussionRequest,
    ReportSdkRequest,
    RequiredPlaceholder,
    RtcDataRequest,
    RtcDeleteDataRequest,
    RtcDeleteKeysRequest,
    RtcKeyValue,
    RtcListQuery,
    RtcNotify,
    RtcPullEntriesRequest,
    RtcQueryReply,
    RtcQueryRequest,
    RtcRoomInfo,
    RtcRoomRequest,
    RtcSetDataRequest,
    RtcSetOutDataRequest,
    RtcToken,
    RtcUser,
    RtcUserList,
    RtcUserOutDataQuery,
    RtcUserOutDataReply,
    RtcUserSetDataRequest,
    SearchPublicServiceReply,
    SearchPublicServiceRequest,
    SessionIdReply,
    SetInviteStatusRequest,
    SetUserSettingRequest,
    SetUserStatusRequest,
    SubscribeUserStatusRequest,
    SyncGroupsRequest,
    SyncRequest,
    UploadToken,
    UploadTokenRequest,
    UpstreamMessage,
    UserInfo,
    UserSettingItem,
    UserSettingVersion,
    UserSettings,
    UserStatus,
    VersionReply,
    VoipKey,
    VoipKeyRequest,
}

/// The type of this message.
pub(crate) fn find(message: &str) -> Result<Recode, String> {
    let row = TYPED.iter().find(|(name, _)| *name == message);
    row.map(|(_, recode)| *recode).ok_or_else(|| format!("message {message} has no type in the table"))
}

/// The table holds every message of the schema and nothing else.
pub(crate) fn check_table(report: &mut Report) {
    let row = report.beside("body types");
    for info in schema::MESSAGES {
        row.check(info.name, &Note::Same, || find(info.name).map(|_| ()));
    }
    for (name, _) in TYPED {
        if schema::find(name).is_none() {
            row.fail(name, "a type without a message".into());
        }
    }
}
