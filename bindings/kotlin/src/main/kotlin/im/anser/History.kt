/** Pages of messages, here and at the server. Conversion only. */
package im.anser

import im.anser.ffi.BackfillListener
import im.anser.ffi.History as NativeHistory

/** Pages of messages; from [Client.history]. */
class History internal constructor(private val native: NativeHistory) {
    /**
     * A page of what is stored here, oldest first: of some kinds or senders, in either direction, beyond a
     * message or a time. Asks nobody; [load] gives pages without holes.
     */
    suspend fun page(conversation: ConversationKey, query: HistoryQuery): List<Message> =
        native.page(conversation, query)

    /**
     * Up to [count] messages before server time [before] (ms; 0 for the newest) as they are at the server: what
     * is missing here is fetched and kept. Offline it shows what is here and names the hole.
     */
    suspend fun load(conversation: ConversationKey, before: Long = 0, count: Int = 20): HistoryPage =
        native.load(conversation, before, count.toPositive())

    /** Up to [count] messages before server time [time] (ms) and as many from it on: for a jump to a message. */
    suspend fun around(conversation: ConversationKey, time: Long, count: Int = 20): HistoryPage =
        native.around(conversation, time, count.toPositive())

    /** A page of the server's history, oldest first, merged into what is here. */
    suspend fun remote(conversation: ConversationKey, query: RemoteQuery): HistoryPage =
        native.remote(conversation, query)

    /**
     * Fetches everything that is missing here back to server time [since] (ms; 0 for all), page by page, and
     * returns how many were fetched. [progress] hears, on the delivery thread, how many those are so far and
     * back to when everything is here.
     */
    suspend fun backfill(
        conversation: ConversationKey,
        since: Long = 0,
        progress: ((fetched: Int, since: Long) -> Unit)? = null,
    ): Int = native.backfill(conversation, since, progress?.let(::BackfillAdapter)).toInt()

    /** Stretches of a conversation that this device has never seen, oldest first. */
    suspend fun gaps(conversation: ConversationKey): List<TimeSpan> = native.gaps(conversation)

    /** The oldest unread message; null if everything is read. */
    suspend fun firstUnread(conversation: ConversationKey): Message? = native.firstUnread(conversation)

    /** Up to [count] unread messages that mention the user, oldest first. */
    suspend fun unreadMentions(conversation: ConversationKey, count: Int = 100): List<Message> =
        native.unreadMentions(conversation, count.toPositive())

    /** Deletes everything up to server time [until] (ms; 0 for all) on this device. */
    suspend fun clear(conversation: ConversationKey, until: Long = 0) = native.clear(conversation, until)

    /**
     * Deletes everything up to server time [until] (ms) from this user's history at the server, and with
     * [alsoHere] on this device. Others keep theirs.
     */
    suspend fun clearRemote(conversation: ConversationKey, until: Long, alsoHere: Boolean = true) =
        native.clearRemote(conversation, until, alsoHere)
}

internal class BackfillAdapter(private val progress: (Int, Long) -> Unit) : BackfillListener {
    override fun onProgress(fetched: UInt, since: Long) = progress(fetched.toInt(), since)
}
