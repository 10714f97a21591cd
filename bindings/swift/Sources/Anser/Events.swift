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
    /// The host was too slow and events were dropped: read the lists again, the store has everything.
    case overflow
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

    func onOverflow() {
        listener(.overflow)
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
