/** Pages of a conversation, here and at the server; search; clearing. */
package im.anser

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class HistoryTest : People() {
    private val List<Message>.texts get() = map { it.text }

    /** Bob, after alice has told him so many numbers. */
    private suspend fun told(count: Int): Pair<Person, Person> {
        val (alice, bob) = alice() to bob()
        val last = (0 until count).map { alice.client.messages.sendText(privateChat(bob.user), "$it") }.last()
        alice.client.messages.waitSent(last.id)
        bob.received.waitFor("all numbers") { it.size >= count }
        return alice to bob
    }

    @Test
    fun pages() = runBlocking {
        val (alice, bob) = told(12)
        val (history, here) = bob.client.history to privateChat(alice.user)
        bob.say(here, "mine")
        val newest = history.page(here, HistoryQuery(count = 3u))
        assertEquals(listOf("10", "11", "mine"), newest.texts)
        val older = history.page(here, HistoryQuery(messageId = newest.first().id, count = 3u))
        assertEquals(listOf("7", "8", "9"), older.texts)
        val newer = history.page(here, HistoryQuery(time = older.first().sentTime, newer = true, count = 2u))
        assertEquals(listOf("8", "9"), newer.texts)
        assertEquals(listOf("mine"), history.page(here, HistoryQuery(count = 9u, senders = listOf(bob.user))).texts)
        assertEquals(listOf("6", "7", "8", "9"), history.around(here, older[1].sentTime, 2).messages.texts)
        assertEquals(33003, codeOf { history.page(here, HistoryQuery(count = 0u)) })
        assertEquals(33003, codeOf { history.around(here, 0) })
        assertEquals(33003, codeOf { history.load(here, 0, -1) })
    }

    @Test
    fun `whole pages and gaps`() = runBlocking {
        val (alice, bob) = told(25)
        val (history, here) = bob.client.history to privateChat(alice.user)
        // What is older than the inbox reaches is unknown until the server is asked.
        assertEquals(listOf(0L), history.gaps(here).map { it.from })
        val page = history.load(here)
        assertEquals(20 to true, page.messages.size to page.hasMore)
        val rest = history.load(here, page.messages.first().sentTime)
        assertEquals((0..4).map { "$it" } to false, rest.messages.texts to rest.hasMore)
        assertEquals(emptyList<TimeSpan>(), history.gaps(here))

        val phone = phone(bob.user)
        phone.received.waitFor("the inbox") { it.size >= 25 }
        phone.client.disconnect()
        val offline = phone.client.history.load(here, count = 100)
        assertEquals(25 to true, offline.messages.size to offline.hasMore)
        assertTrue(offline.gapTo > 0, "offline the page names the hole")
        assertEquals(30001, codeOf { phone.client.history.backfill(here) })
        phone.client.reconnect()
        val progress = Recorder<Pair<Int, Long>>()
        val fetched = phone.client.history.backfill(here, 0) { count, since -> progress.add(count to since) }
        assertEquals(0, fetched, "the inbox had everything")
        assertEquals(listOf(0 to 0L), progress.waitFor("progress") { it.isNotEmpty() })
        assertEquals(emptyList<TimeSpan>(), phone.client.history.gaps(here))
    }

    @Test
    fun `the server's history`() = runBlocking {
        val (alice, bob) = alice() to bob()
        val late = groupChat("late-${alice.user}")
        Server.createGroup(late.targetId, alice.user)
        for (number in 0 until 5) alice.say(late, "$number")
        Server.joinGroup(late.targetId, bob.user)
        assertEquals(emptyList<Message>(), bob.client.messages.history(late))
        val page = bob.client.history.remote(late, RemoteQuery(count = 3u))
        assertEquals(listOf("2", "3", "4") to true, page.messages.texts to page.hasMore)
        assertEquals(page.messages, bob.client.messages.history(late), "what was fetched stays")
        val newer = RemoteQuery(page.messages.first().sentTime, 1u, newer = true)
        assertEquals(listOf("3"), bob.client.history.remote(late, newer).messages.texts)
        assertEquals(33003, codeOf { bob.client.history.remote(late, RemoteQuery(count = 21u)) })
    }

    @Test
    fun `unread and mentions`() = runBlocking {
        val geese = group()
        val (alice, bob) = alice() to bob()
        alice.say(geese, "plain")
        val you = MentionOptions(MentionedType.PART, listOf(bob.user), "look")
        for ((text, mention) in listOf("you" to you, "all" to MentionOptions(MentionedType.ALL))) {
            alice.client.messages.send(geese, Content.Text(text), SendOptions(mention = mention))
        }
        bob.received.waitFor("all") { it.size >= 3 }
        val history = bob.client.history
        assertEquals("plain", history.firstUnread(geese)?.text)
        val mentions = history.unreadMentions(geese)
        assertEquals(listOf("you", "all"), mentions.texts)
        assertTrue(mentions.all { it.mentioned })
        assertEquals(2u, bob.client.conversations.get(geese)?.mentionCount)
        bob.client.conversations.clearUnread(geese)
        assertNull(history.firstUnread(geese))
        assertEquals(emptyList<Message>(), history.unreadMentions(geese, 10))
    }

    @Test
    fun cleared() = runBlocking {
        val (alice, bob) = told(4)
        val (history, here) = bob.client.history to privateChat(alice.user)
        val got = bob.received.all
        history.clear(here, got[1].sentTime)
        val change = bob.changes.first("the change") { it is MessageChange.Cleared } as MessageChange.Cleared
        assertEquals(here to got[1].sentTime, change.conversation to change.until)
        assertEquals(listOf("2", "3"), bob.client.messages.history(here).texts)
        history.clearRemote(here, got[2].sentTime, alsoHere = false)
        assertEquals(listOf("2", "3"), bob.client.messages.history(here).texts, "here nothing changes")
        history.clearRemote(here, got[2].sentTime)
        assertEquals(listOf("3"), bob.client.messages.history(here).texts)
        val remote = phone(bob.user).client.history.remote(here, RemoteQuery(count = 20u))
        assertEquals(listOf("3"), remote.messages.texts)
        assertEquals(4, alice.client.messages.history(privateChat(bob.user)).size)
        assertEquals(34011, codeOf { history.clearRemote(here, 0) })
        history.clear(here)
        assertEquals(emptyList<Message>(), bob.client.messages.history(here))
    }

    @Test
    fun search() = runBlocking {
        val (alice, bob) = alice() to bob()
        val geese = group()
        alice.say(privateChat(bob.user), "明天去北京吗？")
        alice.say(geese, "🎉 北京 50% off")
        bob.received.waitFor("both") { it.size >= 2 }
        val search = bob.client.search
        val page = search.messages(SearchQuery("北京", count = 1u))
        val hit = page.hits.single()
        assertEquals("🎉 北京 50% off", hit.text)
        assertEquals(listOf("北京"), hit.ranges.map { hit.text.substring(it.start.toInt(), (it.start + it.length).toInt()) })
        val rest = search.messages(SearchQuery("北京", before = page.next))
        assertEquals(listOf("明天去北京吗？"), rest.hits.map { it.message.text })
        assertEquals(SearchCount(2u, true), search.count(SearchQuery("北京")))
        assertEquals(SearchCount(1u, true), search.count(SearchQuery("北京", conversation = geese)))
        val found = search.conversations("北京")
        assertEquals(listOf(geese to 1u, privateChat(alice.user) to 1u), found.map { it.conversation to it.count })
        assertEquals(listOf(geese), search.conversations("off", listOf(ConversationType.GROUP), 5).map { it.conversation })
        assertEquals(33003, codeOf { search.messages(SearchQuery("  ")) })
    }
}
