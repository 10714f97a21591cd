// Receipts and typing. Conversion only.

import AnserBindings

/// Receipts and typing; from `Client.receipts`. What others tell comes by `Client.receiptEvents` and
/// `Client.typing`.
public final class Receipts: Sendable {
    private let native: AnserBindings.Receipts

    init(_ native: AnserBindings.Receipts) {
        self.native = native
    }

    /// Tells the peer of a private chat that everything up to server time `until` (ms; 0 for all) is read, and
    /// clears the unread count up to there. Returns up to when that is, 0 if the peer has written nothing.
    @discardableResult
    public func sendRead(_ conversation: ConversationKey, until: Int64 = 0) async throws -> Int64 {
        try await native.sendRead(conversation: conversation, until: until)
    }

    /// Asks the members of a group who reads an own message.
    @discardableResult
    public func request(_ messageId: Int64) async throws -> Message {
        try await native.request(messageId: messageId)
    }

    /// Answers the requests for these messages, or all that wait if none are named; how many were answered.
    @discardableResult
    public func respond(_ conversation: ConversationKey, messageIds: [Int64] = []) async throws -> UInt32 {
        try await native.respond(conversation: conversation, messageIds: messageIds)
    }

    /// Who has read a message, as far as known here, the first reader first.
    public func readers(of messageId: Int64) async throws -> [Reader] {
        try await native.readers(messageId: messageId)
    }

    /// Tells the server that group messages are read, where it counts the readers itself.
    public func reportRead(groupId: String, messageUids: [String]) async throws {
        try await native.reportRead(groupId: groupId, messageUids: messageUids)
    }

    /// Who has read a group message, as the server counts them.
    public func remoteReaders(groupId: String, messageUid: String) async throws -> GroupReaders {
        try await native.remoteReaders(groupId: groupId, messageUid: messageUid)
    }

    /// Tells that the user is typing. Call it on every key: within the interval (6 s) it is told once.
    public func sendTyping(_ conversation: ConversationKey, objectName: String = "RC:TxtMsg") async throws {
        try await native.sendTyping(conversation: conversation, objectName: objectName)
    }

    /// How long typing is told once only, in ms: 0 to 60000.
    public func setTypingInterval(milliseconds: UInt32) throws {
        try native.setTypingInterval(milliseconds: milliseconds)
    }
}

/// A receipt that arrived: where, from whom, and the server time in ms.
public enum Receipt: Sendable, Equatable {
    /// A device of the peer has stored everything up to `time`.
    case delivered(ConversationKey, userId: String, time: Int64)
    /// The peer has read everything up to `time`.
    case read(ConversationKey, userId: String, time: Int64)
    /// A member of the group asks who reads these messages; `Receipts.respond` answers.
    case groupRequest(ConversationKey, userId: String, time: Int64, messageUids: [String])
    /// A member of the group has read these messages.
    case groupRead(ConversationKey, userId: String, time: Int64, messageUids: [String])
}

/// Everybody who types in `conversation` now; nobody when the last one has stopped.
public struct Typing: Sendable, Equatable {
    public let conversation: ConversationKey
    public let users: [TypingUser]
}

final class ReceiptAdapter: ReceiptListener {
    private let listener: @Sendable ([Receipt]) -> Void

    init(_ listener: @escaping @Sendable ([Receipt]) -> Void) {
        self.listener = listener
    }

    func onReceipts(receipts: [AnserBindings.Receipt]) {
        listener(receipts.map(typed))
    }

    private func typed(_ receipt: AnserBindings.Receipt) -> Receipt {
        let (at, user, time) = (receipt.conversation, receipt.userId, receipt.time)
        switch receipt.kind {
        case .delivered: return .delivered(at, userId: user, time: time)
        case .read: return .read(at, userId: user, time: time)
        case .groupRequest:
            return .groupRequest(at, userId: user, time: time, messageUids: receipt.messageUids)
        case .groupRead: return .groupRead(at, userId: user, time: time, messageUids: receipt.messageUids)
        }
    }
}

final class TypingAdapter: TypingListener {
    private let listener: @Sendable (Typing) -> Void

    init(_ listener: @escaping @Sendable (Typing) -> Void) {
        self.listener = listener
    }

    func onTyping(conversation: ConversationKey, users: [TypingUser]) {
        listener(Typing(conversation: conversation, users: users))
    }
}
