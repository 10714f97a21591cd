/**
 * The client as Kotlin wants it: properties, suspending calls, flows and `use {}` over the generated
 * bindings in `im.anser.ffi`. Conversion only; what the calls do is written at the generated ones.
 */
package im.anser

import im.anser.ffi.Client as NativeClient
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.filterIsInstance
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.transform

/**
 * A client of one app, for one user at a time. Close it, or put it in `use {}`. May be used from any
 * thread. Every call that fails throws [AnserException].
 */
class Client(options: ClientOptions) : AutoCloseable {
    private val native = NativeClient(options)
    private val closed = CompletableDeferred<Unit>()

    /** Sending and reading messages. */
    val messages = Messages(native.messages())

    /** Pages of messages, here and at the server. */
    val history = History(native.history())

    /** The conversation list and the unread counts. */
    val conversations = Conversations(native.conversations())

    /** Receipts and typing. */
    val receipts = Receipts(native.receipts())

    /** What the user prefers. */
    val settings = Settings(native.settings())

    /** Messages with files. */
    val media = Media(native.media())

    /** Finding messages and conversations by their words. */
    val search = Search(native.search())

    /** The care of the user's data. */
    val storage = Storage(native.storage())

    /** How the client stands to the server, now. */
    val status: ConnectionStatus get() = native.status()

    /** How the bytes travel, or would. */
    val channel: ConnectionChannel get() = native.channel()

    /** Whose data is open; null before the first connect of a new installation. */
    val currentUserId: String? get() = native.currentUserId()

    /** Local clock minus server clock, ms, as of the last connect. */
    val serverTimeDelta: Long get() = native.serverTimeDelta()

    /** The device, as the host describes it. */
    var deviceInfo: DeviceInfo
        get() = native.deviceInfo()
        set(value) = native.setDeviceInfo(value)

    /** The app as the client was made for it. */
    val appInfo: AppInfo get() = native.appInfo()

    /** This library. */
    val sdkInfo: SdkInfo get() = native.sdkInfo()

    /** What navigation said last: the switches and limits of the app, and its whole answer. */
    val navigationInfo: NavigationInfo get() = native.navigationInfo()

    /** Where data lies, and how much there is. */
    val storageInfo: StorageInfo get() = native.storageInfo()

    /** Connects and logs in; the user's id. See [NativeClient.connect]. */
    suspend fun connect(token: String): String = native.connect(token)

    /** Connects again with the last token, at once; the user's id. */
    suspend fun reconnect(): String = native.reconnect()

    /**
     * Connects again with the last token, with an attempt after each of these pauses in milliseconds; the
     * user's id. See [NativeClient.reconnectAfter].
     */
    suspend fun reconnectAfter(pausesMs: List<Long>): String =
        native.reconnectAfter(pausesMs.map { it.coerceAtLeast(0).toULong() })

    /**
     * As [reconnectAfter], with an attempt only if something answers at [probeUrl] after the pause; the user's
     * id. See [NativeClient.reconnectProbing].
     */
    suspend fun reconnectProbing(probeUrl: String, pausesMs: List<Long>): String =
        native.reconnectProbing(probeUrl, pausesMs.map { it.coerceAtLeast(0).toULong() })

    /**
     * Another token of the same user, or null if there is none: the answer to [onTokenNeeded]; unasked, it is
     * used from the next attempt to connect on.
     */
    fun renewToken(token: String?) = native.renewToken(token)

    /** Whether anybody looks at the app. Coming to the foreground proves the line, or connects at once. */
    fun setForeground(foreground: Boolean) = native.setForeground(foreground)

    /** Tells what the device is connected by, on each change. See [NativeClient.networkChanged]. */
    fun networkChanged(kind: NetworkKind) = native.networkChanged(kind)

    /** Disconnects and stays so. What waits in the outbox goes with the next connection. */
    suspend fun disconnect() = native.disconnect()

    /** Disconnects and forgets who the user is. The data stays on disk. */
    suspend fun logout() = native.logout()

    /** Pulls everything that waits on the server and returns when it is stored. */
    suspend fun syncNow() = native.syncNow()

    /** How the client stands to the server: the present status first, then each change. */
    val statuses: Flow<StatusChange> get() = events { onStatus(it) }

    /** For the first time since a login everything that waited at the server is stored here. */
    val synced: Flow<Unit> get() = events { listener -> onSynced { listener(Unit) } }

    /** What happens to messages, from the moment of collecting on. */
    val messageEvents: Flow<MessageEvent> get() = events { onMessages(it) }

    /** New messages one by one, none twice, in order. [messageEvents] also tells of an overflow. */
    val received: Flow<Message>
        get() = messageEvents.filterIsInstance<MessageEvent.Received>().transform { event ->
            event.messages.forEach { emit(it) }
        }

    /** Own messages that are SENT or FAILED now. */
    val sent: Flow<Message> get() = messageEvents.filterIsInstance<MessageEvent.Sent>().map { it.message }

    /** Stored messages that are not what they were, one change at a time. */
    val messageChanges: Flow<MessageChange>
        get() = messageEvents.filterIsInstance<MessageEvent.Changed>().transform { event ->
            event.changes.forEach { emit(it) }
        }

    /** Which conversations changed: their newest message, unread count, marks, state or draft. */
    val conversationChanges: Flow<List<ConversationKey>> get() = events { onConversations(it) }

    /** What peers and members have stored and read. */
    val receiptEvents: Flow<List<Receipt>> get() = events { onReceipts(it) }

    /** Who is typing: those who type at present first, then each change. */
    val typing: Flow<Typing> get() = events { onTyping(it) }

    /** How transfers of files get on. */
    val mediaProgress: Flow<MediaProgress> get() = events { onMedia(it) }

    /** What became of a damaged database: the last report first, if there is one. */
    val databaseReports: Flow<DatabaseReport> get() = events { onDatabase(it) }

    /** The library's log up to [level]. It is the process's: with several clients each hears them all. */
    fun log(level: LogLevel): Flow<LogLine> = events { onLog(level, it) }

    /** As [statuses], by a callback on the delivery thread. */
    fun onStatus(listener: (StatusChange) -> Unit) =
        Subscription(native.addConnectionListener(StatusAdapter(listener)))

    /**
     * Asks for a new token when the server refuses the present one, with the reason's code, on the delivery
     * thread: get one and call [renewToken], here or later. While nobody listens a refusal ends the connection.
     */
    fun onTokenNeeded(listener: (code: Int) -> Unit) = Subscription(native.addTokenListener(TokenAdapter(listener)))

    /** As [synced], by a callback on the delivery thread. */
    fun onSynced(listener: () -> Unit) = Subscription(native.addConnectionListener(SyncedAdapter(listener)))

    /** As [messageEvents], by a callback on the delivery thread. */
    fun onMessages(listener: (MessageEvent) -> Unit) =
        Subscription(native.addMessageListener(MessageAdapter(listener)))

    /** As [conversationChanges], by a callback on the delivery thread. */
    fun onConversations(listener: (List<ConversationKey>) -> Unit) =
        Subscription(native.addConversationListener(ConversationAdapter(listener)))

    /** As [receiptEvents], by a callback on the delivery thread. */
    fun onReceipts(listener: (List<Receipt>) -> Unit) =
        Subscription(native.addReceiptListener(ReceiptAdapter(listener)))

    /** As [typing], by a callback on the delivery thread. */
    fun onTyping(listener: (Typing) -> Unit) = Subscription(native.addTypingListener(TypingAdapter(listener)))

    /** As [mediaProgress], by a callback on the delivery thread. */
    fun onMedia(listener: (MediaProgress) -> Unit) = Subscription(native.addMediaListener(MediaAdapter(listener)))

    /** As [databaseReports], by a callback on the delivery thread. */
    fun onDatabase(listener: (DatabaseReport) -> Unit) =
        Subscription(native.addDatabaseListener(DatabaseAdapter(listener)))

    /** As [log], by a callback on the delivery thread. */
    fun onLog(level: LogLevel, listener: (LogLine) -> Unit) =
        Subscription(native.addLogListener(level, LogAdapter(listener)))

    /**
     * Ends the client: disconnects, fails what is pending with code 34400, ends its threads and its
     * uploads, and completes its flows. No callback runs once it returns. A second time does nothing.
     */
    override fun close() {
        // The native handle stays valid: later calls say clearly (34400) that the client is closed.
        native.shutdown()
        media.end()
        closed.complete(Unit)
    }

    /** Listens before `collect` first suspends, so nothing is missed from then on. */
    private fun <T> events(listen: ((T) -> Unit) -> Subscription): Flow<T> = flow {
        val channel = Channel<T>(Channel.UNLIMITED)
        val subscription = listen { channel.trySend(it) }
        val end = closed.invokeOnCompletion { channel.close() }
        try {
            for (event in channel) emit(event)
        } finally {
            end.dispose()
            subscription.cancel()
        }
    }
}
