// Pages of messages, here and at the server. Conversion only.

import AnserBindings

/// Pages of messages; from `Client.history`.
public final class History: Sendable {
    private let native: AnserBindings.History

    init(_ native: AnserBindings.History) {
        self.native = native
    }

    /// A page of what is stored here, oldest first: of some kinds or senders, in either direction, beyond a message
    /// or a time. Asks nobody; `load` gives pages without holes.
    public func page(of conversation: ConversationKey, _ query: HistoryQuery) async throws -> [Message] {
        try await native.page(conversation: conversation, query: query)
    }

    /// Up to `count` messages before server time `before` (ms; 0 for the newest) as they are at the server: what is
    /// missing here is fetched and kept. Offline it shows what is here and names the hole.
    public func load(_ conversation: ConversationKey, before: Int64 = 0, count: UInt32 = 20) async throws
        -> HistoryPage
    {
        try await native.load(conversation: conversation, before: before, count: count)
    }

    /// Up to `count` messages before server time `time` (ms) and as many from it on: for a jump to a message.
    public func around(_ conversation: ConversationKey, time: Int64, count: UInt32 = 20) async throws
        -> HistoryPage
    {
        try await native.around(conversation: conversation, time: time, count: count)
    }

    /// A page of the server's history, oldest first, merged into what is here.
    public func remote(_ conversation: ConversationKey, _ query: RemoteQuery) async throws -> HistoryPage {
        try await native.remote(conversation: conversation, query: query)
    }

    /// Fetches everything that is missing here back to server time `since` (ms; 0 for all), page by page, and
    /// returns how many were fetched. `progress` hears, on the delivery thread, how many those are so far and
    /// back to when everything is here.
    @discardableResult
    public func backfill(
        _ conversation: ConversationKey, since: Int64 = 0,
        progress: (@Sendable (_ fetched: UInt32, _ since: Int64) -> Void)? = nil
    ) async throws -> UInt32 {
        try await native.backfill(
            conversation: conversation, since: since, listener: progress.map { BackfillAdapter($0) })
    }

    /// Stretches of a conversation that this device has never seen, oldest first.
    public func gaps(in conversation: ConversationKey) async throws -> [TimeSpan] {
        try await native.gaps(conversation: conversation)
    }

    /// The oldest unread message; nil if everything is read.
    public func firstUnread(in conversation: ConversationKey) async throws -> Message? {
        try await native.firstUnread(conversation: conversation)
    }

    /// Up to `count` unread messages that mention the user, oldest first.
    public func unreadMentions(in conversation: ConversationKey, count: UInt32 = 100) async throws -> [Message] {
        try await native.unreadMentions(conversation: conversation, count: count)
    }

    /// Deletes everything up to server time `until` (ms; 0 for all) on this device.
    public func clear(_ conversation: ConversationKey, until: Int64 = 0) async throws {
        try await native.clear(conversation: conversation, until: until)
    }

    /// Deletes everything up to server time `until` (ms) from this user's history at the server, and with
    /// `alsoHere` on this device. Others keep theirs.
    public func clearRemote(_ conversation: ConversationKey, until: Int64, alsoHere: Bool = true) async throws {
        try await native.clearRemote(conversation: conversation, until: until, alsoHere: alsoHere)
    }
}

final class BackfillAdapter: BackfillListener {
    private let progress: @Sendable (UInt32, Int64) -> Void

    init(_ progress: @escaping @Sendable (UInt32, Int64) -> Void) {
        self.progress = progress
    }

    func onProgress(fetched: UInt32, since: Int64) {
        progress(fetched, since)
    }
}
