/** Receipts, typing, and what the user prefers. */
package im.anser

import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ReceiptsTest : People() {
    private inline fun <reified T : Receipt> Person.heard() =
        receipts.first("a receipt ${T::class.simpleName}") { it is T } as T

    @Test
    fun `delivered and read`() = runBlocking {
        val (alice, bob) = alice() to bob()
        val (to, here) = privateChat(bob.user) to privateChat(alice.user)
        val sent = alice.say(to, "hello")
        bob.received.waitFor("the message") { it.isNotEmpty() }
        val delivered = alice.heard<Receipt.Delivered>()
        assertEquals(to to bob.user, delivered.conversation to delivered.userId)
        assertTrue(delivered.time >= sent.sentTime)
        assertEquals(SentStatus.RECEIVED, alice.client.messages.get(sent.id).sentStatus)
        assertEquals(sent.sentTime, bob.client.receipts.sendRead(here))
        assertEquals(0, bob.client.conversations.unreadCount(here))
        val read: Receipt = alice.heard<Receipt.Read>()
        assertEquals(Receipt.Read(to, bob.user, sent.sentTime), read)
        assertEquals(to to bob.user, read.conversation to read.userId)
        assertEquals(sent.sentTime, read.time)
        assertEquals(SentStatus.READ, alice.client.messages.get(sent.id).sentStatus)
        assertEquals(sent.sentTime, alice.client.conversations.get(to)?.peerReadTime)
        assertEquals(34209, codeOf { bob.client.receipts.sendRead(groupChat("g"), 0) })
    }

    @Test
    fun `members answer`() = runBlocking {
        val geese = group()
        val (alice, bob) = alice() to bob()
        val sent = alice.say(geese, "who reads?")
        val got = bob.received.waitFor("the question") { it.isNotEmpty() }.single()
        assertTrue(alice.client.receipts.request(sent.id).receiptRequested)
        bob.heard<Receipt.GroupRequest>().run {
            assertEquals(geese to alice.user, conversation to userId)
            assertEquals(listOf(sent.uid), messageUids)
            assertTrue(time > 0)
        }
        assertEquals(1, bob.client.receipts.respond(geese, listOf(got.id)))
        assertEquals(0, bob.client.receipts.respond(geese), "each is answered once")
        alice.heard<Receipt.GroupRead>().run {
            assertEquals(geese to bob.user, conversation to userId)
            assertEquals(listOf(sent.uid), messageUids)
            assertTrue(time > 0)
        }
        assertEquals(listOf(bob.user), alice.client.receipts.readers(sent.id).map { it.userId })
        assertEquals(1u, alice.client.messages.get(sent.id).readCount)
        assertEquals(33003, codeOf { bob.client.receipts.request(got.id) })
    }

    @Test
    fun `the server counts`() = runBlocking {
        val geese = group()
        val (alice, bob) = alice() to bob()
        val uid = checkNotNull(alice.say(geese, "counted").uid)
        bob.received.waitFor("the message") { it.isNotEmpty() }
        bob.client.receipts.reportRead(geese.targetId, listOf(uid))
        assertEquals(bob.user, alice.heard<Receipt.GroupRead>().userId)
        val counted = alice.client.receipts.remoteReaders(geese.targetId, uid)
        assertEquals(2u to listOf(bob.user), counted.memberCount to counted.readers.map { it.userId })
        assertEquals(33003, codeOf { bob.client.receipts.reportRead(geese.targetId, emptyList()) })
    }

    @Test
    fun typing() = runBlocking {
        val (alice, bob) = alice() to bob()
        val (to, here) = privateChat(bob.user) to privateChat(alice.user)
        bob.synced.waitFor("the first synchronisation") { it.isNotEmpty() }
        val receipts = alice.client.receipts
        repeat(2) { receipts.sendTyping(to) }
        assertEquals(here, bob.typing.waitFor("typing") { it.isNotEmpty() }.first().conversation)
        alice.say(to, "written")
        val heard = bob.typing.waitFor("its end") { it.size >= 2 }
        assertEquals(listOf(Typing(here, listOf(TypingUser(alice.user, "RC:TxtMsg"))), Typing(here, emptyList())), heard)
        assertEquals(1, bob.client.messages.history(here).size, "typing is no message")
        receipts.setTypingInterval(0)
        receipts.sendTyping(to, "RC:VcMsg")
        bob.typing.first("typing again") { change -> change.users.any { it.objectName == "RC:VcMsg" } }
        assertEquals(33003, codeOf { receipts.setTypingInterval(60_001) })
        alice.client.disconnect()
        assertEquals(30001, codeOf { receipts.sendTyping(to) })
    }

    @Test
    fun `quiet hours`() = runBlocking {
        val options = Server.options(dataDir = "$folder", userId = users.first)
        val night = QuietHours(22u * 60u, 9u * 60u, exceptMentions = true)
        person(users.first, options).use { alice ->
            assertNull(alice.client.settings.quietHours())
            alice.client.settings.setQuietHours(night)
            assertEquals(33003, codeOf { alice.client.settings.setQuietHours(QuietHours(1440u, 1u, false)) })
        }
        val settings = person(users.first, options).client.settings
        assertEquals(night, settings.quietHours(), "kept across a restart")
        settings.setQuietHours(null)
        assertNull(settings.quietHours())
    }

    @Test
    fun `what waits at the server, and for how long`() = runBlocking {
        val (alice, bob) = alice() to bob()
        assertEquals(0, alice.client.settings.offlineDays(), "not chosen yet")
        alice.client.settings.setOfflineDays(3)
        assertEquals(3, phone(alice.user).client.settings.offlineDays(), "the account's, not the device's")
        assertEquals(33003, codeOf { alice.client.settings.setOfflineDays(8) })
        bob.client.syncNow()
        assertFalse(bob.client.settings.hasRemoteUnread())
        bob.client.disconnect()
        alice.say(privateChat(bob.user), "are you there?")
        assertTrue(bob.client.settings.hasRemoteUnread())
    }
}
