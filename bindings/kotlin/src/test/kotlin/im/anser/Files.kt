/** A file server and an uploader to it, as a host would bring them. */
package im.anser

import com.sun.net.httpserver.HttpExchange
import com.sun.net.httpserver.HttpServer
import java.io.File
import java.io.IOException
import java.net.InetSocketAddress
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlinx.coroutines.awaitCancellation

/** Keeps what is PUT, gives it back in whole or in part, and stalls where a test wants it to. */
class Files : AutoCloseable {
    private val kept = ConcurrentHashMap<String, ByteArray>()
    private val stalls = ConcurrentHashMap<String, Int>()
    private val released = CountDownLatch(1)
    private val threads = Executors.newCachedThreadPool()
    private val server = HttpServer.create(InetSocketAddress("127.0.0.1", 0), 0)

    /** Names and ranges that were asked for, in order. */
    val requests = Recorder<Pair<String, String?>>()

    init {
        server.executor = threads
        server.createContext("/") { exchange ->
            val name = exchange.requestURI.path.drop(1)
            if (exchange.requestMethod == "PUT") {
                kept[name] = exchange.requestBody.readAllBytes()
                exchange.sendResponseHeaders(201, -1)
                exchange.close()
            } else {
                give(exchange, name)
            }
        }
        server.start()
    }

    fun url(name: String) = "http://127.0.0.1:${server.address.port}/$name"

    fun get(name: String) = kept[name]

    /** A file; the next download of it stops after [stall] bytes until this is closed. */
    fun put(name: String, content: ByteArray, stall: Int? = null) {
        kept[name] = content
        if (stall != null) stalls[name] = stall
    }

    private fun give(exchange: HttpExchange, name: String) {
        val range = exchange.requestHeaders.getFirst("Range")
        requests.add(name to range)
        val body = kept[name]
        if (body == null) {
            exchange.sendResponseHeaders(404, -1)
            exchange.close()
            return
        }
        val start = range?.removeSurrounding("bytes=", "-")?.toInt() ?: 0
        exchange.responseHeaders.add("ETag", "\"1\"")
        if (start > 0) exchange.responseHeaders.add("Content-Range", "bytes $start-${body.size - 1}/${body.size}")
        exchange.sendResponseHeaders(if (start > 0) 206 else 200, body.size.toLong() - start)
        val stall = stalls.remove(name)?.plus(start) ?: start
        try {
            exchange.responseBody.use { out ->
                out.write(body, start, stall - start)
                out.flush()
                if (stall > start) released.await(DEADLINE_SECONDS, TimeUnit.SECONDS)
                out.write(body, stall, body.size - stall)
            }
        } catch (_: IOException) {
            // Who asked does not listen any more: that is what the tests are about.
        }
    }

    override fun close() {
        released.countDown()
        server.stop(0)
        threads.shutdownNow()
    }
}

/** Uploads to [files] in steps. [holds]: after how many bytes the next attempts wait until they are stopped. */
class HttpUploader(private val files: Files, vararg holds: Long) : Uploader {
    private val holds = ConcurrentLinkedQueue(holds.asList())

    /** How the next attempts end. */
    val failures = ConcurrentLinkedQueue<Exception>()
    val started = Recorder<Upload>()
    val stopped = Recorder<Long>()

    override suspend fun upload(upload: Upload): String {
        started.add(upload)
        failures.poll()?.let { throw it }
        val hold = holds.poll()
        for (sent in 0L..upload.size step 16_384) {
            upload.report(sent)
            if (hold != null && sent >= hold) {
                try {
                    awaitCancellation()
                } finally {
                    stopped.add(upload.id)
                }
            }
        }
        val file = File(upload.path)
        val request = HttpRequest.newBuilder(URI(files.url(file.name)))
            .PUT(HttpRequest.BodyPublishers.ofByteArray(file.readBytes()))
            .build()
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.discarding())
        return files.url(file.name)
    }
}
