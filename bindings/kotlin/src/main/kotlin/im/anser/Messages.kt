/** Sending and reading messages. Conversion only. */
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

    /** Up to [count] messages, oldest first: those before server time [before], or the newest if it is 0. */
    suspend fun history(conversation: ConversationKey, before: Long = 0, count: Int = 20): List<Message> =
        native.history(conversation, before, count.toPositive())
}

/** A negative count is as invalid as 0: the library refuses both with the same code. */
internal fun Int.toPositive(): UInt = coerceAtLeast(0).toUInt()
