/** What every test needs: a real server, clients of it, and recorders of what they are told. */
package im.anser

import java.net.URI
import java.net.URLEncoder
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import java.nio.file.Path
import java.security.MessageDigest
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.thread
import kotlin.concurrent.withLock
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.fail
import org.junit.jupiter.api.io.TempDir

/** Longest wait for an event. Generous: nothing is proven by it but that the event never came. */
const val DEADLINE_SECONDS = 120L

/** `anser-server dev` as a process of its own, for all tests of this JVM. */
object Server {
    private const val PAIRS = 80
    private val next = AtomicInteger()
    private val info = start()

    val navigation = info.getValue("navi").jsonPrimitive.content
    val appKey = info.getValue("app_key").jsonPrimitive.content

    private fun start() = run {
        val users = (0 until PAIRS).joinToString(",") { "alice$it,bob$it" }
        val command = listOf(System.getProperty("anser.server"), "dev", "--json", "--port", "0", "--users", users)
        val builder = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT)
        builder.environment()["ANSER_LOG"] = "warn"
        val process = builder.start()
        Runtime.getRuntime().addShutdownHook(thread(start = false) { process.destroy() })
        Json.parseToJsonElement(process.inputReader().readLine()).jsonObject
    }

    /** Two users whom no other test knows. */
    fun pair() = next.getAndIncrement().let { "alice$it" to "bob$it" }

    fun token(user: String) = info.getValue("tokens").jsonObject.getValue(user).jsonPrimitive.content

    fun options(
        dataDir: String? = null,
        userId: String? = null,
        platform: Platform? = null,
        caPem: String? = null,
    ) = ClientOptions(appKey, navigation, dataDir, userId, platform, caPem)

    /** Makes a group through the server API. */
    fun createGroup(id: String, vararg members: String) =
        api("/group/create.json", members.map { "userId" to it } + ("groupId" to id) + ("groupName" to "Geese"))

    /** Adds a member to a group. */
    fun joinGroup(id: String, member: String) =
        api("/group/join.json", listOf("userId" to member, "groupId" to id, "groupName" to "Geese"))

    /** A call of the server API, signed as an app's own server signs it. */
    private fun api(path: String, form: List<Pair<String, String>>) {
        val (nonce, timestamp) = "17" to System.currentTimeMillis().toString()
        val secret = info.getValue("app_secret").jsonPrimitive.content
        val digest = MessageDigest.getInstance("SHA-1").digest((secret + nonce + timestamp).toByteArray())
        val request = HttpRequest.newBuilder(URI(info.getValue("api").jsonPrimitive.content + path))
            .header("App-Key", appKey)
            .header("Nonce", nonce)
            .header("Timestamp", timestamp)
            .header("Signature", digest.joinToString("") { "%02x".format(it) })
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    form.joinToString("&") { (key, value) -> "$key=" + URLEncoder.encode(value, Charsets.UTF_8) },
                ),
            )
            .build()
        val answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString())
        assertEquals("200", Json.parseToJsonElement(answer.body()).jsonObject["code"]?.jsonPrimitive?.content)
    }
}

/** Keeps what it is given, in order, and lets a test wait for it. */
class Recorder<T> {
    private val lock = ReentrantLock()
    private val news = lock.newCondition()
    private val kept = mutableListOf<T>()

    val all: List<T> get() = lock.withLock { kept.toList() }

    fun add(item: T) = lock.withLock {
        kept += item
        news.signalAll()
    }

    fun clear() = lock.withLock { kept.clear() }

    /** The first that is so; waits for it. */
    fun first(what: String, wanted: (T) -> Boolean): T = waitFor(what) { it.any(wanted) }.first(wanted)

    fun waitFor(what: String, happened: (List<T>) -> Boolean): List<T> = lock.withLock {
        var left = TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS)
        while (!happened(kept)) {
            if (left <= 0) fail<Unit>("never happened: $what; so far $kept")
            left = news.awaitNanos(left)
        }
        kept.toList()
    }
}

/** A client and what it was told. */
class Person(val user: String, options: ClientOptions = Server.options()) : AutoCloseable {
    val client = Client(options)
    val received = Recorder<Message>()
    val sent = Recorder<Message>()
    val statuses = Recorder<StatusChange>()
    val changed = Recorder<ConversationKey>()
    val changes = Recorder<MessageChange>()
    val receipts = Recorder<Receipt>()
    val typing = Recorder<Typing>()
    val progress = Recorder<MediaProgress>()
    val synced = Recorder<Unit>()

    // Kept: a listener ends when its subscription is dropped.
    val subscriptions = listOf(
        client.onMessages { event ->
            when (event) {
                is MessageEvent.Received -> event.messages.forEach(received::add)
                is MessageEvent.Sent -> sent.add(event.message)
                is MessageEvent.Changed -> event.changes.forEach(changes::add)
                MessageEvent.Overflow -> error("the queue overflowed")
            }
        },
        client.onStatus(statuses::add),
        client.onSynced { synced.add(Unit) },
        client.onConversations { it.forEach(changed::add) },
        client.onReceipts { it.forEach(receipts::add) },
        client.onTyping(typing::add),
        client.onMedia(progress::add),
    )

    suspend fun connect() = apply { assertEquals(user, client.connect(Server.token(user))) }

    /** Sends text and waits until it is sent. */
    suspend fun say(to: ConversationKey, text: String): Message =
        client.messages.waitSent(client.messages.sendText(to, text).id)

    /** The row of a conversation once it is [so]: read again with every word of a change. */
    suspend fun row(key: ConversationKey, what: String, so: (Conversation) -> Boolean): Conversation {
        while (true) {
            val told = changed.all.size
            client.conversations.get(key)?.takeIf(so)?.let { return it }
            changed.waitFor(what) { it.size > told }
        }
    }

    override fun close() = client.close()
}

/** Two users whom no other test knows, and people who are gone when the test ends. */
abstract class People {
    protected val users = Server.pair()
    private val open = mutableListOf<Person>()

    @TempDir
    lateinit var folder: Path

    protected fun person(user: String, options: ClientOptions = Server.options()) =
        Person(user, options).also(open::add)

    protected suspend fun alice(options: ClientOptions = Server.options()) = person(users.first, options).connect()

    protected suspend fun bob(options: ClientOptions = Server.options()) = person(users.second, options).connect()

    /** Another device of this user. */
    protected suspend fun phone(user: String) = person(user, Server.options(platform = Platform.MOBILE)).connect()

    /** A group of both. */
    protected fun group() = groupChat("group-of-${users.first}").also {
        Server.createGroup(it.targetId, users.first, users.second)
    }

    @AfterEach
    fun close() = open.forEach(Person::close)
}

/** The text of a text message. */
val Message.text get() = (body as Content.Text).text

/** The code that a call fails with; 0 if it does not fail. */
suspend fun codeOf(call: suspend () -> Unit): Int = try {
    call()
    0
} catch (error: AnserException) {
    error.code
}
