/** The conversation list: its rows and their states, unread counts, drafts, tags. Conversion only. */
package im.anser

import im.anser.ffi.Conversations as NativeConversations

/** The conversation list; from [Client.conversations]. */
class Conversations internal constructor(private val native: NativeConversations) {
    /**
     * Up to [count] conversations: the top ones, then the others, each with the newest first. [after] is the last
     * row already shown; no [types] means all kinds.
     */
    suspend fun list(
        types: List<ConversationType> = emptyList(),
        after: ConversationKey? = null,
        count: Int = 100,
    ): List<Conversation> = native.list(types, after, count.toPositive())

    /** As [list], of those that the filter lets through. */
    suspend fun filter(
        filter: ConversationFilter,
        after: ConversationKey? = null,
        count: Int = 100,
    ): List<Conversation> = native.filter(filter, after, count.toPositive())

    /** These rows as they are now; those that are in no list are left out. See [Client.conversationChanges]. */
    suspend fun rows(conversations: List<ConversationKey>): List<Conversation> = native.rows(conversations)

    /** One conversation; null if nothing is known of it. */
    suspend fun get(conversation: ConversationKey): Conversation? = native.get(conversation)

    /** Puts a conversation into the list. One that is there stays as it is. */
    suspend fun create(conversation: ConversationKey): Conversation = native.create(conversation)

    /** Takes conversations out of the list, on all devices, until a newer message comes. Messages stay. */
    suspend fun remove(conversations: List<ConversationKey>) = native.remove(conversations)

    /** Takes all conversations of these kinds out of the list, as [remove] does. */
    suspend fun clear(types: List<ConversationType>) = native.clear(types)

    /** The server's list merged into the local one; its first [count] rows. A login does this by itself. */
    suspend fun syncList(count: Int = 100): List<Conversation> = native.syncList(count.toPositive())

    /** Takes a conversation out of the list on this device until a newer message comes, or puts it back. */
    suspend fun setHidden(conversation: ConversationKey, hidden: Boolean) = native.setHidden(conversation, hidden)

    /** Puts conversations above the others, or back among them, on all devices of the user. */
    suspend fun setTop(conversations: List<ConversationKey>, top: Boolean) = native.setTop(conversations, top)

    /** Sets what of conversations may disturb the user, on all devices. */
    suspend fun setMute(conversations: List<ConversationKey>, level: MuteLevel) =
        native.setMute(conversations, level)

    /** What of a conversation may disturb the user. */
    suspend fun mute(conversation: ConversationKey): MuteLevel = native.mute(conversation)

    /** Unread messages of one conversation. */
    suspend fun unreadCount(conversation: ConversationKey): Int = native.unreadCount(conversation).toInt()

    /** Unread messages of these conversations together, hidden and muted ones included. */
    suspend fun unreadCountOf(conversations: List<ConversationKey>): Int =
        native.unreadCountOf(conversations).toInt()

    /** Unread messages of all listed conversations of these kinds, with or without the muted ones. */
    suspend fun unreadCount(types: List<ConversationType>, withMuted: Boolean = true): Int =
        native.unreadCountByTypes(types, withMuted).toInt()

    /** What an app's badge shows: unread messages of all listed conversations that are not muted. */
    suspend fun totalUnreadCount(): Int = native.totalUnreadCount().toInt()

    /** Marks everything in a conversation as read. */
    suspend fun clearUnread(conversation: ConversationKey) = native.clearUnread(conversation)

    /** Marks everything up to server time [until] (ms) as read. */
    suspend fun clearUnread(conversation: ConversationKey, until: Long) =
        native.clearUnreadUntil(conversation, until)

    /** Marks everything in every conversation as read. */
    suspend fun clearAllUnread() = native.clearAllUnread()

    /** Marks a conversation as unread again: [count] messages, or as many as there are. */
    suspend fun setUnreadCount(conversation: ConversationKey, count: Int) =
        native.setUnreadCount(conversation, count.toPositive())

    /** Keeps begun text, across restarts; empty to forget it. */
    suspend fun saveDraft(conversation: ConversationKey, text: String) = native.saveDraft(conversation, text)

    /** The begun text of a conversation; empty for none. */
    suspend fun draft(conversation: ConversationKey): String = native.draft(conversation)

    /** Makes a tag, on this device, or renames it. */
    suspend fun addTag(tagId: String, name: String) = native.addTag(tagId, name)

    /** Deletes a tag and takes it off its conversations; whether there was one. */
    suspend fun removeTag(tagId: String): Boolean = native.removeTag(tagId)

    /** All tags, the oldest first. [filter] lists the conversations of one. */
    suspend fun tags(): List<Tag> = native.tags()

    /** Gives a tag to conversations, or takes it off. */
    suspend fun setTag(tagId: String, conversations: List<ConversationKey>, tagged: Boolean = true) =
        native.setTag(tagId, conversations, tagged)
}
