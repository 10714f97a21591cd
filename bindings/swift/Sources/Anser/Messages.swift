// Sending and reading messages. Conversion only.

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
}
