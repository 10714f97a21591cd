// What a client tells its host, and the adapters between that and the generated listeners.

import AnserBindings

/// The status is `status` now; `code` says why, 0 if there is nothing to say.
public struct StatusChange: Sendable, Equatable {
    public let status: ConnectionStatus
    public let code: Int32
}

/// A line of the log. Never holds tokens or message contents.
public struct LogLine: Sendable {
    public let level: LogLevel
    public let target: String
    public let text: String
}

/// What happens to messages.
public enum MessageEvent: Sendable {
    /// New messages, in the order they came.
    case received([Message])
    /// An own message is SENT or FAILED now.
    case sent(Message)
    /// Stored messages are not what they were.
    case changed([MessageChange])
    /// The host was too slow and events were dropped: read the lists again, the store has everything.
    case overflow
}

/// What happened to stored messages, and in which conversation.
public enum MessageChange: Sendable, Equatable {
    /// Its sender took it back: the message is what is left, of kind "RC:RcCmd".
    case recalled(ConversationKey, Message)
    /// Content, note, status, receipts or local path changed; the message is the new form.
    case updated(ConversationKey, Message)
    /// These keys of its expansion have new values.
    case expansionSet(ConversationKey, Message, keys: [String])
    /// These keys of its expansion are gone.
    case expansionRemoved(ConversationKey, Message, keys: [String])
    /// These messages are gone from this device.
    case deleted(ConversationKey, messageIds: [Int64])
    /// Everything up to this server time (ms) is gone from this device.
    case cleared(ConversationKey, until: Int64)

    /// Where.
    public var conversation: ConversationKey {
        switch self {
        case let .recalled(conversation, _), let .updated(conversation, _),
            let .expansionSet(conversation, _, _), let .expansionRemoved(conversation, _, _),
            let .deleted(conversation, _), let .cleared(conversation, _):
            return conversation
        }
    }
}

/// A listener's place. Dropping it cancels.
public final class Subscription: Sendable {
    private let native: AnserBindings.Subscription

    init(_ native: AnserBindings.Subscription) {
        self.native = native
    }

    /// Ends it. A callback that is already running may still be running when this returns.
    public func cancel() {
        native.cancel()
    }

    /// Ends it and waits for a callback that is running, unless called from that callback.
    public func cancelAndWait() {
        native.cancelAndWait()
    }
}

final class StatusAdapter: ConnectionListener {
    private let listener: @Sendable (StatusChange) -> Void

    init(_ listener: @escaping @Sendable (StatusChange) -> Void) {
        self.listener = listener
    }

    func onStatus(status: ConnectionStatus, code: Int32) {
        listener(StatusChange(status: status, code: code))
    }

    func onSynced() {}
}

final class TokenAdapter: TokenListener {
    private let listener: @Sendable (Int32) -> Void

    init(_ listener: @escaping @Sendable (Int32) -> Void) {
        self.listener = listener
    }

    func onTokenNeeded(code: Int32) {
        listener(code)
    }
}

final class SyncedAdapter: ConnectionListener {
    private let listener: @Sendable () -> Void

    init(_ listener: @escaping @Sendable () -> Void) {
        self.listener = listener
    }

    func onStatus(status: ConnectionStatus, code: Int32) {}

    func onSynced() {
        listener()
    }
}

final class MessageAdapter: MessageListener {
    private let listener: @Sendable (MessageEvent) -> Void

    init(_ listener: @escaping @Sendable (MessageEvent) -> Void) {
        self.listener = listener
    }

    func onMessages(messages: [Message]) {
        listener(.received(messages))
    }

    func onSent(message: Message) {
        listener(.sent(message))
    }

    func onChanged(changes: [AnserBindings.MessageChange]) {
        listener(.changed(changes.compactMap(typed)))
    }

    func onOverflow() {
        listener(.overflow)
    }

    /// A change of one message names it: nothing is dropped here.
    private func typed(_ change: AnserBindings.MessageChange) -> MessageChange? {
        let at = change.conversation
        switch change.kind {
        case .recalled: return change.message.map { .recalled(at, $0) }
        case .updated: return change.message.map { .updated(at, $0) }
        case .expansionSet: return change.message.map { .expansionSet(at, $0, keys: change.keys) }
        case .expansionRemoved: return change.message.map { .expansionRemoved(at, $0, keys: change.keys) }
        case .deleted: return .deleted(at, messageIds: change.messageIds)
        case .cleared: return .cleared(at, until: change.time)
        }
    }
}

final class ConversationAdapter: ConversationListener {
    private let listener: @Sendable ([ConversationKey]) -> Void

    init(_ listener: @escaping @Sendable ([ConversationKey]) -> Void) {
        self.listener = listener
    }

    func onConversations(conversations: [ConversationKey]) {
        listener(conversations)
    }
}

final class LogAdapter: LogListener {
    private let listener: @Sendable (LogLine) -> Void

    init(_ listener: @escaping @Sendable (LogLine) -> Void) {
        self.listener = listener
    }

    func onLog(level: LogLevel, target: String, text: String) {
        listener(LogLine(level: level, target: target, text: text))
    }
}
