/** Sending messages, and what becomes of them afterwards. Conversion only. */
package im.anser

import im.anser.ffi.Messages as NativeMessages

/** Sending and reading messages; from [Client.messages]. */
class Messages internal constructor(private val native: NativeMessages) {
    /** Sends text. Returns as soon as it is durable in the outbox; [waitSent] tells what became of it. */
    suspend fun sendText(conversation: ConversationKey, text: String): Message =
        native.sendText(conversation, text)

    /** Sends content of any kind: typed ones, or [Content.Other] for an app's own. See [sendText]. */
    suspend fun send(
        conversation: ConversationKey,
        content: Content,
        options: SendOptions = SendOptions(),
    ): Message = native.send(conversation, content.objectName, content.json, options)

    /** Waits for the server's word on an own message: its SENT form. Throws if it was refused or cancelled. */
    suspend fun waitSent(messageId: Long): Message = native.waitSent(messageId)

    /** Sends a FAILED message again. */
    suspend fun resend(messageId: Long): Message = native.resend(messageId)

    /** Takes back a message that waits to be sent. */
    suspend fun cancel(messageId: Long) = native.cancel(messageId)

    /** One message by its local id. */
    suspend fun get(messageId: Long): Message = native.get(messageId)

    /** One message by the server's name for it. */
    suspend fun getByUid(uid: String): Message = native.getByUid(uid)

    /** Up to [count] messages, oldest first: those before server time [before], or the newest if it is 0. */
    suspend fun history(conversation: ConversationKey, before: Long = 0, count: Int = 20): List<Message> =
        native.history(conversation, before, count.toPositive())

    /** Tells of the host's own kinds of content: their flags, the keys they must have, what search finds. */
    fun registerKinds(kinds: List<MessageKind>) = native.registerKinds(kinds)

    /** Takes an own message back, everywhere; what is left in its place. */
    suspend fun recall(messageId: Long, options: RecallOptions = RecallOptions()): Message =
        native.recall(messageId, options)

    /** Puts a message in on this device; it is sent nowhere. */
    suspend fun insert(message: InsertedMessage): Message = native.insert(message)

    /** Puts up to 1000 messages in, all or none. */
    suspend fun insert(messages: List<InsertedMessage>): List<Message> = native.insertMany(messages)

    /** Changes what a message says, on this device. The kind stays. */
    suspend fun setContent(messageId: Long, content: Content): Message =
        native.setContent(messageId, content.json)

    /** Sets the host's own note on a message; never sent. */
    suspend fun setExtra(messageId: Long, extra: String): Message = native.setExtra(messageId, extra)

    /** Sets what is found of a message beside its content's own text; null for nothing more. */
    suspend fun setSearchWords(messageId: Long, words: String?): Message =
        native.setSearchWords(messageId, words)

    /** Sets what the user did with a received message: read 1, listened 2, downloaded 4, retrieved 8, or several. */
    suspend fun setReceivedStatus(messageId: Long, status: Int): Message =
        native.setReceivedStatus(messageId, status)

    /** Sets how far an own message has come, on this device. */
    suspend fun setSentStatus(messageId: Long, status: SentStatus): Message =
        native.setSentStatus(messageId, status)

    /** Deletes messages on this device; how many are gone. */
    suspend fun delete(messageIds: List<Long>): Int = native.delete(messageIds).toInt()

    /** Deletes messages on this device and in this user's history at the server. Others keep theirs. */
    suspend fun deleteEverywhere(messageIds: List<Long>): Int = native.deleteEverywhere(messageIds).toInt()

    /** Attaches pairs to a sent message, for all who have it. */
    suspend fun setExpansion(messageId: Long, pairs: Map<String, String>): Message =
        native.setExpansion(messageId, pairs)

    /** Takes pairs off a sent message, for all who have it. */
    suspend fun removeExpansion(messageId: Long, keys: List<String>): Message =
        native.removeExpansion(messageId, keys)

    /** The user has read a message that destroys itself: its countdown starts. */
    suspend fun beginDestruct(messageId: Long): Message = native.beginDestruct(messageId)

    /** Stops such a countdown. */
    suspend fun stopDestruct(messageId: Long): Message = native.stopDestruct(messageId)
}

/** A negative count is as invalid as 0: the library refuses both with the same code. */
internal fun Int.toPositive(): UInt = coerceAtLeast(0).toUInt()
