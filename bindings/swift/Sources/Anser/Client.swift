// The client as Swift wants it: properties, async calls and streams over the generated bindings. Conversion
// only; what the calls do is written at the generated ones.

import AnserBindings
import Foundation

/// A client of one app, for one user at a time. May be used from any thread. Every call that fails throws
/// `AnserError`.
public final class Client: Sendable {
    private let native: AnserBindings.Client
    private let streams = Streams()

    /// Sending and reading messages.
    public let messages: Messages
    /// Pages of messages, here and at the server.
    public let history: History
    /// The conversation list and the unread counts.
    public let conversations: Conversations
    /// Receipts and typing.
    public let receipts: Receipts
    /// What the user prefers.
    public let settings: Settings
    /// Messages with files.
    public let media: Media
    /// Finding messages and conversations by their words.
    public let search: Search
    /// The care of the user's data.
    public let storage: Storage

    public init(options: ClientOptions) throws {
        native = try AnserBindings.Client(options: options)
        messages = Messages(native.messages())
        history = History(native.history())
        conversations = Conversations(native.conversations())
        receipts = Receipts(native.receipts())
        settings = Settings(native.settings())
        media = Media(native.media())
        search = Search(native.search())
        storage = Storage(native.storage())
    }

    /// How the client stands to the server, now.
    public var status: ConnectionStatus { native.status() }
    /// How the bytes travel, or would.
    public var channel: ConnectionChannel { native.channel() }
    /// Whose data is open; nil before the first connect of a new installation.
    public var currentUserId: String? { native.currentUserId() }
    /// Local clock minus server clock, ms, as of the last connect.
    public var serverTimeDelta: Int64 { native.serverTimeDelta() }
    /// The app as the client was made for it.
    public var appInfo: AppInfo { native.appInfo() }
    /// This library.
    public var sdkInfo: SdkInfo { native.sdkInfo() }
    /// What navigation said last: the switches and limits of the app, and its whole answer.
    public var navigationInfo: NavigationInfo { native.navigationInfo() }
    /// Where data lies, and how much there is.
    public var storageInfo: StorageInfo { native.storageInfo() }
    /// The device, as the host describes it.
    public var deviceInfo: DeviceInfo {
        get { native.deviceInfo() }
        set { native.setDeviceInfo(device: newValue) }
    }

    /// Connects and logs in; the user's id.
    @discardableResult
    public func connect(token: String) async throws -> String {
        try await native.connect(token: token)
    }

    /// Connects again with the last token, at once; the user's id.
    @discardableResult
    public func reconnect() async throws -> String {
        try await native.reconnect()
    }

    /// Connects again with the last token, with an attempt after each of these pauses in milliseconds; the
    /// user's id.
    @discardableResult
    public func reconnectAfter(pausesMs: [UInt64]) async throws -> String {
        try await native.reconnectAfter(pausesMs: pausesMs)
    }

    /// As `reconnectAfter`, with an attempt only if something answers at `probeUrl` after the pause; the user's id.
    @discardableResult
    public func reconnectProbing(probeUrl: String, pausesMs: [UInt64]) async throws -> String {
        try await native.reconnectProbing(probeUrl: probeUrl, pausesMs: pausesMs)
    }

    /// Another token of the same user, or nil if there is none: the answer to `onTokenNeeded`; unasked, it is
    /// used from the next attempt to connect on.
    public func renewToken(_ token: String?) {
        native.renewToken(token: token)
    }

    /// Whether anybody looks at the app. Coming to the foreground proves the line, or connects at once.
    public func setForeground(_ foreground: Bool) {
        native.setForeground(foreground: foreground)
    }

    /// Tells what the device is connected by, on each change.
    public func networkChanged(_ kind: NetworkKind) {
        native.networkChanged(kind: kind)
    }

    /// Disconnects and stays so. What waits in the outbox goes with the next connection.
    public func disconnect() async throws {
        try await native.disconnect()
    }

    /// Disconnects and forgets who the user is. The data stays on disk.
    public func logout() async throws {
        try await native.logout()
    }

    /// Pulls everything that waits on the server and returns when it is stored.
    public func syncNow() async throws {
        try await native.syncNow()
    }

    /// How the client stands to the server: the present status first, then each change.
    public func statuses() -> AsyncStream<StatusChange> {
        streams.make { self.onStatus($0) }
    }

    /// For the first time since a login everything that waited at the server is stored here.
    public func synced() -> AsyncStream<Void> {
        streams.make { listener in self.onSynced { listener(()) } }
    }

    /// What happens to messages, from this call on.
    public func messageEvents() -> AsyncStream<MessageEvent> {
        streams.make { self.onMessages($0) }
    }

    /// Which conversations changed, from this call on.
    public func conversationChanges() -> AsyncStream<[ConversationKey]> {
        streams.make { self.onConversations($0) }
    }

    /// What peers and members have stored and read.
    public func receiptEvents() -> AsyncStream<[Receipt]> {
        streams.make { self.onReceipts($0) }
    }

    /// Who is typing: those who type at present first, then each change.
    public func typing() -> AsyncStream<Typing> {
        streams.make { self.onTyping($0) }
    }

    /// How transfers of files get on.
    public func mediaProgress() -> AsyncStream<MediaProgress> {
        streams.make { self.onMedia($0) }
    }

    /// What became of a damaged database: the last report first, if there is one.
    public func databaseReports() -> AsyncStream<DatabaseReport> {
        streams.make { self.onDatabase($0) }
    }

    /// The library's log up to `level`. It is the process's: with several clients each hears them all.
    public func log(level: LogLevel) -> AsyncStream<LogLine> {
        streams.make { self.onLog(level: level, $0) }
    }

    /// As `statuses`, by a callback on the delivery thread.
    public func onStatus(_ listener: @escaping @Sendable (StatusChange) -> Void) -> Subscription {
        Subscription(native.addConnectionListener(listener: StatusAdapter(listener)))
    }

    /// Asks for a new token when the server refuses the present one, with the reason's code, on the delivery
    /// thread: get one and call `renewToken`, here or later. While nobody listens a refusal ends the connection.
    public func onTokenNeeded(_ listener: @escaping @Sendable (Int32) -> Void) -> Subscription {
        Subscription(native.addTokenListener(listener: TokenAdapter(listener)))
    }

    /// As `synced`, by a callback on the delivery thread.
    public func onSynced(_ listener: @escaping @Sendable () -> Void) -> Subscription {
        Subscription(native.addConnectionListener(listener: SyncedAdapter(listener)))
    }

    /// As `messageEvents`, by a callback on the delivery thread.
    public func onMessages(_ listener: @escaping @Sendable (MessageEvent) -> Void) -> Subscription {
        Subscription(native.addMessageListener(listener: MessageAdapter(listener)))
    }

    /// As `conversationChanges`, by a callback on the delivery thread.
    public func onConversations(_ listener: @escaping @Sendable ([ConversationKey]) -> Void) -> Subscription {
        Subscription(native.addConversationListener(listener: ConversationAdapter(listener)))
    }

    /// As `receiptEvents`, by a callback on the delivery thread.
    public func onReceipts(_ listener: @escaping @Sendable ([Receipt]) -> Void) -> Subscription {
        Subscription(native.addReceiptListener(listener: ReceiptAdapter(listener)))
    }

    /// As `typing`, by a callback on the delivery thread.
    public func onTyping(_ listener: @escaping @Sendable (Typing) -> Void) -> Subscription {
        Subscription(native.addTypingListener(listener: TypingAdapter(listener)))
    }

    /// As `mediaProgress`, by a callback on the delivery thread.
    public func onMedia(_ listener: @escaping @Sendable (MediaProgress) -> Void) -> Subscription {
        Subscription(native.addMediaListener(listener: MediaAdapter(listener)))
    }

    /// As `databaseReports`, by a callback on the delivery thread.
    public func onDatabase(_ listener: @escaping @Sendable (DatabaseReport) -> Void) -> Subscription {
        Subscription(native.addDatabaseListener(listener: DatabaseAdapter(listener)))
    }

    /// As `log`, by a callback on the delivery thread.
    public func onLog(level: LogLevel, _ listener: @escaping @Sendable (LogLine) -> Void) -> Subscription {
        Subscription(native.addLogListener(level: level, listener: LogAdapter(listener)))
    }

    /// Ends the client: disconnects, fails what is pending with code 34400, ends its threads and its
    /// uploads, and finishes its streams. No callback runs once it returns. A second time does nothing.
    public func close() {
        native.shutdown()
        media.end()
        streams.finish()
    }
}

/// The streams that are open, so that closing the client ends them.
private final class Streams: @unchecked Sendable {
    private let lock = NSLock()
    private var closed = false
    private var next = 0
    private var open: [Int: @Sendable () -> Void] = [:]

    func make<T: Sendable>(_ listen: (@escaping @Sendable (T) -> Void) -> Subscription) -> AsyncStream<T> {
        var continuation: AsyncStream<T>.Continuation!
        let stream = AsyncStream<T> { continuation = $0 }
        let end: AsyncStream<T>.Continuation = continuation
        let subscription = listen { end.yield($0) }
        let (number, late) = lock.withLock { () -> (Int, Bool) in
            next += 1
            if !closed { open[next] = { end.finish() } }
            return (next, closed)
        }
        end.onTermination = { [weak self] _ in
            subscription.cancel()
            self?.remove(number)
        }
        if late { end.finish() }
        return stream
    }

    func finish() {
        let ends = lock.withLock { () -> [@Sendable () -> Void] in
            closed = true
            defer { open = [:] }
            return Array(open.values)
        }
        ends.forEach { $0() }
    }

    private func remove(_ number: Int) {
        lock.withLock { _ = open.removeValue(forKey: number) }
    }
}
