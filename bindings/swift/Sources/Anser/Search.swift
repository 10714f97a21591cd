// Finding messages and conversations by their words. Conversion only.

import AnserBindings

/// Search in everything that is stored here; from `Client.search`.
public final class Search: Sendable {
    private let native: AnserBindings.Search

    init(_ native: AnserBindings.Search) {
        self.native = native
    }

    /// Messages that match, newest first, a page at a time; an empty text finds by the other conditions alone.
    public func messages(_ query: SearchQuery) async throws -> SearchPage {
        try await native.messages(query: query)
    }

    /// How many messages match.
    public func count(_ query: SearchQuery) async throws -> SearchCount {
        try await native.count(query: query)
    }

    /// Up to `count` conversations that hold messages with this text, and how many each holds.
    public func conversations(with text: String, types: [ConversationType] = [], count: UInt32 = 20) async throws
        -> [ConversationHits]
    {
        try await native.conversations(text: text, types: types, count: count)
    }
}
