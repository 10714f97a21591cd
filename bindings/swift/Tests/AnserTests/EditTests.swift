// What becomes of messages after they are made: taken back, put in, changed, deleted, given pairs, destroyed.

import XCTest

@testable import Anser

final class EditTests: PeopleCase {
    func testRecall() async throws {
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        let sent = try await alice.say("a secret", to: .privateChat(bob.user))
        bob.received.wait(for: "the message") { !$0.isEmpty }
        let left = try await alice.client.messages.recall(sent.id, options: RecallOptions(extra: "why"))
        XCTAssertEqual(left.objectName, "RC:RcCmd")
        XCTAssertEqual(left.uid, sent.uid)
        let change = try bob.changes.first("the recall") { if case .recalled = $0 { true } else { false } }
        XCTAssertEqual(change.conversation, .privateChat(alice.user))
        let here = try await bob.client.messages.getByUid(XCTUnwrap(sent.uid))
        XCTAssertTrue(here.content.contains("why"))
        XCTAssertFalse(here.content.contains("secret"))
        let unknown = await code { try await alice.client.messages.recall(987_654_321) }
        XCTAssertEqual(unknown, 61001)
    }

    func testPutInAndChanged() async throws {
        let alice = try await join(users.0)
        let (messages, key) = (alice.client.messages, ConversationKey.privateChat("somebody"))
        func new(_ words: String, _ time: Int64) -> InsertedMessage {
            InsertedMessage(
                conversation: key, senderUserId: "somebody", objectName: "RC:TxtMsg", content: json(words),
                sentTime: time, counted: true, uid: "\(alice.user)-\(time)")
        }
        let inserted = try await messages.insert([new("two", 2_000), new("one", 1_000)])
        let texts = try await messages.history(of: key).map(text)
        XCTAssertEqual(texts, ["one", "two"])
        let double = await code { try await messages.insert([new("three", 3_000), new("one", 1_000)]) }
        XCTAssertEqual(double, 33003)
        let third = try await messages.insert(new("three", 3_000))
        XCTAssertEqual(third.direction, .receive)
        let id = inserted[0].id
        let changed = try await messages.setContent(id, json("zwei"))
        XCTAssertEqual(text(changed), "zwei")
        let noted = try await messages.setExtra(id, "note")
        XCTAssertEqual(noted.extra, "note")
        let marked = try await messages.setReceivedStatus(id, 5)
        XCTAssertEqual(marked.receivedStatus, 5)
        let read = try await messages.setSentStatus(id, .read)
        XCTAssertEqual(read.sentStatus, .read)
        try await messages.setSearchWords(id, "deux")
        let hits = try await alice.client.search.messages(SearchQuery(text: "deux")).hits
        XCTAssertEqual(hits.map(\.message.id), [id])
        let last = try await messages.setSearchWords(id, nil)
        let changes = alice.changes.wait(for: "each change") { $0.count >= 6 }
        XCTAssertEqual(changes.last, .updated(key, last))
        let codes = await [
            code { try await messages.setContent(id, "no json") },
            code { try await messages.setReceivedStatus(id, 16) },
            code { try await messages.setSentStatus(id, .sending) },
            code { try await messages.getByUid("nobody") },
        ]
        XCTAssertEqual(codes, [34205, 33003, 33003, 61001])
    }

    func testDeleted() async throws {
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        let here = ConversationKey.privateChat(alice.user)
        for text in ["one", "two", "three"] { try await alice.say(text, to: .privateChat(bob.user)) }
        let got = bob.received.wait(for: "all") { $0.count >= 3 }
        let gone = try await bob.client.messages.delete([got[2].id, 987_654_321])
        XCTAssertEqual(gone, 1)
        try bob.changes.first("the change") { $0 == .deleted(here, messageIds: [got[2].id]) }
        let everywhere = try await bob.client.messages.deleteEverywhere([got[0].id])
        XCTAssertEqual(everywhere, 1)
        try await bob.client.syncNow()
        let remote = try await phone(bob.user).client.history.remote(here, RemoteQuery(count: 20))
        XCTAssertEqual(remote.messages.map(text), ["two", "three"])
        let none = await code { try await bob.client.messages.delete([]) }
        XCTAssertEqual(none, 61001)
    }

    func testPairs() async throws {
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        let sent = try await alice.client.messages.send(
            objectName: "RC:TxtMsg", content: json("vote"), to: .privateChat(bob.user),
            options: SendOptions(expansion: ["likes": "1"]))
        try await alice.client.messages.waitSent(sent.id)
        let got = bob.received.wait(for: "the message") { !$0.isEmpty }[0]
        XCTAssertEqual(got.expansion, ["likes": "1"])
        let both = ["likes": "2", "from": "bob"]
        let more = try await bob.client.messages.setExpansion(got.id, both)
        XCTAssertEqual(more.expansion, both)
        let change = try alice.changes.first("the pairs") { if case .expansionSet = $0 { true } else { false } }
        if case let .expansionSet(_, message, keys) = change {
            XCTAssertEqual(message.expansion, both)
            XCTAssertEqual(Set(keys), Set(both.keys))
        }
        let left = try await alice.client.messages.removeExpansion(sent.id, keys: ["from"])
        XCTAssertEqual(left.expansion, ["likes": "2"])
        try bob.changes.first("one less") { if case let .expansionRemoved(_, _, keys) = $0 { keys == ["from"] } else { false } }
    }

    func testDestroyedAfterReading() async throws {
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        try await alice.client.messages.send(
            objectName: "RC:TxtMsg", content: json("burn"), to: .privateChat(bob.user),
            options: SendOptions(destructSeconds: 1))
        let got = bob.received.wait(for: "the message") { !$0.isEmpty }[0]
        let messages = bob.client.messages
        let begun = try await messages.beginDestruct(got.id)
        XCTAssertGreaterThan(begun.destructAt, got.receivedTime)
        let stopped = try await messages.stopDestruct(got.id)
        XCTAssertEqual(stopped.destructAt, 0)
        try await messages.beginDestruct(got.id)
        try bob.changes.first("its end") { $0 == .deleted(got.conversation, messageIds: [got.id]) }
    }

    func testOwnKinds() async throws {
        let alice = try await join(users.0)
        let (messages, to) = (alice.client.messages, ConversationKey.privateChat(users.1))
        try messages.registerKinds([
            MessageKind(objectName: "app:move", persisted: true, counted: false, fields: ["to"])
        ])
        let codes = await [
            code { try await messages.send(objectName: "app:move", content: "{}", to: to) },
            code {
                try messages.registerKinds([MessageKind(objectName: "RC:TxtMsg", persisted: true, counted: true)])
            },
        ]
        XCTAssertEqual(codes, [34205, 34271])
    }
}
