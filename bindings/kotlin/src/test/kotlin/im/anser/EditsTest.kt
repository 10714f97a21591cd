/** What becomes of messages after they are made: taken back, put in, changed, deleted, given pairs, destroyed. */
package im.anser

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class EditsTest : People() {
    @Test
    fun `taken back everywhere`() = runBlocking {
        val (alice, bob) = alice() to bob()
        val sent = alice.say(privateChat(bob.user), "a secret")
        bob.received.waitFor("the message") { it.isNotEmpty() }
        val left = alice.client.messages.recall(sent.id, RecallOptions(extra = "why"))
        assertEquals("RC:RcCmd" to sent.uid, left.objectName to left.uid)
        for (person in listOf(alice, bob)) {
            val change = person.changes.first("the recall") { it is MessageChange.Recalled } as MessageChange.Recalled
            assertEquals(sent.uid to change.conversation, change.message.run { uid to conversation })
            assertFalse("secret" in change.message.content)
        }
        val here = bob.client.messages.getByUid(checkNotNull(sent.uid))
        assertTrue("why" in here.content)
        assertEquals(0, bob.client.conversations.unreadCount(privateChat(alice.user)))
        val theirs = bob.say(privateChat(alice.user), "bob's")
        val foreign = alice.received.first("it") { it.uid == theirs.uid }
        assertEquals(25101, codeOf { alice.client.messages.recall(foreign.id) })
        assertEquals(61001, codeOf { alice.client.messages.recall(987654321) })
    }

    @Test
    fun `put in and changed on this device`() = runBlocking {
        val alice = alice()
        val (messages, key) = alice.client.messages to privateChat("somebody")
        fun new(text: String, time: Long, extra: String = "") = Content.Text(text).run {
            InsertedMessage(
                key, "somebody", objectName, json, time, counted = true, uid = "${alice.user}-$time", extra = extra,
            )
        }
        val inserted = messages.insert(listOf(new("two", 2_000), new("one", 1_000)))
        assertEquals(listOf("one", "two"), messages.history(key).map { it.text })
        assertEquals(2, alice.client.conversations.unreadCount(key))
        assertEquals(33003, codeOf { messages.insert(listOf(new("three", 3_000), new("one", 1_000))) })
        assertEquals(2, messages.history(key).size, "all or none")
        val third = messages.insert(new("three", 3_000, "mine"))
        assertEquals("mine" to MessageDirection.RECEIVE, third.extra to third.direction)

        val id = inserted[0].id
        assertEquals("zwei", messages.setContent(id, Content.Text("zwei")).text)
        assertEquals("note", messages.setExtra(id, "note").extra)
        assertEquals(5, messages.setReceivedStatus(id, 5).receivedStatus)
        assertEquals(SentStatus.READ, messages.setSentStatus(id, SentStatus.READ).sentStatus)
        assertEquals(id, messages.setSearchWords(id, "deux").id)
        assertEquals(listOf(id), alice.client.search.messages(SearchQuery("deux")).hits.map { it.message.id })
        val last = messages.setSearchWords(id, null)
        val changes = alice.changes.waitFor("each change") { it.size >= 6 }
        assertTrue(changes.all { it is MessageChange.Updated && it.conversation == key })
        assertEquals(last, (changes.last() as MessageChange.Updated).message)
        assertEquals(emptyList<SearchHit>(), alice.client.search.messages(SearchQuery("deux")).hits)
        assertEquals(34205, codeOf { messages.setContent(id, Content.Other("RC:TxtMsg", "no json")) })
        assertEquals(33003, codeOf { messages.setReceivedStatus(id, 16) })
        assertEquals(33003, codeOf { messages.setSentStatus(id, SentStatus.SENDING) })
        assertEquals(61001, codeOf { messages.getByUid("nobody") })
    }

    @Test
    fun `deleted here or everywhere`() = runBlocking {
        val (alice, bob) = alice() to bob()
        val here = privateChat(alice.user)
        for (text in listOf("one", "two", "three")) alice.say(privateChat(bob.user), text)
        val got = bob.received.waitFor("all") { it.size >= 3 }
        assertEquals(1, bob.client.messages.delete(listOf(got[2].id, 987654321)))
        val change = bob.changes.first("the change") { it is MessageChange.Deleted } as MessageChange.Deleted
        assertEquals(here to listOf(got[2].id), change.conversation to change.messageIds)
        assertEquals(listOf("one", "two"), bob.client.messages.history(here).map { it.text })
        assertEquals(1, bob.client.messages.deleteEverywhere(listOf(got[0].id)))
        bob.client.syncNow()
        val remote = phone(bob.user).client.history.remote(here, RemoteQuery(count = 20u))
        assertEquals(listOf("two", "three"), remote.messages.map { it.text })
        assertEquals(3, alice.client.messages.history(privateChat(bob.user)).size, "the other side keeps its own")
        assertEquals(61001, codeOf { bob.client.messages.delete(emptyList()) })
    }

    @Test
    fun `pairs change for all`() = runBlocking {
        val (alice, bob) = alice() to bob()
        val options = SendOptions(expansion = mapOf("likes" to "1"))
        val sent = alice.client.messages.send(privateChat(bob.user), Content.Text("vote"), options)
        alice.client.messages.waitSent(sent.id)
        val got = bob.received.waitFor("the message") { it.isNotEmpty() }.single()
        assertEquals(true to options.expansion, got.expandable to got.expansion)
        val both = mapOf("likes" to "2", "from" to "bob")
        assertEquals(both, bob.client.messages.setExpansion(got.id, both).expansion)
        alice.changes.first("the pairs") { it is MessageChange.ExpansionSet }.run {
            this as MessageChange.ExpansionSet
            assertEquals(both.keys to privateChat(bob.user), keys.toSet() to conversation)
            assertEquals(both, message.expansion)
        }
        val left = alice.client.messages.removeExpansion(sent.id, listOf("from"))
        assertEquals(mapOf("likes" to "2"), left.expansion)
        bob.changes.first("one less") { it is MessageChange.ExpansionRemoved }.run {
            this as MessageChange.ExpansionRemoved
            assertEquals(listOf("from") to privateChat(alice.user), keys to conversation)
            assertEquals(left.expansion, message.expansion)
        }
        val plain = alice.say(privateChat(bob.user), "plain")
        assertEquals(33003, codeOf { alice.client.messages.setExpansion(plain.id, both) })
    }

    @Test
    fun `destroyed after reading`() = runBlocking {
        val (alice, bob) = alice() to bob()
        val options = SendOptions(destructSeconds = 1u)
        alice.client.messages.send(privateChat(bob.user), Content.Text("burn"), options)
        val got = bob.received.waitFor("the message") { it.isNotEmpty() }.single()
        val messages = bob.client.messages
        assertTrue(messages.beginDestruct(got.id).destructAt > got.receivedTime)
        assertEquals(0, messages.stopDestruct(got.id).destructAt)
        messages.beginDestruct(got.id)
        bob.changes.first("its end") { it == MessageChange.Deleted(got.conversation, listOf(got.id)) }
        assertEquals(61001, codeOf { messages.get(got.id) })
    }

    @Test
    fun `own kinds and options`() = runBlocking {
        val (alice, bob) = alice() to bob()
        val (messages, to) = alice.client.messages to privateChat(bob.user)
        messages.registerKinds(listOf(MessageKind("app:move", persisted = true, counted = false, fields = listOf("to"))))
        assertEquals(34205, codeOf { messages.send(to, Content.Other("app:move", "{}")) })
        assertEquals(34271, codeOf { messages.registerKinds(listOf(MessageKind("RC:TxtMsg", true, true))) })
        messages.send(to, Content.Other("app:move", """{"to":"e4"}"""))
        val options = SendOptions(sender = SenderInfo(alice.user, "Alice"), silent = true, push = PushOptions("t"))
        messages.send(to, Content.Text("hush"), options)
        val (move, hush) = bob.received.waitFor("both") { it.size >= 2 }
        assertFalse(move.counted)
        assertTrue(hush.silent)
        assertTrue("\"Alice\"" in hush.content)
        val passing = messages.send(to, Content.Other("app:ping", "{}"), SendOptions(statusOnly = true))
        assertEquals(0, passing.id, "kept nowhere")
        bob.received.first("the ping") { it.objectName == "app:ping" }
        assertEquals(2, bob.client.messages.history(privateChat(alice.user)).size)
    }
}
