// The conversation list: its rows and their states, unread counts, drafts, tags. Conversion only.

import AnserBindings

/// The conversation list; from `Client.conversations`.
public final class Conversations: Sendable {
    private let native: AnserBindings.Conversations

    init(_ native: AnserBindings.Conversations) {
        self.native = native
    }

    /// Up to `count` conversations: the top ones, then the others, each with the newest first. `after` is the last
    /// row already shown; no types means all kinds.
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

    /// Unread messages of these conversations together, hidden and muted ones included.
    public func unreadCount(of conversations: [ConversationKey]) async throws -> UInt32 {
        try await native.unreadCountOf(conversations: conversations)
    }

    /// Unread messages of all listed conversations of these kinds, with or without the muted ones.
    public func unreadCount(types: [ConversationType], withMuted: Bool = true) async throws -> UInt32 {
        try await native.unreadCountByTypes(types: types, withMuted: withMuted)
    }

    /// What an app's badge shows: unread messages of all listed conversations that are not muted.
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

    /// As `list`, of those that the filter lets through.
    public func filter(_ filter: ConversationFilter, after: ConversationKey? = nil, count: UInt32 = 100)
        async throws -> [Conversation]
    {
        try await native.filter(filter: filter, after: after, count: count)
    }

    /// These rows as they are now; those that are in no list are left out. See `Client.conversationChanges`.
    public func rows(_ conversations: [ConversationKey]) async throws -> [Conversation] {
        try await native.rows(conversations: conversations)
    }

    /// Puts a conversation into the list. One that is there stays as it is.
    @discardableResult
    public func create(_ conversation: ConversationKey) async throws -> Conversation {
        try await native.create(conversation: conversation)
    }

    /// Takes conversations out of the list, on all devices, until a newer message comes. Messages stay.
    public func remove(_ conversations: [ConversationKey]) async throws {
        try await native.remove(conversations: conversations)
    }

    /// Takes all conversations of these kinds out of the list, as `remove` does.
    public func clear(types: [ConversationType]) async throws {
        try await native.clear(types: types)
    }

    /// The server's list merged into the local one; its first `count` rows. A login does this by itself.
    @discardableResult
    public func syncList(count: UInt32 = 100) async throws -> [Conversation] {
        try await native.syncList(count: count)
    }

    /// Takes a conversation out of the list on this device until a newer message comes, or puts it back.
    public func setHidden(_ conversation: ConversationKey, _ hidden: Bool) async throws {
        try await native.setHidden(conversation: conversation, hidden: hidden)
    }

    /// Puts conversations above the others, or back among them, on all devices of the user.
    public func setTop(_ conversations: [ConversationKey], _ top: Bool) async throws {
        try await native.setTop(conversations: conversations, top: top)
    }

    /// Sets what of conversations may disturb the user, on all devices.
    public func setMute(_ conversations: [ConversationKey], _ level: MuteLevel) async throws {
        try await native.setMute(conversations: conversations, level: level)
    }

    /// What of a conversation may disturb the user.
    public func mute(of conversation: ConversationKey) async throws -> MuteLevel {
        try await native.mute(conversation: conversation)
    }

    /// Marks everything up to server time `until` (ms) as read.
    public func clearUnread(_ conversation: ConversationKey, until: Int64) async throws {
        try await native.clearUnreadUntil(conversation: conversation, until: until)
    }

    /// Marks a conversation as unread again: `count` messages, or as many as there are.
    public func setUnreadCount(_ conversation: ConversationKey, _ count: UInt32) async throws {
        try await native.setUnreadCount(conversation: conversation, count: count)
    }

    /// Keeps begun text, across restarts; empty to forget it.
    public func saveDraft(_ conversation: ConversationKey, _ text: String) async throws {
        try await native.saveDraft(conversation: conversation, text: text)
    }

    /// The begun text of a conversation; empty for none.
    public func draft(of conversation: ConversationKey) async throws -> String {
        try await native.draft(conversation: conversation)
    }

    /// Makes a tag, on this device, or renames it.
    public func addTag(_ tagId: String, name: String) async throws {
        try await native.addTag(tagId: tagId, name: name)
    }

    /// Deletes a tag and takes it off its conversations; whether there was one.
    @discardableResult
    public func removeTag(_ tagId: String) async throws -> Bool {
        try await native.removeTag(tagId: tagId)
    }

    /// All tags, the oldest first. `filter` lists the conversations of one.
    public func tags() async throws -> [Tag] {
        try await native.tags()
    }

    /// Gives a tag to conversations, or takes it off.
    public func setTag(_ tagId: String, on conversations: [ConversationKey], _ tagged: Bool = true) async throws {
        try await native.setTag(tagId: tagId, conversations: conversations, tagged: tagged)
    }
}
