/** A client's life: connecting, refusals, offline work, restarts, listeners and flows, its end. */
package im.anser

import java.nio.file.Path
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.math.abs
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir

class LifeTest {
    private val users = Server.pair()
    private val open = mutableListOf<Person>()

    @TempDir
    lateinit var folder: Path

    private fun person(user: String, options: ClientOptions = Server.options()) = Person(user, options).also(open::add)
    private fun alice(options: ClientOptions = Server.options()) = person(users.first, options)
    private fun bob() = person(users.second)

    @AfterEach
    fun close() = open.forEach(Person::close)

    @Test
    fun connection() = runBlocking {
        val alice = alice()
        val client = alice.client
        assertNotEquals(ConnectionStatus.CONNECTED, client.status)
        assertEquals(client.status, alice.statuses.waitFor("the present status") { it.isNotEmpty() }.first().status)
        assertNull(client.currentUserId)
        assertEquals(33001, codeOf { client.reconnect() })
        alice.connect()
        alice.statuses.waitFor("connected") { StatusChange(ConnectionStatus.CONNECTED, 0) in it }
        assertEquals(ConnectionStatus.CONNECTED, client.status)
        assertEquals(ConnectionChannel.WEBSOCKET, client.channel)
        assertEquals(alice.user, client.currentUserId)
        assertTrue(abs(client.serverTimeDelta) < 600_000, "one machine, one clock")
        assertEquals(2048u, client.navigationInfo.gifKilobytes)
        assertEquals(alice.user, client.navigationInfo.userId)
        client.syncNow()
        client.disconnect()
        assertNotEquals(ConnectionStatus.CONNECTED, client.status)
        assertEquals(30001, codeOf { client.syncNow() })
        assertEquals(alice.user, client.reconnect())
        client.logout()
        assertNull(client.currentUserId)
        assertEquals(33001, codeOf { client.messages.sendText(privateChat("x"), "x") })
    }

    @Test
    fun refusals() = runBlocking {
        val client = alice().client
        assertEquals(31004, codeOf { client.connect("no such token") })
        assertEquals(31004, codeOf { client.connect("") })
        assertEquals(34105, codeOf { Client(ClientOptions("", Server.navigation)) })
        assertEquals(34286, codeOf { Client(ClientOptions(Server.appKey, "ftp://example.org")) })
        assertEquals(33003, codeOf { Client(Server.options(caPem = "not a certificate")) })
        val error = assertThrows(AnserException::class.java) { Client(ClientOptions("", Server.navigation)) }
        assertEquals(ErrorKind.INVALID_ARGUMENT, error.kind)
        assertFalse(error.retryable)
        assertTrue(error.message.orEmpty().contains("34105"))
    }

    @Test
    fun `a refused token is asked for`() = runBlocking {
        val alice = alice()
        val codes = Recorder<Int>()
        var token: String? = null
        val asked = alice.client.onTokenNeeded { code ->
            codes.add(code)
            alice.client.renewToken(token)
        }
        assertEquals(31004, codeOf { alice.client.connect("no such token") })
        token = Server.token(alice.user)
        assertEquals(alice.user, alice.client.connect("no such token"))
        assertEquals(listOf(31004, 31004), codes.all)
        asked.cancelAndWait()
    }

    @Test
    fun `the line by what the host knows`() = runBlocking {
        val client = alice().client
        assertEquals(33001, codeOf { client.reconnectAfter(listOf(1)) })
        client.connect(Server.token(users.first))
        client.setForeground(false)
        client.networkChanged(NetworkKind.CELLULAR)
        client.setForeground(true)
        client.disconnect()
        assertEquals(users.first, client.reconnectAfter(listOf(1, 50)))
        assertEquals(33003, codeOf { client.reconnectAfter(listOf(Long.MAX_VALUE)) })
        assertEquals(33003, codeOf { client.reconnectProbing("ftp://nowhere", listOf(1)) })
        assertEquals(users.first, client.reconnectProbing("${Server.navigation}/ping", listOf(1)))
    }

    @Test
    fun descriptions() = runBlocking {
        val client = alice(Server.options(dataDir = "$folder", platform = Platform.MOBILE)).client
        client.deviceInfo = DeviceInfo("serial", "bench", "none")
        assertEquals(DeviceInfo("serial", "bench", "none"), client.deviceInfo)
        assertEquals(Server.appKey to Server.navigation, client.appInfo.run { appKey to navigation })
        assertEquals(Platform.MOBILE, client.appInfo.platform)
        assertTrue(client.appInfo.installationId.isNotEmpty())
        assertEquals(2, client.sdkInfo.protocolVersion.count { it == '.' })
        assertTrue(client.storageInfo.path.orEmpty().startsWith("$folder"))
        assertTrue(client.storageInfo.bytes > 0u)
    }

    @Test
    fun `the outbox outlives a restart`() = runBlocking {
        var alice = alice(Server.options(dataDir = "$folder", userId = users.first))
        val to = privateChat(users.second)
        val kept = alice.client.messages.sendText(to, "kept")
        val dropped = alice.client.messages.sendText(to, "dropped")
        alice.client.messages.cancel(dropped.id)
        val end = alice.sent.waitFor("its end") { it.isNotEmpty() }.single()
        assertEquals(SentStatus.FAILED, end.sentStatus)
        assertEquals(33200, codeOf { alice.client.messages.waitSent(dropped.id) })
        assertEquals(33003, codeOf { alice.client.messages.resend(kept.id) })
        alice.close()

        alice = alice(Server.options(dataDir = "$folder"))
        assertEquals(users.first, alice.client.currentUserId, "who was open last")
        assertEquals(listOf(kept.id, dropped.id), alice.client.messages.history(to).map { it.id })
        alice.connect()
        alice.client.messages.waitSent(kept.id)
        assertEquals(dropped.id, alice.client.messages.resend(dropped.id).id)
        alice.client.messages.waitSent(dropped.id)
        assertEquals(33003, codeOf { alice.client.messages.cancel(kept.id) })
        val bob = bob().connect()
        val received = bob.received.waitFor("both") { it.size >= 2 }
        assertEquals(listOf("kept", "dropped"), received.map { it.text })
    }

    @Test
    fun `one client per folder`() = runBlocking {
        alice(Server.options(dataDir = "$folder", userId = users.first))
        assertEquals(34307, codeOf { Client(Server.options(dataDir = "$folder", userId = users.first)) })
    }

    @Test
    fun `cancelled listeners hear nothing`() = runBlocking {
        val alice = alice().connect()
        val bob = bob().connect()
        val silent = Recorder<MessageEvent>()
        val heard = Recorder<MessageEvent>()
        val first = bob.client.onMessages(silent::add)
        val second = bob.client.onMessages(silent::add)
        val third = bob.client.onMessages(silent::add)
        val last = bob.client.onMessages(heard::add)
        first.cancelAndWait()
        second.cancel()
        third.use { }
        alice.client.messages.sendText(privateChat(bob.user), "who hears it?")
        heard.waitFor("the message") { it.isNotEmpty() }
        // Listeners are called in the order they were added: the cancelled ones would have come first.
        assertEquals(emptyList<MessageEvent>(), silent.all)
        last.cancel()
    }

    @Test
    fun `a listener may throw or close the client`() = runBlocking {
        val alice = alice().connect()
        val bob = bob().connect()
        val done = CountDownLatch(1)
        val throwing = bob.client.onMessages { error("a host's own mistake") }
        val closing = bob.client.onMessages {
            bob.close()
            done.countDown()
        }
        alice.client.messages.sendText(privateChat(bob.user), "the end")
        assertTrue(done.await(DEADLINE_SECONDS, TimeUnit.SECONDS))
        assertEquals(34400, codeOf { bob.client.syncNow() })
        throwing.cancelAndWait()
        closing.cancelAndWait()
    }

    /** Collects at once: the flow listens before this returns. */
    private fun <T> CoroutineScope.collecting(flow: Flow<T>, count: Int) =
        async(start = CoroutineStart.UNDISPATCHED) { flow.take(count).toList() }

    @Test
    fun flows() = runBlocking {
        val alice = alice()
        val bob = bob()
        val statuses = async(start = CoroutineStart.UNDISPATCHED) {
            bob.client.statuses.first { it.status == ConnectionStatus.CONNECTED }
        }
        alice.connect()
        bob.connect()
        assertEquals(0, statuses.await().code)
        val received = collecting(bob.client.received, 3)
        val events = collecting(bob.client.messageEvents, 1)
        val synced = collecting(bob.client.synced, 1)
        val typing = collecting(bob.client.typing, 1)
        val receipts = collecting(alice.client.receiptEvents, 1)
        val messageChanges = collecting(alice.client.messageChanges, 1)
        val changes = collecting(bob.client.conversationChanges, 1)
        val sent = collecting(alice.client.sent, 3)
        val ids = listOf("one", "two", "three").map { alice.client.messages.sendText(privateChat(bob.user), it).id }
        assertEquals(ids, sent.await().map { it.id })
        assertEquals(listOf("one", "two", "three"), received.await().map { it.text })
        assertTrue(events.await().single() is MessageEvent.Received)
        assertEquals(listOf(privateChat(alice.user)), changes.await().single())
        bob.client.disconnect()
        bob.client.reconnect()
        assertEquals(listOf(Unit), synced.await(), "told once after each login")
        assertTrue(receipts.await().single().first() is Receipt.Delivered)
        val noted = alice.client.messages.setExtra(ids.first(), "note")
        assertEquals(MessageChange.Updated(noted.conversation, noted), messageChanges.await().single())
        alice.client.receipts.sendTyping(privateChat(bob.user))
        assertEquals(Typing(privateChat(alice.user), listOf(TypingUser(alice.user, "RC:TxtMsg"))), typing.await().single())
        val untilTheEnd = collecting(bob.client.received, Int.MAX_VALUE)
        bob.close()
        assertEquals(emptyList<Message>(), untilTheEnd.await(), "closing completes flows")
    }

    @Test
    fun `nobody answers`() = runBlocking {
        // Port 1 of this machine: nothing listens there.
        Client(ClientOptions(Server.appKey, "http://127.0.0.1:1")).use { client ->
            val lines = Recorder<LogLine>()
            val subscription = client.onLog(LogLevel.INFO, lines::add)
            val line = async(start = CoroutineStart.UNDISPATCHED) {
                client.log(LogLevel.DEBUG).first { "cannot be reached" in it.text }
            }
            val token = Server.token(users.first)
            val error = runCatching { client.connect(token) }.exceptionOrNull() as AnserException
            assertTrue(error.retryable)
            lines.waitFor("the reason") { all -> all.any { "cannot be reached" in it.text } }
            line.await().run { assertTrue(target.startsWith("anser") && level <= LogLevel.INFO) }
            subscription.cancelAndWait()
            assertTrue(lines.all.none { token in it.text }, "no token in the log")
        }
    }

    @Test
    fun `nothing after the end`() = runBlocking {
        val alice = alice().connect()
        val (client, to) = alice.client to privateChat(users.second)
        client.messages.waitSent(client.messages.sendText(to, "last words").id)
        client.close()
        client.close()
        val told = alice.statuses.all.size to alice.sent.all.size
        val calls = listOf<suspend () -> Unit>(
            { client.connect("x") }, { client.reconnect() }, { client.disconnect() }, { client.logout() },
            { client.syncNow() }, { client.messages.sendText(to, "x") }, { client.messages.get(1) },
            { client.messages.history(to) }, { client.messages.waitSent(1) }, { client.messages.cancel(1) },
            { client.messages.resend(1) }, { client.conversations.list() },
            { client.conversations.totalUnreadCount() }, { client.messages.delete(listOf(1)) },
            { client.history.gaps(to) }, { client.receipts.readers(1) }, { client.settings.quietHours() },
            { client.media.cacheSize() }, { client.search.count(SearchQuery("x")) }, { client.storage.verify() },
        )
        calls.forEachIndexed { index, call -> assertEquals(34400, codeOf(call), "call $index") }
        assertNotEquals(ConnectionStatus.CONNECTED, client.status)
        assertEquals(told, alice.statuses.all.size to alice.sent.all.size)
    }
}
