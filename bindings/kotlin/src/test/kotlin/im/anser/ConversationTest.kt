/** Two people talk: text both ways, offline messages, groups, history, lists and unread counts. */
package im.anser

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ConversationTest {
    private val users = Server.pair()
    private val alice = Person(users.first)
    private val bob = Person(users.second)
    private val group = groupChat("group-of-${alice.user}")

    @AfterEach
    fun close() {
        alice.close()
        bob.close()
    }

    private suspend fun connectBoth() {
        alice.connect()
        bob.connect()
    }

    @Test
    fun `text both ways`() = runBlocking {
        connectBoth()
        val lines = listOf("hello", "你好，世界", "😀👩‍👩‍👧‍👦🏳️‍🌈", "tab\tand \"quotes\" \\ \u2028", "", "  spaces  ")
        for ((from, to) in listOf(alice to bob, bob to alice)) {
            val ids = lines.map { line ->
                val message = from.client.messages.sendText(privateChat(to.user), line)
                assertEquals(SentStatus.SENDING, message.sentStatus)
                val sent = from.client.messages.waitSent(message.id)
                assertTrue(sent.sentStatus >= SentStatus.SENT, "the peer may have it already")
                assertEquals(sent.uid, from.client.messages.get(message.id).uid)
                sent.uid
            }
            val received = to.received.waitFor("all lines") { it.size >= lines.size }
            assertEquals(lines, received.map { it.text })
            assertEquals(ids, received.map { it.uid })
            assertEquals(setOf(from.user), received.map { it.senderUserId }.toSet())
            val told = from.sent.waitFor("the acknowledgements") { it.size >= lines.size }
            assertEquals(ids, told.map { it.uid })
        }
    }

    @Test
    fun `any content arrives untouched`() = runBlocking {
        connectBoth()
        val contents = listOf(
            Content.Image("aGk=", "https://example.org/a.png"),
            Content.File("a.pdf", 3_000_000_000, "pdf", "https://example.org/a.pdf"),
            Content.Other("app:move", """{"z": 1,  "a":[1, 2.50, "\u00e9"],"b":{"$":null}}"""),
        )
        val options = SendOptions(pushText = "something", counted = true)
        contents.forEach { alice.client.messages.send(privateChat(bob.user), it, options) }
        alice.client.messages.send(privateChat(bob.user), Content.Text("without options"))
        val received = bob.received.waitFor("all") { it.size > contents.size }
        assertEquals(contents + Content.Text("without options"), received.map { it.body })
    }

    @Test
    fun `messages wait for whoever is offline`() = runBlocking {
        alice.connect()
        val texts = (0 until 250).map { "while you were away $it" }
        val last = texts.map { alice.client.messages.sendText(privateChat(bob.user), it) }.last()
        alice.client.messages.waitSent(last.id)
        bob.connect()
        bob.client.syncNow()
        val received = bob.received.waitFor("all") { it.size >= texts.size }
        assertEquals(texts, received.map { it.text })
        assertTrue(received.all { it.offline })
    }

    @Test
    fun `a group`() = runBlocking {
        Server.createGroup(group.targetId, alice.user, bob.user)
        connectBoth()
        alice.client.messages.sendText(group, "to all")
        val message = bob.received.waitFor("the message") { it.isNotEmpty() }.single()
        assertEquals(group, message.conversation)
        assertEquals(alice.user, message.senderUserId)
        bob.client.messages.sendText(group, "heard")
        val answer = alice.received.waitFor("the answer") { it.isNotEmpty() }.single()
        assertEquals("heard", answer.text)
    }

    @Test
    fun `history in pages`() = runBlocking {
        alice.connect()
        val to = privateChat(bob.user)
        val texts = (0 until 45).map { "number $it" }
        val last = texts.map { alice.client.messages.sendText(to, it) }.last()
        alice.client.messages.waitSent(last.id)
        val pages = mutableListOf(alice.client.messages.history(to))
        while (pages.first().isNotEmpty()) {
            pages.add(0, alice.client.messages.history(to, pages.first().first().sentTime, 20))
        }
        assertEquals(listOf(0, 5, 20, 20), pages.map { it.size })
        assertEquals(texts, pages.flatten().map { it.text })
    }

    @Test
    fun `list and unread counts`() = runBlocking {
        Server.createGroup(group.targetId, alice.user, bob.user)
        connectBoth()
        for (to in listOf(privateChat(bob.user), privateChat(bob.user), group)) {
            alice.client.messages.waitSent(alice.client.messages.sendText(to, "count me").id)
        }
        bob.received.waitFor("all") { it.size >= 3 }
        val here = privateChat(alice.user)
        val list = bob.client.conversations
        val rows = list.list()
        assertEquals(listOf(group, here), rows.map { it.key }, "newest first")
        assertEquals(listOf(1u, 2u), rows.map { it.unreadCount })
        assertEquals(listOf(here), list.list(after = rows.first().key, count = 10).map { it.key })
        assertEquals(listOf(group), list.list(listOf(ConversationType.GROUP)).map { it.key })
        assertEquals(alice.user, list.get(here)?.latestMessage?.senderUserId)
        assertNull(list.get(privateChat("nobody")))
        assertEquals(2, list.unreadCount(here))
        assertEquals(1, list.unreadCount(listOf(ConversationType.GROUP)))
        assertEquals(3, list.totalUnreadCount())
        list.clearUnread(here)
        bob.row(here, "nothing unread") { it.unreadCount == 0u }
        assertEquals(1, list.totalUnreadCount())
        list.clearAllUnread()
        assertEquals(0, list.totalUnreadCount())
    }

    @Test
    fun `bad arguments have codes`() = runBlocking {
        alice.connect()
        val (messages, to) = alice.client.messages to privateChat(bob.user)
        val system = ConversationKey(ConversationType.SYSTEM, "x")
        assertEquals(34209, codeOf { messages.sendText(system, "x") })
        assertEquals(34210, codeOf { messages.sendText(privateChat("  "), "x") })
        assertEquals(34271, codeOf { messages.send(to, Content.Other("", "{}")) })
        assertEquals(34205, codeOf { messages.send(to, Content.Other("RC:TxtMsg", "not JSON")) })
        assertEquals(34205, codeOf { messages.send(to, Content.Other("app:x", "1")) })
        assertEquals(30016, codeOf { messages.sendText(to, "x".repeat(200_000)) })
        assertEquals(33003, codeOf { messages.history(to, 0, -1) })
        assertEquals(61001, codeOf { messages.get(987654321) })
        assertEquals(61001, codeOf { messages.waitSent(987654321) })
        assertEquals(33003, codeOf { alice.client.conversations.list(count = 1001) })
    }
}
