/** The conversation list: order, filters, states on all devices, read marks, drafts, tags. */
package im.anser

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ListTest : People() {
    private suspend fun Person.targets(filter: ConversationFilter = ConversationFilter()) =
        client.conversations.filter(filter).map { it.key.targetId }

    private suspend fun Person.greet(vararg users: String) = users.forEach { say(privateChat(it), "hello") }

    @Test
    fun order() = runBlocking {
        val alice = alice()
        val list = alice.client.conversations
        alice.greet("a", "b", "c", "d")
        assertEquals(listOf("d", "c", "b", "a"), alice.targets())
        list.setTop(listOf(privateChat("b")), true)
        assertEquals(listOf("b", "d", "c", "a"), alice.targets())
        val after = list.filter(ConversationFilter(), privateChat("b"), 1)
        assertEquals(listOf(privateChat("d")), after.map { it.key }, "pages go on across the top ones")
        assertNull(list.create(privateChat("new")).latestMessage)
        list.saveDraft(privateChat("a"), "begun")
        assertEquals("begun", list.draft(privateChat("a")))
        // Where drafts and new rows stand depends on how well this clock knows the server's.
        val all = list.list()
        assertEquals(all.sortedWith(compareByDescending<Conversation> { it.top }.thenByDescending { it.sortTime }), all)
        assertEquals(mapOf("a" to "begun"), all.filter { it.draft.isNotEmpty() }.associate { it.key.targetId to it.draft })
        list.saveDraft(privateChat("a"), "")
        list.remove(listOf(privateChat("new")))
        list.setTop(listOf(privateChat("b")), false)
        assertEquals(listOf("d", "c", "b", "a"), alice.targets())
        val rows = list.rows(listOf(privateChat("a"), privateChat("nobody"), privateChat("d")))
        assertEquals(listOf("a", "d"), rows.map { it.key.targetId })
        assertEquals(34210, codeOf { list.create(privateChat(" ")) })
        assertEquals(33003, codeOf { list.filter(ConversationFilter(), count = -1) })
    }

    @Test
    fun filters() = runBlocking {
        val (alice, bob) = alice() to bob()
        val list = alice.client.conversations
        alice.greet("a", "b")
        bob.greet(alice.user)
        alice.received.waitFor("the greeting") { it.isNotEmpty() }
        list.setTop(listOf(privateChat("a")), true)
        list.setMute(listOf(privateChat("b")), MuteLevel.ALL)
        list.setHidden(privateChat("a"), true)
        assertEquals(listOf(bob.user), alice.targets(ConversationFilter(unread = true)))
        assertEquals(listOf("b"), alice.targets(ConversationFilter(muted = true)))
        assertEquals(listOf("a"), alice.targets(ConversationFilter(hidden = true, top = true)))
        list.setHidden(privateChat("a"), false)
        assertEquals(listOf(bob.user, "b"), alice.targets(ConversationFilter(top = false)))
    }

    @Test
    fun `states are the account's`() = runBlocking {
        val (desk, bob) = alice() to bob()
        val phone = phone(desk.user)
        bob.greet(desk.user)
        for (device in listOf(desk, phone)) device.received.waitFor("the greeting") { it.isNotEmpty() }
        val (there, key) = phone.client.conversations to privateChat(bob.user)
        assertEquals(1, there.totalUnreadCount())
        desk.client.conversations.setTop(listOf(key), true)
        phone.row(key, "top") { it.top }
        desk.client.conversations.setMute(listOf(key), MuteLevel.EXCEPT_MENTIONS)
        phone.row(key, "mute") { it.mute == MuteLevel.EXCEPT_MENTIONS }
        assertEquals(MuteLevel.EXCEPT_MENTIONS, there.mute(key))
        assertEquals(0, there.totalUnreadCount(), "muted ones are not in the badge")
        val types = listOf(ConversationType.PRIVATE)
        assertEquals(1 to 0, there.unreadCount(types) to there.unreadCount(types, withMuted = false))
        assertEquals(1, there.unreadCountOf(listOf(key, privateChat("nobody"))))
    }

    @Test
    fun `read marks`() = runBlocking {
        val (alice, desk) = alice() to bob()
        val phone = phone(desk.user)
        val (list, key) = desk.client.conversations to privateChat(alice.user)
        alice.greet(desk.user, desk.user, desk.user)
        for (device in listOf(desk, phone)) device.received.waitFor("the greetings") { it.size >= 3 }
        list.clearUnread(key, desk.received.all[1].sentTime)
        assertEquals(1, list.unreadCount(key))
        phone.row(key, "the mark") { it.unreadCount == 1u }
        list.setUnreadCount(key, 2)
        assertEquals(2, list.unreadCount(key), "marked as unread again")
        list.setUnreadCount(key, 99)
        assertEquals(3, list.unreadCount(key), "as many as there are")
        assertEquals(33003, codeOf { list.clearUnread(key, 0) })
    }

    @Test
    fun removed() = runBlocking {
        val (alice, bob) = alice() to bob()
        val (list, key) = alice.client.conversations to privateChat(bob.user)
        bob.greet(alice.user)
        alice.received.waitFor("the greeting") { it.isNotEmpty() }
        list.remove(listOf(key))
        assertEquals(emptyList<Conversation>(), list.syncList(), "the server's list does not bring it back")
        assertEquals(1, alice.client.messages.history(key).size, "messages stay")
        bob.greet(alice.user)
        alice.received.waitFor("the next") { it.size >= 2 }
        assertEquals(listOf(bob.user) to 1, alice.targets() to list.unreadCount(key))
        list.clear(listOf(ConversationType.PRIVATE))
        assertEquals(emptyList<String>(), alice.targets())
        assertEquals(33003, codeOf { list.clear(emptyList()) })
    }

    @Test
    fun tags() = runBlocking {
        val alice = alice()
        val list = alice.client.conversations
        listOf("a", "b").forEach { list.create(privateChat(it)) }
        list.addTag("work", "Work")
        list.addTag("work", "Arbeit")
        list.setTag("work", listOf(privateChat("a")))
        assertEquals(listOf(Triple("work", "Arbeit", 1u)), list.tags().map { Triple(it.id, it.name, it.conversationCount) })
        assertEquals(listOf("a"), alice.targets(ConversationFilter(tag = "work")))
        assertEquals(listOf("work"), list.get(privateChat("a"))?.tags)
        list.setTag("work", listOf(privateChat("a")), tagged = false)
        assertEquals(emptyList<String>(), alice.targets(ConversationFilter(tag = "work")))
        assertEquals(33003, codeOf { list.setTag("home", listOf(privateChat("a"))) })
        assertTrue(list.removeTag("work"))
        assertFalse(list.removeTag("work"))
    }
}
