//! Error codes: one number space for everything that can go wrong, shared with the web SDK.
//!
//! Positive codes below 30000 come from the server, 30000 and above and the negatives from the client.
//! Where two names share a number they are one value and say so.

/// A stable error code. Compare with the constants; unknown numbers pass through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ErrorCode(pub i32);

macro_rules! codes {
    ($($name:ident $value:literal $words:literal)*) => {
        impl ErrorCode {
            $(
                #[doc = concat!($words, ".")]
                pub const $name: Self = Self($value);
            )*

            /// Every constant with its name and words, in order of the table.
            pub const ALL: &'static [(&'static str, Self, &'static str)] =
                &[$((stringify!($name), Self::$name, $words)),*];
        }
    };
}

codes! {
    PARAMETER_ERROR -3 "a parameter has the wrong type"
    UNKNOWN -2 "the answer could not be understood"
    TIMEOUT -1 "no answer within the time limit"
    SUCCESS 0 "no error"
    CANCEL 1 "call ended: cancelled by the caller"
    REJECT 2 "call ended: rejected"
    HANGUP 3 "call ended: hung up"
    BUSYLINE 4 "call ended: line busy"
    NO_RESPONSE 5 "call ended: no response"
    ENGINE_UN_SUPPORTED 6 "call ended: engine not supported"
    NETWORK_ERROR 7 "call ended: network error"
    REMOTE_CANCEL 11 "call ended: cancelled by the peer"
    REMOTE_REJECT 12 "call ended: rejected by the peer"
    REMOTE_HANGUP 13 "call ended: the peer hung up"
    REMOTE_BUSYLINE 14 "call ended: the peer's line is busy"
    REMOTE_NO_RESPONSE 15 "call ended: the peer did not respond"
    REMOTE_ENGINE_UN_SUPPORTED 16 "call ended: the peer does not support the engine"
    REMOTE_NETWORK_ERROR 17 "call ended: the peer's network failed"
    VOIP_NOT_AVALIABLE 18 "calls are not available"
    REJECTED_BY_BLACKLIST 405 "the receiver has blocked the sender"
    ULTRALIMIT 1101 "kicked by another device too often"
    RC_MSG_UNAUTHORIZED 20406 "the user is muted"
    RC_DISCUSSION_GROUP_ID_INVALID 20407 "the discussion id is invalid"
    SEND_FREQUENCY_TOO_FAST 20604 "messages are sent too fast"
    NOT_IN_DISCUSSION 21406 "not a member of the discussion"
    JOIN_IN_DISCUSSION 21407 "joining the discussion failed"
    CREATE_DISCUSSION 21408 "creating the discussion failed"
    INVITE_DICUSSION 21409 "inviting to the discussion failed"
    SENSITIVE_SHIELD 21501 "blocked for a sensitive word"
    SENSITIVE_REPLACE 21502 "sent with a sensitive word replaced"
    NOT_IN_GROUP 22406 "not a member of the group"
    FORBIDDEN_IN_GROUP 22408 "muted in the group"
    NOT_IN_CHATROOM 23406 "not in the chatroom"
    GET_USERINFO_ERROR 23407 "reading the user information failed"
    FORBIDDEN_IN_CHATROOM 23408 "muted in the chatroom"
    RC_CHATROOM_USER_KICKED 23409 "removed from the chatroom"
    RC_CHATROOM_NOT_EXIST 23410 "the chatroom does not exist"
    RC_CHATROOM_IS_FULL 23411 "the chatroom is full"
    RC_CHATROOM_PATAMETER_INVALID 23412 "a chatroom parameter is invalid"
    CHATROOM_GET_HISTORYMSG_ERROR 23413 "reading the chatroom history failed"
    CHATROOM_NOT_OPEN_HISTORYMSG_STORE 23414 "chatroom history is not enabled"
    CHATROOM_KV_EXCEED 23423 "the chatroom has too many entries"
    CHATROOM_KV_OVERWRITE_INVALID 23424 "the entry exists and may not be overwritten"
    CHATROOM_KV_STORE_NOT_OPEN 23426 "chatroom entries are not enabled"
    CHATROOM_KEY_NOT_EXIST 23427 "the chatroom entry does not exist"
    HAVNODEVICEID 24001 "the user is not logged in"
    DEVICEIDISHAVE 24002 "the user exists already"
    FEILD 24009 "no such user or token"
    NOENGINETYPE 24010 "no engine type"
    NULLCHANNELNAME 24011 "the channel name is empty"
    VOIPDYANMICERROR 24012 "the voice key could not be made"
    VOIPISNULL 24013 "voice calls are not configured"
    NOVOIP 24014 "voice calls are not enabled"
    INTERNALERRROR 24015 "internal error of the server"
    VOIPCLOSE 24016 "voice calls are switched off"
    RECALL_MESSAGE 25101 "the message cannot be recalled"
    RC_NET_CHANNEL_INVALID 30001 "there is no connection"
    RC_NET_UNAVAILABLE 30002 "the network is not available"
    RC_MSG_RESP_TIMEOUT 30003 "no acknowledgement within the time limit"
    RC_HTTP_SEND_FAIL 30004 "the navigation request failed"
    RC_HTTP_REQ_TIMEOUT 30005 "the navigation request timed out"
    RC_HTTP_RECV_FAIL 30006 "the navigation answer could not be received"
    RC_NAVI_RESOURCE_ERROR 30007 "navigation answered with an error"
    RC_NODE_NOT_FOUND 30008 "the navigation answer holds nothing usable"
    RC_DOMAIN_NOT_RESOLVE 30009 "the navigation answer names no reachable server"
    RC_SOCKET_NOT_CREATED 30010 "the connection could not be opened"
    RC_SOCKET_DISCONNECTED 30011 "the connection was lost"
    RC_PING_SEND_FAIL 30012 "the heartbeat could not be sent"
    RC_PONG_RECV_FAIL 30013 "the heartbeat was not answered"
    RC_MSG_SEND_FAIL 30014 "the message could not be sent"
    MSG_SIZE_OUT_OF_LIMIT 30016 "the message content is larger than 128 KiB"
    NAVI_TOKEN_INCORRECT 30024 "navigation rejects the token"
    SOCKET_CLOSED_BY_PEER 30027 "the connection was closed by the server"
    RC_CONN_ACK_TIMEOUT 31000 "the server did not accept the connection in time"
    RC_CONN_PROTO_VERSION_ERROR 31001 "the server does not accept the protocol version"
    RC_CONN_ID_REJECT 31002 "the server rejects the app key"
    RC_CONN_SERVER_UNAVAILABLE 31003 "the server is unavailable"
    RC_CONN_USER_OR_PASSWD_ERROR 31004 "the token is incorrect"
    RC_CONN_NOT_AUTHRORIZED 31005 "app key and token do not match"
    RC_CONN_REDIRECTED 31006 "redirected, and the new address does not work"
    RC_CONN_PACKAGE_NAME_INVALID 31007 "the package name is not registered"
    RC_CONN_APP_BLOCKED_OR_DELETED 31008 "the app is blocked or deleted"
    RC_CONN_USER_BLOCKED 31009 "the user is blocked"
    RC_DISCONN_KICK 31010 "disconnected: the user logged in elsewhere"
    RC_DISCONN_EXCEPTION 31011 "disconnected by the server"
    CONN_CANCELLED 31016 "connecting was cancelled by disconnect or close"
    CONN_TOKEN_EXPIRED 31020 "the token has expired"
    CONN_DEVICE_ERROR 31021 "the server rejects the device"
    CONN_HOSTNAME_ERROR 31022 "the server rejects the host name"
    CONN_OTHER_DEVICE_ONLINE 31023 "the same client is online already"
    RC_QUERY_ACK_NO_DATA 32001 "the answer holds no data"
    RC_MSG_DATA_INCOMPLETE 32002 "the message is incomplete"
    BIZ_ERROR_CLIENT_NOT_INIT 33001 "no user is open yet"
    BIZ_ERROR_DATABASE_ERROR 33002 "the database failed"
    BIZ_ERROR_INVALID_PARAMETER 33003 "a parameter is invalid"
    BIZ_ERROR_NO_CHANNEL 33004 "there is no connection to use"
    BIZ_ERROR_RECONNECT_SUCCESS 33005 "reconnected"
    BIZ_ERROR_CONNECTING 33006 "already connecting"
    MSG_ROAMING_SERVICE_UNAVAILABLE 33007 "remote history is not enabled"
    MSG_INSERT_ERROR 33008 "inserting the message failed"
    MSG_DEL_ERROR 33009 "deleting the message failed"
    REQUEST_CANCELLED 33200 "cancelled by the caller"
    CONVER_REMOVE_ERROR 34001 "removing the conversation failed"
    SIGHT_DURATION_OUT_OF_LIMIT 34002 "the short video is longer than navigation allows; also CONVER_GETLIST_ERROR"
    CONVER_GETLIST_ERROR 34002 "reading the conversation list failed (web); also SIGHT_DURATION_OUT_OF_LIMIT"
    GIF_SIZE_OUT_OF_LIMIT 34003 "the GIF is larger than navigation allows; also CONVER_SETOP_ERROR"
    CONVER_SETOP_ERROR 34003 "pinning the conversation failed (web); also GIF_SIZE_OUT_OF_LIMIT"
    CONVER_TOTAL_UNREAD_ERROR 34004 "counting all unread messages failed"
    CONVER_TYPE_UNREAD_ERROR 34005 "counting unread messages by type failed"
    CONVER_ID_TYPE_UNREAD_ERROR 34006 "counting unread messages failed"
    CONVER_CLEAR_ERROR 34007 "clearing conversations failed"
    CLEAR_HIS_TYPE_ERROR 34008 "history of this type cannot be cleared"
    CONVER_GET_ERROR 34009 "reading the conversation failed"
    CLEAR_HIS_ERROR 34010 "clearing the history failed"
    CLEAR_HIS_TIME_ERROR 34011 "the time up to which to clear is invalid"
    APP_KEY_INVALID 34105 "the app key is empty or invalid"
    CONTENT_INVALID 34205 "the content is not a JSON object of its type"
    CONVERSATION_TYPE_UNSUPPORTED 34209 "conversations of this type cannot be sent to"
    TARGET_ID_INVALID 34210 "the target id is empty or invalid"
    OBJECT_NAME_INVALID 34271 "the object name is empty or invalid"
    NAVI_URL_INVALID 34286 "the navigation URL is invalid"
    DATABASE_OPEN_FAILED 34302 "the database cannot be opened"
    DATABASE_IO_ERROR 34303 "the database cannot be read or written"
    DATABASE_NEWER 34306 "the database was written by a newer version"
    DATABASE_IN_USE 34307 "another process uses this data directory"
    DATABASE_FULL 34308 "the disk is full"
    DATABASE_DAMAGED 34309 "the database was found damaged and is being salvaged"
    DATABASE_KEY_WRONG 34310 "the key does not fit the database"
    ENCRYPTION_UNSUPPORTED 34311 "this build cannot encrypt"
    DATABASE_SUSPENDED 34312 "the store is suspended"
    IMPORT_INVALID 34313 "the file is not a whole export"
    IMPORT_OTHER_USER 34314 "the file is the export of another user"
    FILE_IO_ERROR 34315 "the file cannot be read or written"
    CLIENT_CLOSED 34400 "the client is closed"
    INVALID_HANDLE 34403 "the handle is stale or not of this kind"
    INVALID_TEXT 34404 "text is not UTF-8"
    NULL_ARGUMENT 34405 "an argument may not be NULL"
    INTERNAL 34406 "a defect inside the library"
    BUFFER_TOO_SMALL 34407 "the buffer is too small"
    FILE_UNREADABLE 34410 "the file does not exist or cannot be read"
    FILE_EMPTY 34411 "the file is empty"
    FILE_UNWRITABLE 34412 "the file cannot be written"
    FILE_URL_INVALID 34413 "there is no usable address to download from"
    FILE_NOT_ON_SERVER 34414 "the file is not on the server"
    FILE_REFUSED 34415 "the file server refuses the request"
    FILE_SERVER_FAILED 34416 "the file server fails"
    FILE_HASH_DIFFERS 34417 "the file is not the one expected: its hash differs"
    CERTIFICATE_UNTRUSTED 34420 "the server's certificate is not to be trusted: expired, for another host, or of an unknown issuer"
    CERTIFICATE_NOT_PINNED 34421 "the server's certificate holds none of the pinned keys"
    PROXY_REFUSED 34422 "the proxy gives no way to the server"
    PROXY_LOGIN_REQUIRED 34423 "the proxy asks for a login, or refuses the one it got"
    GROUP_SYNC_ERROR 35001 "synchronising groups failed"
    GROUP_MATCH_ERROR 35002 "comparing groups failed"
    CHATROOM_ID_ISNULL 36001 "the chatroom id is empty"
    CHARTOOM_JOIN_ERROR 36002 "joining the chatroom failed"
    CHATROOM_HISMESSAGE_ERROR 36003 "reading chatroom messages failed"
    CHATROOM_KV_NOT_FOUND 36004 "the chatroom entry was not found"
    BLACK_ADD_ERROR 37001 "blocking the user failed"
    BLACK_GETSTATUS_ERROR 37002 "reading the block state failed"
    BLACK_REMOVE_ERROR 37003 "unblocking the user failed"
    DRAF_GET_ERROR 38001 "reading the draft failed"
    DRAF_SAVE_ERROR 38002 "saving the draft failed"
    DRAF_REMOVE_ERROR 38003 "removing the draft failed"
    SUBSCRIBE_ERROR 39001 "following the public service failed"
    QNTKN_FILETYPE_ERROR 41001 "the file type is invalid"
    QNTKN_GET_ERROR 41002 "getting the upload token failed"
    COOKIE_ENABLE 51001 "cookies are disabled (web); also CLOSE_BEFORE_OPEN"
    CLOSE_BEFORE_OPEN 51001 "closed before it was opened; also COOKIE_ENABLE"
    ALREADY_IN_USE 51002 "already in use"
    INVALID_CHANNEL_NAME 51003 "the channel name is invalid"
    VIDEO_CONTAINER_IS_NULL 51004 "there is no video container"
    GET_MESSAGE_BY_ID_ERROR 61001 "no message has this id; also DELETE_MESSAGE_ID_IS_NULL"
    DELETE_MESSAGE_ID_IS_NULL 61001 "no message ids to delete; also GET_MESSAGE_BY_ID_ERROR"
}

impl ErrorCode {
    /// What the code means, for people.
    pub fn words(self) -> &'static str {
        Self::ALL.iter().find(|(_, code, _)| *code == self).map_or("unknown error", |(_, _, words)| words)
    }

    /// The error of a refusing CONNACK (flows §2.3): 310xx, numbered as in the vendor's native core.
    pub const fn from_connack(status: u8) -> Self {
        match status {
            1..=9 => Self(31000 + status as i32),
            10 => Self::CONN_TOKEN_EXPIRED,
            11 => Self::CONN_DEVICE_ERROR,
            12 => Self::CONN_HOSTNAME_ERROR,
            13 => Self::CONN_OTHER_DEVICE_ONLINE,
            _ => Self::RC_CONN_SERVER_UNAVAILABLE,
        }
    }

    /// A coarse class, for hosts that only want to react.
    pub const fn kind(self) -> ErrorKind {
        match self.0 {
            -1 | 30003 | 30005 | 31000 => ErrorKind::Timeout,
            30001..=30002 | 30004 | 30006..=30014 | 30027 | 31003 | 31006 | 33004 | 34416 | 34420..=34422 => {
                ErrorKind::Network
            }
            30024 | 31002 | 31004 | 31005 | 31007 | 31020..=31022 | 34423 => ErrorKind::Credentials,
            1101 | 31008 | 31009 | 31010 | 31011 | 31023 => ErrorKind::Disconnected,
            20604 => ErrorKind::TooFast,
            -3
            | 33003
            | 34002
            | 34003
            | 34105
            | 34205
            | 34209
            | 34210
            | 34271
            | 34286
            | 34403..=34405
            | 34407
            | 34410
            | 34411
            | 34413
            | 30016
            | 34313..=34314
            | 36001 => ErrorKind::InvalidArgument,
            33001 | 33006 | 34312 | 34400 => ErrorKind::State,
            33002 | 33008 | 33009 | 34302..=34311 | 34315 | 34412 => ErrorKind::Storage,
            31016 | 33200 => ErrorKind::Cancelled,
            -2 | 32001 | 32002 | 34417 => ErrorKind::Protocol,
            61001 | 34009 | 34414 | 23410 | 23427 => ErrorKind::NotFound,
            34406 => ErrorKind::Internal,
            _ => ErrorKind::Refused,
        }
    }

    /// Whether the same call may succeed later without any change by the caller.
    pub const fn retryable(self) -> bool {
        matches!(self.kind(), ErrorKind::Timeout | ErrorKind::Network | ErrorKind::TooFast)
            || self.0 == Self::DATABASE_FULL.0
            || self.0 == Self::DATABASE_DAMAGED.0
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} ({})", self.words(), self.0)
    }
}

/// A dozen coarse classes of errors; stable, while codes may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "client", derive(uniffi::Enum))]
pub enum ErrorKind {
    /// No answer in time.
    Timeout,
    /// The network or a server cannot be reached, or the server there is not the one it should be.
    Network,
    /// App key, token or a proxy's login are not accepted: another one may help.
    Credentials,
    /// The server ended or refuses the session for a reason that a retry does not mend.
    Disconnected,
    /// Slow down.
    TooFast,
    /// The caller passed something invalid.
    InvalidArgument,
    /// The call does not fit the present state.
    State,
    /// The database failed.
    Storage,
    /// Cancelled by the caller.
    Cancelled,
    /// The peer said something that cannot be understood.
    Protocol,
    /// The thing asked for does not exist.
    NotFound,
    /// The server refuses this for good.
    Refused,
    /// A defect inside the library.
    Internal,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connack_refusals_have_their_own_numbers() {
        let codes = [1, 4, 9, 10, 11, 12, 13, 14, 255].map(|status| ErrorCode::from_connack(status).0);
        assert_eq!(codes, [31001, 31004, 31009, 31020, 31021, 31022, 31023, 31003, 31003]);
    }
}
