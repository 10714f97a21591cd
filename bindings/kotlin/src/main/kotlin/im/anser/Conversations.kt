/** The conversation list and the unread counts. Conversion only. */
package im.anser

import im.anser.ffi.Conversations as NativeConversations

/** The conversation list; from [Client.conversations]. */
class Conversations internal constructor(private val native: NativeConversations) {
    /**
     * Up to [count] conversations, the one with the newest message first. [after] is the last row already
     * shown; no [types] means all kinds.
     */
    suspend fun list(
        types: List<ConversationType> = emptyList(),
        after: ConversationKey? = null,
        count: Int = 100,
    ): List<Conversation> = native.list(types, after, count.toPositive())

    /** One conversation; null if nothing is known of it. */
    suspend fun get(conversation: ConversationKey): Conversation? = native.get(conversation)

    /** Unread messages of one conversation. */
    suspend fun unreadCount(conversation: ConversationKey): Int = native.unreadCount(conversation).toInt()

    /** Unread messages of all conversations of these kinds together. */
    suspend fun unreadCount(types: List<ConversationType>): Int = native.unreadCountByTypes(types).toInt()

    /** Unread messages of all conversations together; chatrooms do not count. */
    suspend fun totalUnreadCount(): Int = native.totalUnreadCount().toInt()

    /** Marks everything in a conversation as read. */
    suspend fun clearUnread(conversation: ConversationKey) = native.clearUnread(conversation)

    /** Marks everything in every conversation as read. */
    suspend fun clearAllUnread() = native.clearAllUnread()
}
