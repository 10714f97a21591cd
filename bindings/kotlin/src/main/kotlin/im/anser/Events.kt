/** What a client tells its host, and the adapters between that and the generated listeners. */
package im.anser

import im.anser.ffi.ConnectionListener
import im.anser.ffi.ConversationListener
import im.anser.ffi.LogListener
import im.anser.ffi.MessageChangeKind
import im.anser.ffi.MessageListener
import im.anser.ffi.MessageChange as NativeChange
import im.anser.ffi.Subscription as NativeSubscription
import im.anser.ffi.TokenListener

/** The status is [status] now; [code] says why, 0 if there is nothing to say. */
data class StatusChange(val status: ConnectionStatus, val code: Int)

/** A line of the log. Never holds tokens or message contents. */
data class LogLine(val level: LogLevel, val target: String, val text: String)

/** What happens to messages. */
sealed interface MessageEvent {
    /** New messages, in the order they came. */
    data class Received(val messages: List<Message>) : MessageEvent

    /** An own message is SENT or FAILED now. */
    data class Sent(val message: Message) : MessageEvent

    /** Stored messages are not what they were. */
    data class Changed(val changes: List<MessageChange>) : MessageEvent

    /** The host was too slow and events were dropped: read the lists again, the store has everything. */
    data object Overflow : MessageEvent
}

/** What happened to stored messages. */
sealed interface MessageChange {
    /** Where. */
    val conversation: ConversationKey

    /** Its sender took it back: [message] is what is left, of kind "RC:RcCmd". */
    data class Recalled(override val conversation: ConversationKey, val message: Message) : MessageChange

    /** Content, note, status, receipts or local path changed; [message] is the new form. */
    data class Updated(override val conversation: ConversationKey, val message: Message) : MessageChange

    /** These [keys] of its expansion have new values. */
    data class ExpansionSet(
        override val conversation: ConversationKey, val message: Message, val keys: List<String>,
    ) : MessageChange

    /** These [keys] of its expansion are gone. */
    data class ExpansionRemoved(
        override val conversation: ConversationKey, val message: Message, val keys: List<String>,
    ) : MessageChange

    /** These messages are gone from this device. */
    data class Deleted(override val conversation: ConversationKey, val messageIds: List<Long>) : MessageChange

    /** Everything up to server time [until] (ms) is gone from this device. */
    data class Cleared(override val conversation: ConversationKey, val until: Long) : MessageChange
}

/** A listener's place. Dropping it without [cancel] cancels too, whenever the collector runs. */
class Subscription internal constructor(private val native: NativeSubscription) : AutoCloseable {
    /** Ends it. A callback that is already running may still be running when this returns. */
    fun cancel() = native.cancel()

    /** Ends it and waits for a callback that is running, unless called from that callback. */
    fun cancelAndWait() = native.cancelAndWait()

    /** As [cancelAndWait]. */
    override fun close() = cancelAndWait()
}

internal class StatusAdapter(private val listener: (StatusChange) -> Unit) : ConnectionListener {
    override fun onStatus(status: ConnectionStatus, code: Int) = listener(StatusChange(status, code))

    override fun onSynced() = Unit
}

internal class TokenAdapter(private val listener: (Int) -> Unit) : TokenListener {
    override fun onTokenNeeded(code: Int) = listener(code)
}

internal class SyncedAdapter(private val listener: () -> Unit) : ConnectionListener {
    override fun onStatus(status: ConnectionStatus, code: Int) = Unit

    override fun onSynced() = listener()
}

internal class MessageAdapter(private val listener: (MessageEvent) -> Unit) : MessageListener {
    override fun onMessages(messages: List<Message>) = listener(MessageEvent.Received(messages))

    override fun onSent(message: Message) = listener(MessageEvent.Sent(message))

    override fun onChanged(changes: List<NativeChange>) = listener(MessageEvent.Changed(changes.map(::typed)))

    override fun onOverflow() = listener(MessageEvent.Overflow)

    private fun typed(change: NativeChange): MessageChange {
        fun message() = checkNotNull(change.message) { "a change of one message names it" }
        val at = change.conversation
        return when (change.kind) {
            MessageChangeKind.RECALLED -> MessageChange.Recalled(at, message())
            MessageChangeKind.UPDATED -> MessageChange.Updated(at, message())
            MessageChangeKind.EXPANSION_SET -> MessageChange.ExpansionSet(at, message(), change.keys)
            MessageChangeKind.EXPANSION_REMOVED -> MessageChange.ExpansionRemoved(at, message(), change.keys)
            MessageChangeKind.DELETED -> MessageChange.Deleted(at, change.messageIds)
            MessageChangeKind.CLEARED -> MessageChange.Cleared(at, change.time)
        }
    }
}

internal class ConversationAdapter(private val listener: (List<ConversationKey>) -> Unit) : ConversationListener {
    override fun onConversations(conversations: List<ConversationKey>) = listener(conversations)
}

internal class LogAdapter(private val listener: (LogLine) -> Unit) : LogListener {
    override fun onLog(level: LogLevel, target: String, text: String) = listener(LogLine(level, target, text))
}
