// The plain data of the generated bindings under the facade's name, so that apps import one module.

import AnserBindings

public typealias AnserError = AnserBindings.AnserError
public typealias AppInfo = AnserBindings.AppInfo
public typealias ClientOptions = AnserBindings.ClientOptions
public typealias ConnectionChannel = AnserBindings.ConnectionChannel
public typealias ConnectionStatus = AnserBindings.ConnectionStatus
public typealias Conversation = AnserBindings.Conversation
public typealias ConversationFilter = AnserBindings.ConversationFilter
public typealias ConversationHits = AnserBindings.ConversationHits
public typealias ConversationKey = AnserBindings.ConversationKey
public typealias ConversationType = AnserBindings.ConversationType
public typealias DatabaseEvent = AnserBindings.DatabaseEvent
public typealias DatabaseReport = AnserBindings.DatabaseReport
public typealias DeviceInfo = AnserBindings.DeviceInfo
public typealias DownloadOptions = AnserBindings.DownloadOptions
public typealias ErrorKind = AnserBindings.ErrorKind
public typealias ExportReport = AnserBindings.ExportReport
public typealias GroupReaders = AnserBindings.GroupReaders
public typealias HistoryPage = AnserBindings.HistoryPage
public typealias HistoryQuery = AnserBindings.HistoryQuery
public typealias HitRange = AnserBindings.HitRange
public typealias ImportReport = AnserBindings.ImportReport
public typealias InsertedMessage = AnserBindings.InsertedMessage
public typealias LogLevel = AnserBindings.LogLevel
public typealias MediaProgress = AnserBindings.MediaProgress
public typealias MentionOptions = AnserBindings.MentionOptions
public typealias MentionedType = AnserBindings.MentionedType
public typealias Message = AnserBindings.Message
public typealias MessageDirection = AnserBindings.MessageDirection
public typealias MessageKind = AnserBindings.MessageKind
public typealias MuteLevel = AnserBindings.MuteLevel
public typealias NavigationInfo = AnserBindings.NavigationInfo
public typealias NetworkKind = AnserBindings.NetworkKind
public typealias Platform = AnserBindings.Platform
public typealias PushOptions = AnserBindings.PushOptions
public typealias QuietHours = AnserBindings.QuietHours
public typealias Reader = AnserBindings.Reader
public typealias RecallOptions = AnserBindings.RecallOptions
public typealias RemoteQuery = AnserBindings.RemoteQuery
public typealias SdkInfo = AnserBindings.SdkInfo
public typealias SearchCount = AnserBindings.SearchCount
public typealias SearchHit = AnserBindings.SearchHit
public typealias SearchPage = AnserBindings.SearchPage
public typealias SearchQuery = AnserBindings.SearchQuery
public typealias SendOptions = AnserBindings.SendOptions
public typealias SenderInfo = AnserBindings.SenderInfo
public typealias SentStatus = AnserBindings.SentStatus
public typealias SizeReport = AnserBindings.SizeReport
public typealias StorageInfo = AnserBindings.StorageInfo
public typealias SyncReport = AnserBindings.SyncReport
public typealias TableRows = AnserBindings.TableRows
public typealias Tag = AnserBindings.Tag
public typealias TimeSpan = AnserBindings.TimeSpan
public typealias TransferDirection = AnserBindings.TransferDirection
public typealias TransferState = AnserBindings.TransferState
public typealias TypingUser = AnserBindings.TypingUser
public typealias VerifyReport = AnserBindings.VerifyReport

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
