/** Receipts and typing. Conversion only. */
package im.anser

import im.anser.ffi.ReceiptKind
import im.anser.ffi.ReceiptListener
import im.anser.ffi.TypingListener
import im.anser.ffi.Receipt as NativeReceipt
import im.anser.ffi.Receipts as NativeReceipts

/** Receipts and typing; from [Client.receipts]. What others tell comes by [Client.receiptEvents] and [Client.typing]. */
class Receipts internal constructor(private val native: NativeReceipts) {
    /**
     * Tells the peer of a private chat that everything up to server time [until] (ms; 0 for all) is read, and
     * clears the unread count up to there. Returns up to when that is, 0 if the peer has written nothing.
     */
    suspend fun sendRead(conversation: ConversationKey, until: Long = 0): Long =
        native.sendRead(conversation, until)

    /** Asks the members of a group who reads an own message. */
    suspend fun request(messageId: Long): Message = native.request(messageId)

    /** Answers the requests for these messages, or all that wait if none are named; how many were answered. */
    suspend fun respond(conversation: ConversationKey, messageIds: List<Long> = emptyList()): Int =
        native.respond(conversation, messageIds).toInt()

    /** Who has read a message, as far as known here, the first reader first. */
    suspend fun readers(messageId: Long): List<Reader> = native.readers(messageId)

    /** Tells the server that group messages are read, where it counts the readers itself. */
    suspend fun reportRead(groupId: String, messageUids: List<String>) = native.reportRead(groupId, messageUids)

    /** Who has read a group message, as the server counts them. */
    suspend fun remoteReaders(groupId: String, messageUid: String): GroupReaders =
        native.remoteReaders(groupId, messageUid)

    /** Tells that the user is typing. Call it on every key: within the interval (6 s) it is told once. */
    suspend fun sendTyping(conversation: ConversationKey, objectName: String = "RC:TxtMsg") =
        native.sendTyping(conversation, objectName)

    /** How long typing is told once only, in ms: 0 to 60000. */
    fun setTypingInterval(milliseconds: Int) = native.setTypingInterval(milliseconds.toPositive())
}

/** A receipt that arrived from [userId]. Times are the server's, ms. */
sealed interface Receipt {
    val conversation: ConversationKey
    val userId: String
    val time: Long

    /** A device of the peer has stored everything up to [time]. */
    data class Delivered(
        override val conversation: ConversationKey, override val userId: String, override val time: Long,
    ) : Receipt

    /** The peer has read everything up to [time]. */
    data class Read(
        override val conversation: ConversationKey, override val userId: String, override val time: Long,
    ) : Receipt

    /** A member of the group asks who reads these messages; [Receipts.respond] answers. */
    data class GroupRequest(
        override val conversation: ConversationKey, override val userId: String, override val time: Long,
        val messageUids: List<String>,
    ) : Receipt

    /** A member of the group has read these messages. */
    data class GroupRead(
        override val conversation: ConversationKey, override val userId: String, override val time: Long,
        val messageUids: List<String>,
    ) : Receipt
}

/** Everybody who types in [conversation] now; nobody when the last one has stopped. */
data class Typing(val conversation: ConversationKey, val users: List<TypingUser>)

internal class ReceiptAdapter(private val listener: (List<Receipt>) -> Unit) : ReceiptListener {
    override fun onReceipts(receipts: List<NativeReceipt>) = listener(receipts.map(::typed))

    private fun typed(receipt: NativeReceipt): Receipt = receipt.run {
        when (kind) {
            ReceiptKind.DELIVERED -> Receipt.Delivered(conversation, userId, time)
            ReceiptKind.READ -> Receipt.Read(conversation, userId, time)
            ReceiptKind.GROUP_REQUEST -> Receipt.GroupRequest(conversation, userId, time, messageUids)
            ReceiptKind.GROUP_READ -> Receipt.GroupRead(conversation, userId, time, messageUids)
        }
    }
}

internal class TypingAdapter(private val listener: (Typing) -> Unit) : TypingListener {
    override fun onTyping(conversation: ConversationKey, users: List<TypingUser>) =
        listener(Typing(conversation, users))
}
