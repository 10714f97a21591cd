// Sending messages, and what becomes of them afterwards. Conversion only.

import AnserBindings

/// Sending and reading messages; from `Client.messages`.
public final class Messages: Sendable {
    private let native: AnserBindings.Messages

    init(_ native: AnserBindings.Messages) {
        self.native = native
    }

    /// Sends text. Returns as soon as it is durable in the outbox; `waitSent` tells what became of it.
    @discardableResult
    public func sendText(_ text: String, to conversation: ConversationKey) async throws -> Message {
        try await native.sendText(conversation: conversation, text: text)
    }

    /// Sends any kind: `content` is the JSON text of kind `objectName`. See `sendText`.
    @discardableResult
    public func send(
        objectName: String, content: String, to conversation: ConversationKey,
        options: SendOptions = SendOptions()
    ) async throws -> Message {
        try await native.send(
            conversation: conversation, objectName: objectName, content: content, options: options)
    }

    /// Waits for the server's word on an own message: its SENT form. Throws if it was refused or cancelled.
    @discardableResult
    public func waitSent(_ messageId: Int64) async throws -> Message {
        try await native.waitSent(messageId: messageId)
    }

    /// Sends a FAILED message again.
    @discardableResult
    public func resend(_ messageId: Int64) async throws -> Message {
        try await native.resend(messageId: messageId)
    }

    /// Takes back a message that waits to be sent.
    public func cancel(_ messageId: Int64) async throws {
        try await native.cancel(messageId: messageId)
    }

    /// One message by its local id.
    public func get(_ messageId: Int64) async throws -> Message {
        try await native.get(messageId: messageId)
    }

    /// Up to `count` messages, oldest first: those before server time `before`, or the newest if it is 0.
    public func history(of conversation: ConversationKey, before: Int64 = 0, count: UInt32 = 20) async throws
        -> [Message]
    {
        try await native.history(conversation: conversation, before: before, count: count)
    }

    /// One message by the server's name for it.
    public func getByUid(_ uid: String) async throws -> Message {
        try await native.getByUid(uid: uid)
    }

    /// Tells of the host's own kinds of content: their flags, the keys they must have, what search finds.
    public func registerKinds(_ kinds: [MessageKind]) throws {
        try native.registerKinds(kinds: kinds)
    }

    /// Takes an own message back, everywhere; what is left in its place.
    @discardableResult
    public func recall(_ messageId: Int64, options: RecallOptions = RecallOptions()) async throws -> Message {
        try await native.recall(messageId: messageId, options: options)
    }

    /// Puts a message in on this device; it is sent nowhere.
    @discardableResult
    public func insert(_ message: InsertedMessage) async throws -> Message {
        try await native.insert(message: message)
    }

    /// Puts up to 1000 messages in, all or none.
    @discardableResult
    public func insert(_ messages: [InsertedMessage]) async throws -> [Message] {
        try await native.insertMany(messages: messages)
    }

    /// Changes what a message says, on this device. The kind stays.
    @discardableResult
    public func setContent(_ messageId: Int64, _ content: String) async throws -> Message {
        try await native.setContent(messageId: messageId, content: content)
    }

    /// Sets the host's own note on a message; never sent.
    @discardableResult
    public func setExtra(_ messageId: Int64, _ extra: String) async throws -> Message {
        try await native.setExtra(messageId: messageId, extra: extra)
    }

    /// Sets what is found of a message beside its content's own text; nil for nothing more.
    @discardableResult
    public func setSearchWords(_ messageId: Int64, _ words: String?) async throws -> Message {
        try await native.setSearchWords(messageId: messageId, words: words)
    }

    /// Sets what the user did with a received message: read 1, listened 2, downloaded 4, retrieved 8, or several.
    @discardableResult
    public func setReceivedStatus(_ messageId: Int64, _ status: Int32) async throws -> Message {
        try await native.setReceivedStatus(messageId: messageId, status: status)
    }

    /// Sets how far an own message has come, on this device.
    @discardableResult
    public func setSentStatus(_ messageId: Int64, _ status: SentStatus) async throws -> Message {
        try await native.setSentStatus(messageId: messageId, status: status)
    }

    /// Deletes messages on this device; how many are gone.
    @discardableResult
    public func delete(_ messageIds: [Int64]) async throws -> UInt32 {
        try await native.delete(messageIds: messageIds)
    }

    /// Deletes messages on this device and in this user's history at the server. Others keep theirs.
    @discardableResult
    public func deleteEverywhere(_ messageIds: [Int64]) async throws -> UInt32 {
        try await native.deleteEverywhere(messageIds: messageIds)
    }

    /// Attaches pairs to a sent message, for all who have it.
    @discardableResult
    public func setExpansion(_ messageId: Int64, _ pairs: [String: String]) async throws -> Message {
        try await native.setExpansion(messageId: messageId, pairs: pairs)
    }

    /// Takes pairs off a sent message, for all who have it.
    @discardableResult
    public func removeExpansion(_ messageId: Int64, keys: [String]) async throws -> Message {
        try await native.removeExpansion(messageId: messageId, keys: keys)
    }

    /// The user has read a message that destroys itself: its countdown starts.
    @discardableResult
    public func beginDestruct(_ messageId: Int64) async throws -> Message {
        try await native.beginDestruct(messageId: messageId)
    }

    /// Stops such a countdown.
    @discardableResult
    public func stopDestruct(_ messageId: Int64) async throws -> Message {
        try await native.stopDestruct(messageId: messageId)
    }
}
