//! The protocol's numbers as types. Every enum knows its numbers in both directions.

macro_rules! numbers {
    ($(#[$doc:meta])* $name:ident { $($(#[$item:meta])* $variant:ident = $value:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "client", derive(uniffi::Enum))]
        pub enum $name {
            $($(#[$item])* $variant,)*
        }

        impl $name {
            /// The value of this number; `None` for one that is not listed.
            pub const fn from_number(number: i32) -> Option<Self> {
                Some(match number {
                    $($value => Self::$variant,)*
                    _ => return None,
                })
            }

            /// Its number.
            pub const fn number(self) -> i32 {
                match self {
                    $(Self::$variant => $value,)*
                }
            }
        }
    };
}

numbers! {
    /// What kind of place messages are exchanged in.
    ConversationType {
        /// With one other user.
        Private = 1,
        /// An ad-hoc group managed over this protocol.
        Discussion = 2,
        /// A group managed by the app's server.
        Group = 3,
        /// An open room without membership.
        Chatroom = 4,
        /// With a customer service.
        CustomerService = 5,
        /// From the system; cannot be sent to.
        System = 6,
        /// With a public service of the app.
        AppPublicService = 7,
        /// With a public service of the platform.
        PublicService = 8,
        /// Newer engines only; received, never sent.
        UltraGroup = 10,
        /// Signalling of calls.
        RtcRoom = 12,
    }
}

numbers! {
    /// How the client stands to the server. [`ConnectionStatus::Connected`] is said only while a live
    /// connection has been proven within one heartbeat.
    ConnectionStatus {
        /// Logged in.
        Connected = 0,
        /// A connection is being made.
        Connecting = 1,
        /// Not connected, and nothing is being done about it.
        Disconnected = 2,
        /// The network is not usable; the client keeps trying.
        NetworkUnavailable = 3,
        /// The server closed the session (logout).
        ConnectionClosed = 4,
        /// The user logged in on another device of the same class.
        KickedOfflineByOtherClient = 6,
        /// WebSocket cannot be opened.
        WebsocketUnavailable = 7,
        /// The WebSocket failed.
        WebsocketError = 8,
        /// The user is blocked.
        Blocked = 9,
        /// The server rejects the host name.
        DomainIncorrect = 12,
        /// Navigation rejects the app key.
        AppkeyIsFake = 20,
        /// Navigation is being asked.
        RequestNavi = 201,
        /// Navigation has answered.
        ResponseNavi = 202,
        /// Navigation answered with an error.
        ResponseNaviError = 203,
        /// Navigation did not answer in time.
        ResponseNaviTimeout = 204,
        /// Kicked by each other too often.
        Ultralimit = 1101,
    }
}

numbers! {
    /// What the device is connected by, as its system says.
    NetworkKind {
        /// By nothing.
        Unavailable = 0,
        /// WLAN.
        Wifi = 1,
        /// A mobile network.
        Cellular = 2,
        /// A cable.
        Ethernet = 3,
        /// Something else.
        Other = 4,
    }
}

numbers! {
    /// Whose message it is.
    MessageDirection {
        /// The user's own.
        Send = 1,
        /// Somebody else's.
        Receive = 2,
    }
}

numbers! {
    /// How far an own message has come.
    SentStatus {
        /// Durable in the outbox, waiting or on its way.
        Sending = 10,
        /// Refused for good, or cancelled.
        Failed = 20,
        /// Acknowledged by the server.
        Sent = 30,
        /// Stored by the peer's device.
        Received = 40,
        /// Read by the peer.
        Read = 50,
        /// Destroyed after reading.
        Destroyed = 60,
    }
}

impl SentStatus {
    /// Whether the server has it, whatever its peers did with it since.
    pub const fn has_arrived(self) -> bool {
        self.number() >= Self::Sent.number()
    }
}

numbers! {
    /// What the user did with a received message. A bit set on the wire: [`ReceivedStatus::Read`] 1,
    /// listened 2, downloaded 4, retrieved 8.
    ReceivedStatus {
        /// Not read.
        Unread = 0,
        /// Read.
        Read = 1,
        /// Listened to.
        Listened = 2,
        /// Downloaded.
        Downloaded = 4,
        /// Retrieved on another device.
        Retrieved = 8,
    }
}

numbers! {
    /// How the bytes travel.
    ConnectionChannel {
        /// HTTP long polling.
        XhrPolling = 0,
        /// WebSocket.
        Websocket = 1,
    }
}

numbers! {
    /// Who is mentioned.
    MentionedType {
        /// Everybody in the conversation.
        All = 1,
        /// The listed users.
        Part = 2,
    }
}

numbers! {
    /// The special forms of publishing.
    MethodType {
        /// Control of a customer-service session.
        CustomerService = 1,
        /// Taking a message back.
        Recall = 2,
    }
}

numbers! {
    /// Whether a user is blocked.
    BlacklistStatus {
        /// Blocked.
        InBlacklist = 0,
        /// Not blocked.
        NotInBlacklist = 1,
    }
}

numbers! {
    /// Web or TLS, as the web SDK numbers it.
    HttpScheme {
        /// Plain.
        Http = 0,
        /// Over TLS.
        Https = 1,
    }
}

numbers! {
    /// Who answers in a customer service.
    CustomerServiceType {
        /// Only a robot.
        OnlyRobot = 1,
        /// Only people.
        OnlyHuman = 2,
        /// The robot first.
        RobotFirst = 3,
        /// People first.
        HumanFirst = 4,
    }
}

numbers! {
    /// Order of chatroom members.
    ChatroomMemberOrder {
        /// No members at all.
        None = 0,
        /// Earliest first.
        Ascending = 1,
        /// Latest first.
        Descending = 2,
    }
}

numbers! {
    /// What of a conversation may disturb the user. Muted conversations still receive, but do not count
    /// in the total of unread messages.
    MuteLevel {
        /// Everything.
        None = 0,
        /// Nothing.
        All = 1,
        /// Only messages that mention the user.
        ExceptMentions = 2,
    }
}

numbers! {
    /// Whether a conversation is muted, as the status of `qryPPush` says it.
    NotificationStatus {
        /// Not muted.
        Notify = 0,
        /// Muted.
        DoNotDisturb = 1,
    }
}

numbers! {
    /// Who may invite to a discussion.
    DiscussionInviteStatus {
        /// Everybody.
        Opened = 0,
        /// Its creator.
        Closed = 1,
    }
}

numbers! {
    /// Media of a call.
    VoipMediaType {
        /// Sound only.
        Audio = 1,
        /// With picture.
        Video = 2,
    }
}

numbers! {
    /// Kind of a media message.
    MediaType {
        /// Picture.
        Image = 1,
        /// Sound.
        Audio = 2,
        /// Film.
        Video = 3,
        /// Any file.
        File = 100,
    }
}

numbers! {
    /// Kind of a stored file.
    FileType {
        /// Picture.
        Image = 1,
        /// Sound.
        Audio = 2,
        /// Film.
        Video = 3,
        /// Any file.
        File = 4,
    }
}

numbers! {
    /// Why sharing a location failed.
    RealTimeLocationError {
        /// Not initialised.
        NotInit = -1,
        /// No error.
        Success = 0,
        /// Positioning is switched off.
        GpsDisabled = 1,
        /// Not in this conversation.
        ConversationNotSupport = 2,
        /// Already going on.
        IsOnGoing = 3,
        /// Too many participants.
        ExceedMaxParticipant = 4,
        /// Joining failed.
        JoinFailure = 5,
        /// Starting failed.
        StartFailure = 6,
        /// No network.
        NetworkUnavailable = 7,
    }
}

numbers! {
    /// State of sharing a location.
    RealTimeLocationStatus {
        /// Nothing going on.
        Idle = 0,
        /// Invited.
        Incoming = 1,
        /// Inviting.
        Outgoing = 2,
        /// Sharing.
        Connected = 3,
    }
}

numbers! {
    /// How public services are searched.
    SearchType {
        /// The whole name.
        Exact = 0,
        /// A part of it.
        Fuzzy = 1,
    }
}

numbers! {
    /// Status byte of CONNACK.
    ConnAckStatus {
        /// Accepted.
        Accepted = 0,
        /// The protocol version is not accepted.
        UnacceptableProtocolVersion = 1,
        /// The app key is rejected.
        IdentifierRejected = 2,
        /// The server is unavailable.
        ServerUnavailable = 3,
        /// The token is incorrect.
        TokenIncorrect = 4,
        /// App key and token do not match.
        NotAuthorized = 5,
        /// Ask navigation again.
        Redirect = 6,
        /// The package name is not registered.
        PackageError = 7,
        /// The app is blocked or deleted.
        AppBlockOrDelete = 8,
        /// The user is blocked.
        Block = 9,
        /// The token has expired.
        TokenExpire = 10,
        /// The device is rejected.
        DeviceError = 11,
        /// The host name is rejected.
        HostnameError = 12,
    }
}

numbers! {
    /// What RTC data belongs to.
    RtcTarget {
        /// The room.
        Room = 1,
        /// One user.
        Person = 2,
    }
}

numbers! {
    /// What happened to a chatroom entry.
    ChatroomEntryChange {
        /// Set.
        Update = 1,
        /// Deleted.
        Delete = 2,
    }
}

/// Stands for no conversation type at all, where a number must stand.
pub const NO_CONVERSATION_TYPE: i32 = 0;

/// Longest key of a chatroom entry, in characters.
pub const CHATROOM_ENTRY_KEY_LIMIT: usize = 128;
/// Longest value of a chatroom entry, in characters.
pub const CHATROOM_ENTRY_VALUE_LIMIT: usize = 4096;
