/** The care of the user's data: checks, damage, export and import, suspending, one sync, clearing. */
package im.anser

import java.io.File
import java.io.RandomAccessFile
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class StorageTest : People() {
    private fun stored(name: String = "data") = Server.options(dataDir = "$folder/$name", userId = users.first)

    private suspend fun Person.write(count: Int) =
        repeat(count) { client.messages.sendText(privateChat(users.second), "number $it") }

    @Test
    fun `checked and measured`() = runBlocking {
        val alice = person(users.first, stored())
        val storage = alice.client.storage
        alice.write(20)
        val steps = Recorder<Pair<Long, Long>>()
        val report = storage.verify { done, total -> steps.add(done to total).let { true } }
        assertEquals(20uL to emptyList<String>(), report.messages to report.problems)
        assertTrue(steps.all.last().let { (done, total) -> done == total && total > 0 })
        assertEquals(33200, codeOf { storage.verify { _, _ -> false } }, "its listener may end it")
        assertEquals(report, storage.verify())
        val sizes = storage.sizeReport()
        assertEquals(20uL, sizes.rows.single { it.table == "message" }.rows)
        assertTrue(sizes.database > 0uL)
        assertEquals(34311, codeOf { storage.rekey(ByteArray(32)) }, "this build does not encrypt")
    }

    @Test
    fun `a damaged database is salvaged`() = runBlocking {
        val alice = person(users.first, stored())
        val storage = alice.client.storage
        alice.write(50)
        assertNull(storage.lastReport())
        val heard = async(start = CoroutineStart.UNDISPATCHED) { alice.client.databaseReports.first() }
        storage.suspend()
        val file = File(checkNotNull(alice.client.storageInfo.path)).walk().single { it.name == "anser.db" }
        RandomAccessFile(file, "rw").use { it.seek(4096); it.write(ByteArray(4096)) }
        val damaged = file.readBytes()
        storage.resume()
        runCatching { storage.verify() }
        val report = heard.await()
        assertEquals(DatabaseEvent.SALVAGED, report.kind)
        assertArrayEquals(damaged, File(checkNotNull(report.setAside)).readBytes(), "set aside as it was")
        assertEquals(report, storage.lastReport())
        assertEquals(50, alice.client.messages.history(privateChat(users.second), count = 100).size)
    }

    @Test
    fun `out to a file and in again`() = runBlocking {
        val alice = person(users.first, stored())
        val file = "$folder/export.jsonl"
        alice.write(30)
        alice.client.messages.sendText(privateChat("other"), "apart")
        val written = alice.client.storage.export(file)
        assertEquals(2uL to 31uL, written.run { conversations to messages })
        assertEquals(File(file).length().toULong(), written.bytes)
        val again = person(users.first, stored("again"))
        val steps = Recorder<Long>()
        val read = again.client.storage.import(file) { done, _ -> steps.add(done).let { true } }
        assertEquals(31uL to 0uL, read.run { messages to known })
        assertTrue(steps.all.isNotEmpty())
        assertEquals(0uL to 31uL, again.client.storage.import(file).run { messages to known }, "nothing is doubled")
        val texts = listOf(alice, again).map { it.client.messages.history(privateChat(users.second), count = 100).map { it.text } }
        assertEquals(texts[0], texts[1])
        assertEquals(1uL, alice.client.storage.export(file, privateChat("other")).messages)
        assertEquals(33200, codeOf { alice.client.storage.export(file) { _, _ -> false } })
        assertEquals(34009, codeOf { alice.client.storage.export(file, privateChat("nobody")) })
    }

    @Test
    fun `suspended, and woken for one sync`() = runBlocking {
        val (alice, bob) = alice(stored()) to bob()
        val storage = alice.client.storage
        storage.suspend()
        assertEquals(34312, codeOf { alice.client.conversations.list() })
        bob.say(privateChat(alice.user), "wake up")
        assertEquals(SyncReport(1u, true), storage.syncOnce(60_000))
        assertEquals(34312, codeOf { alice.client.conversations.list() }, "suspended again")
        storage.resume()
        assertEquals(listOf("wake up"), alice.client.messages.history(privateChat(bob.user)).map { it.text })
        assertEquals(SyncReport(0u, true), storage.syncOnce(60_000, Server.token(alice.user)))
        alice.statuses.waitFor("the line of the last sync, and its end") { told ->
            told.count { it.status == ConnectionStatus.CONNECTED } == 3 &&
                told.last().status == ConnectionStatus.DISCONNECTED
        }
        assertEquals(33003, codeOf { storage.syncOnce(0) })
    }

    @Test
    fun cleared() = runBlocking {
        val (alice, bob) = alice(stored()) to bob()
        bob.say(privateChat(alice.user), "from bob")
        alice.received.waitFor("the message") { it.isNotEmpty() }
        alice.client.disconnect()
        val waiting = alice.client.messages.sendText(privateChat(bob.user), "too late")
        alice.client.storage.clearData()
        assertEquals(33200, alice.sent.first("its end") { it.id == waiting.id }.errorCode)
        assertEquals(emptyList<Message>(), alice.client.messages.history(privateChat(bob.user)))
        alice.client.reconnect()
        alice.client.syncNow()
        assertEquals(listOf("from bob"), alice.client.messages.history(privateChat(bob.user)).map { it.text })
    }
}
