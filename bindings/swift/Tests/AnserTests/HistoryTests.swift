// Pages of a conversation, here and at the server; search; clearing.

import XCTest

@testable import Anser

final class HistoryTests: PeopleCase {
    /// Both, after alice has told bob so many numbers.
    private func told(_ count: Int) async throws -> (Person, Person) {
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        for number in 0..<count { try await alice.say("\(number)", to: .privateChat(bob.user)) }
        bob.received.wait(for: "all numbers") { $0.count >= count }
        return (alice, bob)
    }

    func testPages() async throws {
        let (alice, bob) = try await told(12)
        let (history, here) = (bob.client.history, ConversationKey.privateChat(alice.user))
        let newest = try await history.page(of: here, HistoryQuery(count: 3))
        XCTAssertEqual(newest.map(text), ["9", "10", "11"])
        let older = try await history.page(of: here, HistoryQuery(messageId: newest[0].id, count: 3))
        XCTAssertEqual(older.map(text), ["6", "7", "8"])
        let around = try await history.around(here, time: older[1].sentTime, count: 2)
        XCTAssertEqual(around.messages.map(text), ["5", "6", "7", "8"])
        let codes = await [
            code { try await history.page(of: here, HistoryQuery(count: 0)) },
            code { try await history.around(here, time: 0) },
        ]
        XCTAssertEqual(codes, [33003, 33003])
    }

    func testWholePagesAndGaps() async throws {
        let (alice, bob) = try await told(25)
        let (history, here) = (bob.client.history, ConversationKey.privateChat(alice.user))
        let page = try await history.load(here)
        XCTAssertEqual(page.messages.count, 20)
        XCTAssertTrue(page.hasMore)
        let rest = try await history.load(here, before: page.messages[0].sentTime)
        XCTAssertEqual(rest.messages.map(text), (0..<5).map(String.init))
        XCTAssertFalse(rest.hasMore)
        let gaps = try await history.gaps(in: here)
        XCTAssertEqual(gaps, [])
        let other = try await phone(bob.user)
        other.received.wait(for: "the inbox") { $0.count >= 25 }
        let steps = Recorder<Int64>()
        try await other.client.history.backfill(here) { _, since in steps.add(since) }
        XCTAssertEqual(steps.wait(for: "progress") { !$0.isEmpty }.last, 0)
    }

    func testTheServersHistory() async throws {
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        let name = "late-\(alice.user)"
        try await Server.shared.createGroup(name, members: [alice.user])
        for number in 0..<5 { try await alice.say("\(number)", to: .group(name)) }
        try await Server.shared.joinGroup(name, member: bob.user)
        let page = try await bob.client.history.remote(.group(name), RemoteQuery(count: 3))
        XCTAssertEqual(page.messages.map(text), ["2", "3", "4"])
        XCTAssertTrue(page.hasMore)
        let kept = try await bob.client.messages.history(of: .group(name))
        XCTAssertEqual(kept, page.messages)
    }

    func testUnreadAndMentions() async throws {
        let geese = try await group()
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        try await alice.say("plain", to: geese)
        let you = MentionOptions(kind: .part, userIds: [bob.user], text: "look")
        try await alice.client.messages.send(
            objectName: "RC:TxtMsg", content: json("you"), to: geese, options: SendOptions(mention: you))
        bob.received.wait(for: "both") { $0.count >= 2 }
        let history = bob.client.history
        let first = try await history.firstUnread(in: geese)
        XCTAssertEqual(first.map(text), "plain")
        let mentions = try await history.unreadMentions(in: geese)
        XCTAssertEqual(mentions.map(text), ["you"])
        try await bob.client.conversations.clearUnread(geese)
        let none = try await history.firstUnread(in: geese)
        XCTAssertNil(none)
    }

    func testCleared() async throws {
        let (alice, bob) = try await told(4)
        let (history, here) = (bob.client.history, ConversationKey.privateChat(alice.user))
        let got = bob.received.all
        try await history.clear(here, until: got[1].sentTime)
        try bob.changes.first("the change") { $0 == .cleared(here, until: got[1].sentTime) }
        let kept = try await bob.client.messages.history(of: here)
        XCTAssertEqual(kept.map(text), ["2", "3"])
        try await history.clearRemote(here, until: got[2].sentTime)
        let rest = try await bob.client.messages.history(of: here)
        XCTAssertEqual(rest.map(text), ["3"])
        let early = await code { try await history.clearRemote(here, until: 0) }
        XCTAssertEqual(early, 34011)
    }

    func testSearch() async throws {
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        let here = ConversationKey.privateChat(alice.user)
        try await alice.say("明天去北京吗？", to: .privateChat(bob.user))
        try await alice.say("🎉 北京 50% off", to: .privateChat(bob.user))
        bob.received.wait(for: "both") { $0.count >= 2 }
        let search = bob.client.search
        let page = try await search.messages(SearchQuery(text: "北京", count: 1))
        let hit = try XCTUnwrap(page.hits.first)
        let place = NSRange(location: Int(hit.ranges[0].start), length: Int(hit.ranges[0].length))
        XCTAssertEqual((hit.text as NSString).substring(with: place), "北京")
        let rest = try await search.messages(SearchQuery(text: "北京", before: page.next))
        XCTAssertEqual(rest.hits.map(\.text), ["明天去北京吗？"])
        let count = try await search.count(SearchQuery(text: "北京"))
        XCTAssertEqual(count, SearchCount(count: 2, exact: true))
        let found = try await search.conversations(with: "off")
        XCTAssertEqual(found.map(\.conversation), [here])
    }
}
