/** The plain data of the generated bindings under the facade's name, so that hosts import one package. */
package im.anser

import im.anser.ffi.AnserException.Failed

typealias AnserException = im.anser.ffi.AnserException
typealias AppInfo = im.anser.ffi.AppInfo
typealias ClientOptions = im.anser.ffi.ClientOptions
typealias ConnectionChannel = im.anser.ffi.ConnectionChannel
typealias ConnectionStatus = im.anser.ffi.ConnectionStatus
typealias Conversation = im.anser.ffi.Conversation
typealias ConversationFilter = im.anser.ffi.ConversationFilter
typealias ConversationHits = im.anser.ffi.ConversationHits
typealias ConversationKey = im.anser.ffi.ConversationKey
typealias ConversationType = im.anser.ffi.ConversationType
typealias DatabaseEvent = im.anser.ffi.DatabaseEvent
typealias DatabaseReport = im.anser.ffi.DatabaseReport
typealias DeviceInfo = im.anser.ffi.DeviceInfo
typealias DownloadOptions = im.anser.ffi.DownloadOptions
typealias ErrorKind = im.anser.ffi.ErrorKind
typealias ExportReport = im.anser.ffi.ExportReport
typealias GroupReaders = im.anser.ffi.GroupReaders
typealias HistoryPage = im.anser.ffi.HistoryPage
typealias HistoryQuery = im.anser.ffi.HistoryQuery
typealias HitRange = im.anser.ffi.HitRange
typealias ImportReport = im.anser.ffi.ImportReport
typealias InsertedMessage = im.anser.ffi.InsertedMessage
typealias LogLevel = im.anser.ffi.LogLevel
typealias MediaProgress = im.anser.ffi.MediaProgress
typealias MentionOptions = im.anser.ffi.MentionOptions
typealias MentionedType = im.anser.ffi.MentionedType
typealias Message = im.anser.ffi.Message
typealias MessageDirection = im.anser.ffi.MessageDirection
typealias MessageKind = im.anser.ffi.MessageKind
typealias MuteLevel = im.anser.ffi.MuteLevel
typealias NavigationInfo = im.anser.ffi.NavigationInfo
typealias NetworkKind = im.anser.ffi.NetworkKind
typealias Platform = im.anser.ffi.Platform
typealias PushOptions = im.anser.ffi.PushOptions
typealias QuietHours = im.anser.ffi.QuietHours
typealias Reader = im.anser.ffi.Reader
typealias RecallOptions = im.anser.ffi.RecallOptions
typealias RemoteQuery = im.anser.ffi.RemoteQuery
typealias SdkInfo = im.anser.ffi.SdkInfo
typealias SearchCount = im.anser.ffi.SearchCount
typealias SearchHit = im.anser.ffi.SearchHit
typealias SearchPage = im.anser.ffi.SearchPage
typealias SearchQuery = im.anser.ffi.SearchQuery
typealias SendOptions = im.anser.ffi.SendOptions
typealias SenderInfo = im.anser.ffi.SenderInfo
typealias SentStatus = im.anser.ffi.SentStatus
typealias SizeReport = im.anser.ffi.SizeReport
typealias StorageInfo = im.anser.ffi.StorageInfo
typealias SyncReport = im.anser.ffi.SyncReport
typealias TableRows = im.anser.ffi.TableRows
typealias Tag = im.anser.ffi.Tag
typealias TimeSpan = im.anser.ffi.TimeSpan
typealias TransferDirection = im.anser.ffi.TransferDirection
typealias TransferState = im.anser.ffi.TransferState
typealias TypingUser = im.anser.ffi.TypingUser
typealias VerifyReport = im.anser.ffi.VerifyReport

/** The chat with one user. */
fun privateChat(userId: String) = ConversationKey(ConversationType.PRIVATE, userId)

/** The chat in a group. */
fun groupChat(groupId: String) = ConversationKey(ConversationType.GROUP, groupId)

/** What the message says, typed where the kind is known. */
val Message.body: Content get() = Content.read(objectName, content)

/** One of the stable codes. */
val AnserException.code: Int get() = (this as Failed).code

/** The code's coarse class. */
val AnserException.kind: ErrorKind get() = (this as Failed).kind

/** Whether the same call may succeed later without any change. */
val AnserException.retryable: Boolean get() = (this as Failed).retryable
