/** Finding messages and conversations by their words. Conversion only. */
package im.anser

import im.anser.ffi.Search as NativeSearch

/** Search in everything that is stored here; from [Client.search]. */
class Search internal constructor(private val native: NativeSearch) {
    /** Messages that match, newest first, a page at a time; an empty text finds by the other conditions alone. */
    suspend fun messages(query: SearchQuery): SearchPage = native.messages(query)

    /** How many messages match. */
    suspend fun count(query: SearchQuery): SearchCount = native.count(query)

    /** Up to [count] conversations that hold messages with this text, and how many each holds. */
    suspend fun conversations(
        text: String,
        types: List<ConversationType> = emptyList(),
        count: Int = 20,
    ): List<ConversationHits> = native.conversations(text, types, count.toPositive())
}
