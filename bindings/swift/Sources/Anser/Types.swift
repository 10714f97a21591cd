// The plain data of the generated bindings under the facade's name, so that apps import one module.

import AnserBindings

public typealias AnserError = AnserBindings.AnserError
public typealias AppInfo = AnserBindings.AppInfo
public typealias ClientOptions = AnserBindings.ClientOptions
public typealias ConnectionChannel = AnserBindings.ConnectionChannel
public typealias ConnectionStatus = AnserBindings.ConnectionStatus
public typealias Conversation = AnserBindings.Conversation
public typealias ConversationKey = AnserBindings.ConversationKey
public typealias ConversationType = AnserBindings.ConversationType
public typealias DeviceInfo = AnserBindings.DeviceInfo
public typealias ErrorKind = AnserBindings.ErrorKind
public typealias LogLevel = AnserBindings.LogLevel
public typealias Message = AnserBindings.Message
public typealias MessageDirection = AnserBindings.MessageDirection
public typealias Platform = AnserBindings.Platform
public typealias SdkInfo = AnserBindings.SdkInfo
public typealias SendOptions = AnserBindings.SendOptions
public typealias SentStatus = AnserBindings.SentStatus
public typealias StorageInfo = AnserBindings.StorageInfo

extension ConversationKey {
    /// The chat with one user.
    public static func privateChat(_ userId: String) -> ConversationKey {
        ConversationKey(conversationType: .private, targetId: userId)
    }

    /// The chat in a group.
    public static func group(_ groupId: String) -> ConversationKey {
        ConversationKey(conversationType: .group, targetId: groupId)
    }
}

extension AnserError {
    /// One of the stable codes.
    public var code: Int32 {
        switch self {
        case let .Failed(code, _, _, _): return code
        }
    }

    /// Whether the same call may succeed later without any change.
    public var retryable: Bool {
        switch self {
        case let .Failed(_, _, retryable, _): return retryable
        }
    }
}
