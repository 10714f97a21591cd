//! The web client's enums: a row for every member, giving the native constant that is the same.

use anser::model::enums::{self, *};
use anser::model::{
    ConnectionChannel, ConnectionStatus, ConversationType, ErrorCode, MessageDirection, ReceivedStatus,
    SentStatus,
};
use anser::wire::{FrameType, Qos};
use serde_json::{Map, Value};

use super::files::{known_keys, map};
use super::notes::{Note, TableNote};
use super::report::{Check, FileReport};

macro_rules! rows {
    ($($name:literal { $($member:literal => $constant:expr,)* })*) => {
        /// The native number of a member.
        fn row(name: &str, member: &str) -> Option<i64> {
            match (name, member) {
                $($(($name, $member) => Some(i64::from($constant)),)*)*
                // Error codes keep the web client's names.
                ("ErrorCode", member) => {
                    ErrorCode::ALL.iter().find(|(name, ..)| *name == member).map(|(_, code, _)| code.0.into())
                }
                _ => None,
            }
        }
    };
}

rows! {
    "MentionedType" { "ALL" => MentionedType::All.number(), "PART" => MentionedType::Part.number(), }
    "MethodType" {
        "CUSTOMER_SERVICE" => MethodType::CustomerService.number(),
        "RECALL" => MethodType::Recall.number(),
    }
    "BlacklistStatus" {
        "IN_BLACK_LIST" => BlacklistStatus::InBlacklist.number(),
        "NOT_IN_BLACK_LIST" => BlacklistStatus::NotInBlacklist.number(),
    }
    "ConnectionChannel" {
        "XHR_POLLING" => ConnectionChannel::XhrPolling.number(),
        "WEBSOCKET" => ConnectionChannel::Websocket.number(),
        "HTTP" => HttpScheme::Http.number(),
        "HTTPS" => HttpScheme::Https.number(),
    }
    "CustomerType" {
        "ONLY_ROBOT" => CustomerServiceType::OnlyRobot.number(),
        "ONLY_HUMAN" => CustomerServiceType::OnlyHuman.number(),
        "ROBOT_FIRST" => CustomerServiceType::RobotFirst.number(),
        "HUMAN_FIRST" => CustomerServiceType::HumanFirst.number(),
    }
    "GetChatRoomType" {
        "NONE" => ChatroomMemberOrder::None.number(),
        "SQQUENCE" => ChatroomMemberOrder::Ascending.number(),
        "REVERSE" => ChatroomMemberOrder::Descending.number(),
    }
    "ConnectionStatus" {
        "CONNECTED" => ConnectionStatus::Connected.number(),
        "CONNECTING" => ConnectionStatus::Connecting.number(),
        "DISCONNECTED" => ConnectionStatus::Disconnected.number(),
        "KICKED_OFFLINE_BY_OTHER_CLIENT" => ConnectionStatus::KickedOfflineByOtherClient.number(),
        "WEBSOCKET_UNAVAILABLE" => ConnectionStatus::WebsocketUnavailable.number(),
        "WEBSOCKET_ERROR" => ConnectionStatus::WebsocketError.number(),
        "NETWORK_UNAVAILABLE" => ConnectionStatus::NetworkUnavailable.number(),
        "DOMAIN_INCORRECT" => ConnectionStatus::DomainIncorrect.number(),
        "APPKEY_IS_FAKE" => ConnectionStatus::AppkeyIsFake.number(),
        "CONNECTION_CLOSED" => ConnectionStatus::ConnectionClosed.number(),
        "ULTRALIMIT" => ConnectionStatus::Ultralimit.number(),
        "REQUEST_NAVI" => ConnectionStatus::RequestNavi.number(),
        "RESPONSE_NAVI" => ConnectionStatus::ResponseNavi.number(),
        "RESPONSE_NAVI_ERROR" => ConnectionStatus::ResponseNaviError.number(),
        "RESPONSE_NAVI_TIMEOUT" => ConnectionStatus::ResponseNaviTimeout.number(),
    }
    "ConversationNotificationStatus" {
        "DO_NOT_DISTURB" => NotificationStatus::DoNotDisturb.number(),
        "NOTIFY" => NotificationStatus::Notify.number(),
    }
    "ConversationType" {
        "NONE" => enums::NO_CONVERSATION_TYPE,
        "PRIVATE" => ConversationType::Private.number(),
        "DISCUSSION" => ConversationType::Discussion.number(),
        "GROUP" => ConversationType::Group.number(),
        "CHATROOM" => ConversationType::Chatroom.number(),
        "CUSTOMER_SERVICE" => ConversationType::CustomerService.number(),
        "SYSTEM" => ConversationType::System.number(),
        "APP_PUBLIC_SERVICE" => ConversationType::AppPublicService.number(),
        "PUBLIC_SERVICE" => ConversationType::PublicService.number(),
    }
    "DiscussionInviteStatus" {
        "OPENED" => DiscussionInviteStatus::Opened.number(),
        "CLOSED" => DiscussionInviteStatus::Closed.number(),
    }
    "VoIPMediaType" {
        "MEDIA_AUDIO" => VoipMediaType::Audio.number(),
        "MEDIA_VEDIO" => VoipMediaType::Video.number(),
        "MEDIA_VIDEO" => VoipMediaType::Video.number(),
    }
    "MediaType" {
        "IMAGE" => MediaType::Image.number(),
        "AUDIO" => MediaType::Audio.number(),
        "VIDEO" => MediaType::Video.number(),
        "FILE" => MediaType::File.number(),
    }
    "MessageDirection" {
        "SEND" => MessageDirection::Send.number(),
        "RECEIVE" => MessageDirection::Receive.number(),
    }
    "FileType" {
        "IMAGE" => FileType::Image.number(),
        "AUDIO" => FileType::Audio.number(),
        "VIDEO" => FileType::Video.number(),
        "FILE" => FileType::File.number(),
    }
    "RealTimeLocationErrorCode" {
        "RC_REAL_TIME_LOCATION_NOT_INIT" => RealTimeLocationError::NotInit.number(),
        "RC_REAL_TIME_LOCATION_SUCCESS" => RealTimeLocationError::Success.number(),
        "RC_REAL_TIME_LOCATION_GPS_DISABLED" => RealTimeLocationError::GpsDisabled.number(),
        "RC_REAL_TIME_LOCATION_CONVERSATION_NOT_SUPPORT" => RealTimeLocationError::ConversationNotSupport.number(),
        "RC_REAL_TIME_LOCATION_IS_ON_GOING" => RealTimeLocationError::IsOnGoing.number(),
        "RC_REAL_TIME_LOCATION_EXCEED_MAX_PARTICIPANT" => RealTimeLocationError::ExceedMaxParticipant.number(),
        "RC_REAL_TIME_LOCATION_JOIN_FAILURE" => RealTimeLocationError::JoinFailure.number(),
        "RC_REAL_TIME_LOCATION_START_FAILURE" => RealTimeLocationError::StartFailure.number(),
        "RC_REAL_TIME_LOCATION_NETWORK_UNAVAILABLE" => RealTimeLocationError::NetworkUnavailable.number(),
    }
    "RealTimeLocationStatus" {
        "RC_REAL_TIME_LOCATION_STATUS_IDLE" => RealTimeLocationStatus::Idle.number(),
        "RC_REAL_TIME_LOCATION_STATUS_INCOMING" => RealTimeLocationStatus::Incoming.number(),
        "RC_REAL_TIME_LOCATION_STATUS_OUTGOING" => RealTimeLocationStatus::Outgoing.number(),
        "RC_REAL_TIME_LOCATION_STATUS_CONNECTED" => RealTimeLocationStatus::Connected.number(),
    }
    "ReceivedStatus" {
        "READ" => ReceivedStatus::Read.number(),
        "LISTENED" => ReceivedStatus::Listened.number(),
        "DOWNLOADED" => ReceivedStatus::Downloaded.number(),
        "RETRIEVED" => ReceivedStatus::Retrieved.number(),
        "UNREAD" => ReceivedStatus::Unread.number(),
    }
    "ReadStatus" {
        "READ" => ReceivedStatus::Read.number(),
        "LISTENED" => ReceivedStatus::Listened.number(),
        "DOWNLOADED" => ReceivedStatus::Downloaded.number(),
        "RETRIEVED" => ReceivedStatus::Retrieved.number(),
        "UNREAD" => ReceivedStatus::Unread.number(),
    }
    "SearchType" { "EXACT" => SearchType::Exact.number(), "FUZZY" => SearchType::Fuzzy.number(), }
    "SentStatus" {
        "SENDING" => SentStatus::Sending.number(),
        "FAILED" => SentStatus::Failed.number(),
        "SENT" => SentStatus::Sent.number(),
        "RECEIVED" => SentStatus::Received.number(),
        "READ" => SentStatus::Read.number(),
        "DESTROYED" => SentStatus::Destroyed.number(),
    }
    "ConnectionState" {
        "ACCEPTED" => ConnAckStatus::Accepted.number(),
        "UNACCEPTABLE_PROTOCOL_VERSION" => ConnAckStatus::UnacceptableProtocolVersion.number(),
        "IDENTIFIER_REJECTED" => ConnAckStatus::IdentifierRejected.number(),
        "SERVER_UNAVAILABLE" => ConnAckStatus::ServerUnavailable.number(),
        "TOKEN_INCORRECT" => ConnAckStatus::TokenIncorrect.number(),
        "NOT_AUTHORIZED" => ConnAckStatus::NotAuthorized.number(),
        "REDIRECT" => ConnAckStatus::Redirect.number(),
        "PACKAGE_ERROR" => ConnAckStatus::PackageError.number(),
        "APP_BLOCK_OR_DELETE" => ConnAckStatus::AppBlockOrDelete.number(),
        "BLOCK" => ConnAckStatus::Block.number(),
        "TOKEN_EXPIRE" => ConnAckStatus::TokenExpire.number(),
        "DEVICE_ERROR" => ConnAckStatus::DeviceError.number(),
        "HOSTNAME_ERROR" => ConnAckStatus::HostnameError.number(),
    }
    "RTCAPIType" { "ROOM" => RtcTarget::Room.number(), "PERSON" => RtcTarget::Person.number(), }
    "ChatroomEntityOpt" {
        "UPDATE" => ChatroomEntryChange::Update.number(),
        "DELETE" => ChatroomEntryChange::Delete.number(),
    }
    "ChatroomEntityLimit" {
        "KEY" => enums::CHATROOM_ENTRY_KEY_LIMIT as u32,
        "VALUE" => enums::CHATROOM_ENTRY_VALUE_LIMIT as u32,
    }
    "Qos" {
        "AT_MOST_ONCE" => Qos::AtMostOnce as u8,
        "AT_LEAST_ONCE" => Qos::AtLeastOnce as u8,
        "EXACTLY_ONCE" => Qos::ExactlyOnce as u8,
        "DEFAULT" => Qos::Default as u8,
    }
    "Type" {
        "CONNECT" => FrameType::Connect as u8,
        "CONNACK" => FrameType::ConnAck as u8,
        "PUBLISH" => FrameType::Publish as u8,
        "PUBACK" => FrameType::PubAck as u8,
        "QUERY" => FrameType::Query as u8,
        "QUERYACK" => FrameType::QueryAck as u8,
        "QUERYCON" => FrameType::QueryCon as u8,
        "SUBSCRIBE" => FrameType::Subscribe as u8,
        "SUBACK" => FrameType::SubAck as u8,
        "UNSUBSCRIBE" => FrameType::Unsubscribe as u8,
        "UNSUBACK" => FrameType::UnsubAck as u8,
        "PINGREQ" => FrameType::PingReq as u8,
        "PINGRESP" => FrameType::PingResp as u8,
        "DISCONNECT" => FrameType::Disconnect as u8,
    }
}

/// The native number of a member; an error where there is no row.
pub(crate) fn number(name: &str, member: &str) -> Result<i64, String> {
    row(name, member).ok_or_else(|| format!("there is no row for {name}.{member}"))
}

/// `enums.json`.
pub(crate) fn check_file(file: &Map<String, Value>, report: &mut FileReport) -> Check {
    known_keys(file, &["native", "enums"])?;
    let table = TableNote::of(file)?.ok_or("the table has no note")?;
    for (name, members) in map(file, "enums")? {
        match table.note(name) {
            Err(error) => report.fail(name, error),
            Ok(note) => report.check(name, &note, || {
                if let Note::Reject = note {
                    return Err("an enum cannot be refused".into());
                }
                check_enum(name, &note.apply(members.as_object().ok_or("not an object")?)?)
            }),
        }
    }
    Ok(())
}

fn check_enum(name: &str, members: &Map<String, Value>) -> Check {
    for (member, expected) in members {
        let native = number(name, member)?;
        if expected.as_i64() != Some(native) {
            return Err(format!("{member} is {native}, not {expected}"));
        }
    }
    Ok(())
}
