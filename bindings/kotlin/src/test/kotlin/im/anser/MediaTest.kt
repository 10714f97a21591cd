/** Messages with files: both ways, paused, cancelled, failed; the cache. */
package im.anser

import java.io.File
import java.io.IOException
import java.security.MessageDigest
import kotlin.random.Random
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class MediaTest : People() {
    private val files = Files()

    @AfterEach
    fun stop() = files.close()

    private fun file(name: String, size: Int = 300_000) =
        folder.resolve(name).toFile().apply { writeBytes(Random(size).nextBytes(size)) }.path

    private suspend fun Person.send(path: String) =
        client.media.send(privateChat(users.second), Content.File("a.bin", 3, null, null), path)

    /** A user with a data directory, and own messages that name these files. */
    private suspend fun receiver(vararg names: String): Pair<Person, List<Long>> {
        val alice = alice(Server.options(dataDir = "$folder/data"))
        return alice to names.map {
            val content = Content.File(it, 3, null, files.url(it))
            alice.client.messages.send(privateChat(users.second), content).id
        }
    }

    private fun Person.reaches(state: TransferState) = progress.first("$state") { it.state == state }

    private fun Person.moves(bytes: Int) =
        progress.first("$bytes bytes") { it.transferred >= bytes.toULong() && it.state == TransferState.RUNNING }

    private fun sha256(bytes: ByteArray) =
        MessageDigest.getInstance("SHA-256").digest(bytes).joinToString("") { "%02x".format(it) }

    @Test
    fun `both ways`() = runBlocking {
        val (alice, bob) = alice() to bob(Server.options(dataDir = "$folder/data"))
        val uploader = HttpUploader(files)
        alice.client.media.setUploader(uploader)
        val flow = async(start = CoroutineStart.UNDISPATCHED) {
            alice.client.mediaProgress.first { it.state == TransferState.DONE }
        }
        val path = file("a.bin")
        val local = alice.send(path)
        assertEquals(SentStatus.SENDING to path, local.sentStatus to local.localPath)
        val sent = alice.client.messages.waitSent(local.id)
        assertEquals(files.url("a.bin"), (sent.body as Content.File).url)
        uploader.started.all.single().run {
            assertEquals(local.id to path, messageId to this.path)
            assertEquals(Triple("RC:FileMsg", 300_000L, 0L), Triple(objectName, size, offset))
            assertTrue(id > 0 && isStopped, "it has ended")
        }
        flow.await().run {
            assertEquals(Triple(local.id, 300_000uL, 300_000uL), Triple(messageId, transferred, total))
            assertEquals(TransferDirection.UPLOAD, direction)
        }
        assertTrue(alice.progress.all.size > 3, "told on the way")

        val got = bob.received.waitFor("the message") { it.isNotEmpty() }.single()
        val media = bob.client.media
        val two = listOf(async { media.download(got.id) }, async { media.download(got.id) }).map { it.await().localPath }
        assertEquals(two[0], two[1])
        assertArrayEquals(File(path).readBytes(), File(checkNotNull(two[0])).readBytes())
        media.download(got.id)
        assertEquals(1, files.requests.all.size, "one request for all three")
        assertEquals(300_000, media.cacheSize())
        val elsewhere = "$folder/elsewhere"
        val options = DownloadOptions(elsewhere, sha256(File(path).readBytes()))
        assertEquals(elsewhere, media.download(got.id, options).localPath)
    }

    @Test
    fun `refused at once`() = runBlocking {
        val alice = alice()
        val media = alice.client.media
        val full = file("full", 1)
        assertEquals(41002, codeOf { alice.send(full) })
        media.setUploader(HttpUploader(files))
        assertEquals(34410, codeOf { alice.send("/nowhere/at/all") })
        assertEquals(34411, codeOf { alice.send(file("empty", 0)) })
        val plan = Content.Other("app:plan", "{}")
        val custom = media.send(privateChat(users.second), plan, full, SendOptions(urlKey = "plan"))
        assertEquals("""{"plan":"${files.url("full")}"}""", alice.client.messages.waitSent(custom.id).content)
        assertEquals(33003, codeOf { media.pause(custom.id) })
        assertEquals(33003, codeOf { media.cancel(custom.id) })
    }

    @Test
    fun `an upload pauses and is cancelled`() = runBlocking {
        val alice = alice()
        val (media, uploader) = alice.client.media to HttpUploader(files, 100_000, 50_000)
        media.setUploader(uploader)
        val paused = alice.send(file("a.bin")).id
        alice.moves(100_000)
        media.pause(paused)
        alice.reaches(TransferState.PAUSED)
        assertEquals(listOf(uploader.started.all.single().id), uploader.stopped.waitFor("the stop") { it.isNotEmpty() })
        val cancelled = alice.send(file("b.bin")).id
        uploader.started.waitFor("the second") { it.size >= 2 }
        media.cancel(cancelled)
        assertEquals(cancelled, alice.reaches(TransferState.CANCELLED).messageId)
        assertEquals(33200, codeOf { alice.client.messages.waitSent(cancelled) })
        for ((id, name) in listOf(paused to "a.bin", cancelled to "b.bin")) {
            media.resume(id)
            alice.client.messages.waitSent(id)
            assertArrayEquals(folder.resolve(name).toFile().readBytes(), files.get(name))
        }
        val again = uploader.started.all.last { it.messageId == paused }
        assertTrue(again.offset >= 100_000, "the uploader may go on from there")
    }

    @Test
    fun `closing ends an upload`() = runBlocking {
        val alice = alice()
        val uploader = HttpUploader(files, 50_000)
        alice.client.media.setUploader(uploader)
        alice.send(file("a.bin"))
        alice.moves(50_000)
        alice.close()
        assertEquals(listOf(uploader.started.all.single().id), uploader.stopped.waitFor("its end") { it.isNotEmpty() })
        assertTrue(uploader.started.all.single().isStopped)
    }

    @Test
    fun `an upload fails for now or for good`() = runBlocking {
        val alice = alice()
        val uploader = HttpUploader(files)
        uploader.failures += listOf(IOException("cut off"), UploadException(34415, retryable = false))
        alice.client.media.setUploader(uploader)
        val message = alice.send(file("a.bin"))
        assertEquals(34415, codeOf { alice.client.messages.waitSent(message.id) })
        assertEquals(2, uploader.started.all.size, "what may pass is tried again, what may not is not")
        assertEquals(34415, alice.reaches(TransferState.FAILED).errorCode)
        uploader.failures += IllegalStateException("a host's own mistake")
        val second = alice.send(file("b.bin"))
        assertEquals(34416, codeOf { alice.client.messages.waitSent(second.id) })
        val failure = UploadException(1, retryable = true)
        assertEquals(1 to true, failure.code to failure.retryable)
    }

    @Test
    fun `a download pauses and goes on`() = runBlocking(Dispatchers.Default) {
        files.put("a.bin", Random(1).nextBytes(900_000), stall = 300_000)
        val (alice, ids) = receiver("a.bin")
        val media = alice.client.media
        val arrival = async { media.download(ids.single()) }
        alice.moves(300_000)
        media.pause(ids.single())
        alice.reaches(TransferState.PAUSED)
        assertFalse(arrival.isCompleted)
        media.resume(ids.single())
        assertArrayEquals(files.get("a.bin"), File(checkNotNull(arrival.await().localPath)).readBytes())
        assertEquals(listOf("a.bin" to null, "a.bin" to "bytes=300000-"), files.requests.all)

        files.put("b.bin", Random(2).nextBytes(100_000), stall = 10_000)
        val target = "$folder/b"
        val other = async { media.downloadUrl(files.url("b.bin"), target) }
        alice.progress.first("b on its way") { it.path == target && it.transferred >= 10_000uL }
        media.pauseDownload(target)
        media.resumeDownload(target)
        other.await()
        assertArrayEquals(files.get("b.bin"), File(target).readBytes())
        assertEquals(33003, codeOf { media.pauseDownload(target) })
        assertEquals(33003, codeOf { media.resumeDownload(target) })
    }

    @Test
    fun `a download is cancelled or refused`() = runBlocking(Dispatchers.Default) {
        val (alice, ids) = receiver("missing", "slow")
        val media = alice.client.media
        assertEquals(34414, codeOf { media.download(ids[0]) })
        files.put("slow", ByteArray(100_000), stall = 10_000)
        val arrival = async { codeOf { media.download(ids[1]) } }
        alice.moves(10_000)
        media.cancel(ids[1])
        assertEquals(33200, arrival.await())

        files.put("slow", ByteArray(100_000), stall = 10_000)
        alice.progress.clear()
        val target = "$folder/target"
        val other = async { codeOf { media.downloadUrl(files.url("slow"), target) } }
        alice.moves(10_000)
        media.cancelDownload(target)
        assertEquals(33200, other.await())
        assertFalse(File(target).exists() || File("$target.part").exists(), "nothing is left of it")
        files.put("abc", "abc".toByteArray())
        assertEquals(34417, codeOf { media.downloadUrl(files.url("abc"), target, sha256("abd".toByteArray())) })
        assertEquals(34413, codeOf { media.downloadUrl("file:///etc/passwd", target) })
    }

    @Test
    fun cache() = runBlocking {
        val names = arrayOf("1", "2", "3")
        names.forEach { files.put(it, ByteArray(1_000)) }
        val (alice, ids) = receiver(*names)
        val media = alice.client.media
        ids.forEach { media.download(it) }
        assertEquals(3_000, media.cacheSize())
        media.setCacheLimit(2_500)
        assertEquals(2_000, media.cacheSize())
        assertEquals(1, ids.count { alice.client.messages.get(it).localPath == null }, "one had to go")
        assertEquals(2_000, media.clearCache())
        assertEquals(0, media.cacheSize())
    }
}
