/** The plain data of the generated bindings under the facade's name, so that hosts import one package. */
package im.anser

import im.anser.ffi.AnserException.Failed

typealias AnserException = im.anser.ffi.AnserException
typealias AppInfo = im.anser.ffi.AppInfo
typealias ClientOptions = im.anser.ffi.ClientOptions
typealias ConnectionChannel = im.anser.ffi.ConnectionChannel
typealias ConnectionStatus = im.anser.ffi.ConnectionStatus
typealias Conversation = im.anser.ffi.Conversation
typealias ConversationKey = im.anser.ffi.ConversationKey
typealias ConversationType = im.anser.ffi.ConversationType
typealias DeviceInfo = im.anser.ffi.DeviceInfo
typealias ErrorKind = im.anser.ffi.ErrorKind
typealias LogLevel = im.anser.ffi.LogLevel
typealias Message = im.anser.ffi.Message
typealias MessageDirection = im.anser.ffi.MessageDirection
typealias Platform = im.anser.ffi.Platform
typealias SdkInfo = im.anser.ffi.SdkInfo
typealias SendOptions = im.anser.ffi.SendOptions
typealias SentStatus = im.anser.ffi.SentStatus
typealias StorageInfo = im.anser.ffi.StorageInfo

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
