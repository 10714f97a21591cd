// The conversation list and the unread counts. Conversion only.

import AnserBindings

/// The conversation list; from `Client.conversations`.
public final class Conversations: Sendable {
    private let native: AnserBindings.Conversations

    init(_ native: AnserBindings.Conversations) {
        self.native = native
    }

    /// Up to `count` conversations, the one with the newest message first. `after` is the last row already
    /// shown; no types means all kinds.
    public func list(types: [ConversationType] = [], after: ConversationKey? = nil, count: UInt32 = 100)
        async throws -> [Conversation]
    {
        try await native.list(types: types, after: after, count: count)
    }

    /// One conversation; nil if nothing is known of it.
    public func get(_ conversation: ConversationKey) async throws -> Conversation? {
        try await native.get(conversation: conversation)
    }

    /// Unread messages of one conversation.
    public func unreadCount(of conversation: ConversationKey) async throws -> UInt32 {
        try await native.unreadCount(conversation: conversation)
    }

    /// Unread messages of all conversations of these kinds together.
    public func unreadCount(types: [ConversationType]) async throws -> UInt32 {
        try await native.unreadCountByTypes(types: types)
    }

    /// Unread messages of all conversations together; chatrooms do not count.
    public func totalUnreadCount() async throws -> UInt32 {
        try await native.totalUnreadCount()
    }

    /// Marks everything in a conversation as read.
    public func clearUnread(_ conversation: ConversationKey) async throws {
        try await native.clearUnread(conversation: conversation)
    }

    /// Marks everything in every conversation as read.
    public func clearAllUnread() async throws {
        try await native.clearAllUnread()
    }
}
