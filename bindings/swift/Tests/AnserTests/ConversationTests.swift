// Two people talk: text both ways, offline messages, groups, history, lists and unread counts.

import XCTest

@testable import Anser

final class ConversationTests: XCTestCase {
    private var alice: Person!
    private var bob: Person!

    override func setUp() async throws {
        let (first, second) = Server.shared.pair()
        alice = try Person(first)
        bob = try Person(second)
    }

    override func tearDown() async throws {
        alice.client.close()
        bob.client.close()
    }

    private func connectBoth() async throws {
        try await alice.connect()
        try await bob.connect()
    }

    func testTextBothWays() async throws {
        try await connectBoth()
        let lines = ["hello", "你好，世界", "😀👩‍👩‍👧‍👦🏳️‍🌈", "tab\tand \"quotes\" \\ \u{2028}", "", "  spaces  "]
        for (from, to) in [(alice!, bob!), (bob!, alice!)] {
            var ids: [String?] = []
            for line in lines {
                let message = try await from.client.messages.sendText(line, to: .privateChat(to.user))
                XCTAssertEqual(message.sentStatus, .sending)
                let sent = try await from.client.messages.waitSent(message.id)
                // The peer may have it already.
                XCTAssertTrue([.sent, .received].contains(sent.sentStatus))
                let stored = try await from.client.messages.get(message.id)
                XCTAssertEqual(stored.uid, sent.uid)
                ids.append(sent.uid)
            }
            let received = to.received.wait(for: "all lines") { $0.count >= lines.count }
            XCTAssertEqual(received.map(text), lines)
            XCTAssertEqual(received.map(\.uid), ids)
            let told = from.sent.wait(for: "the acknowledgements") { $0.count >= lines.count }
            XCTAssertEqual(told.map(\.uid), ids)
        }
    }

    func testAnyContentUntouched() async throws {
        try await connectBoth()
        let contents = [
            ("RC:ImgMsg", #"{"content":"aGk=","imageUri":"https://example.org/a.png"}"#),
            ("app:move", #"{"z": 1,  "a":[1, 2.50, "\u00e9"],"b":{"$":null}}"#),
        ]
        for (name, json) in contents {
            try await alice.client.messages.send(
                objectName: name, content: json, to: .privateChat(bob.user),
                options: SendOptions(pushText: "something", counted: true))
        }
        let received = bob.received.wait(for: "both") { $0.count >= contents.count }
        XCTAssertEqual(received.map(\.objectName), contents.map(\.0))
        XCTAssertEqual(received.map(\.content), contents.map(\.1))
    }

    func testOfflineMessages() async throws {
        try await alice.connect()
        let texts = (0..<250).map { "while you were away \($0)" }
        var last: Int64 = 0
        for text in texts {
            last = try await alice.client.messages.sendText(text, to: .privateChat(bob.user)).id
        }
        try await alice.client.messages.waitSent(last)
        try await bob.connect()
        try await bob.client.syncNow()
        let received = bob.received.wait(for: "all") { $0.count >= texts.count }
        XCTAssertEqual(received.map(text), texts)
        XCTAssertTrue(received.allSatisfy(\.offline))
    }

    func testGroup() async throws {
        let name = "group-of-\(alice.user)"
        try await Server.shared.createGroup(name, members: [alice.user, bob.user])
        try await connectBoth()
        try await alice.client.messages.sendText("to all", to: .group(name))
        let message = bob.received.wait(for: "the message") { !$0.isEmpty }[0]
        XCTAssertEqual(message.conversation, .group(name))
        XCTAssertEqual(message.senderUserId, alice.user)
        try await bob.client.messages.sendText("heard", to: .group(name))
        XCTAssertEqual(alice.received.wait(for: "the answer") { !$0.isEmpty }.map(text), ["heard"])
    }

    func testHistoryListAndUnread() async throws {
        let name = "group-of-\(alice.user)"
        try await Server.shared.createGroup(name, members: [alice.user, bob.user])
        try await connectBoth()
        for (to, text) in [
            (ConversationKey.privateChat(bob.user), "one"), (.privateChat(bob.user), "two"), (.group(name), "three"),
        ] {
            let message = try await alice.client.messages.sendText(text, to: to)
            try await alice.client.messages.waitSent(message.id)
        }
        bob.received.wait(for: "all") { $0.count >= 3 }
        let here = ConversationKey.privateChat(alice.user)
        let newest = try await bob.client.messages.history(of: here, count: 1)
        XCTAssertEqual(newest.map(text), ["two"])
        let older = try await bob.client.messages.history(of: here, before: newest[0].sentTime)
        XCTAssertEqual(older.map(text), ["one"])

        let list = bob.client.conversations
        let rows = try await list.list()
        XCTAssertEqual(rows.map(\.key), [.group(name), here], "newest first")
        XCTAssertEqual(rows.map(\.unreadCount), [1, 2])
        let rest = try await list.list(after: rows[0].key, count: 10)
        XCTAssertEqual(rest.map(\.key), [here])
        let one = try await list.get(here)
        XCTAssertEqual(one?.latestMessage?.senderUserId, alice.user)
        let counts = try await [
            list.unreadCount(of: here), list.unreadCount(types: [.group]), list.totalUnreadCount(),
        ]
        XCTAssertEqual(counts, [2, 1, 3])
        try await list.clearUnread(here)
        let afterOne = try await list.totalUnreadCount()
        XCTAssertEqual(afterOne, 1)
        try await list.clearAllUnread()
        let afterAll = try await list.totalUnreadCount()
        XCTAssertEqual(afterAll, 0)
    }

    func testBadArguments() async throws {
        try await alice.connect()
        let messages = alice.client.messages
        let to = ConversationKey.privateChat(bob.user)
        let system = ConversationKey(conversationType: .system, targetId: "x")
        let codes = await [
            code { try await messages.sendText("x", to: system) },
            code { try await messages.sendText("x", to: .privateChat("  ")) },
            code { try await messages.send(objectName: "", content: "{}", to: to) },
            code { try await messages.send(objectName: "RC:TxtMsg", content: "not JSON", to: to) },
            code { try await messages.sendText(String(repeating: "x", count: 200_000), to: to) },
            code { try await messages.history(of: to, count: 0) },
            code { try await messages.get(987_654_321) },
        ]
        XCTAssertEqual(codes, [34209, 34210, 34271, 34205, 30016, 33003, 61001])
    }
}
