// The conversation list: order, filters, states on all devices, read marks, drafts, tags.

import XCTest

@testable import Anser

final class ListTests: PeopleCase {
    private func targets(_ person: Person, _ filter: ConversationFilter = ConversationFilter()) async throws
        -> [String]
    {
        try await person.client.conversations.filter(filter).map(\.key.targetId)
    }

    func testOrder() async throws {
        let alice = try await join(users.0)
        let list = alice.client.conversations
        for user in ["a", "b", "c"] { try await alice.say("hello", to: .privateChat(user)) }
        try await list.setTop([.privateChat("b")], true)
        try await list.saveDraft(.privateChat("a"), "begun")
        let draft = try await list.draft(of: .privateChat("a"))
        XCTAssertEqual(draft, "begun")
        let order = try await targets(alice)
        XCTAssertEqual(order.first, "b")
        let new = try await list.create(.privateChat("new"))
        XCTAssertNil(new.latestMessage)
        let rows = try await list.rows([.privateChat("a"), .privateChat("nobody"), .privateChat("c")])
        XCTAssertEqual(rows.map(\.key.targetId), ["a", "c"])
        try await list.setHidden(.privateChat("c"), true)
        let hidden = try await targets(alice, ConversationFilter(hidden: true))
        XCTAssertEqual(hidden, ["c"])
    }

    func testStatesAreTheAccounts() async throws {
        let (desk, bob) = (try await join(users.0), try await join(users.1))
        let other = try await phone(desk.user)
        try await bob.say("hello", to: .privateChat(desk.user))
        for device in [desk, other] { device.received.wait(for: "the greeting") { !$0.isEmpty } }
        let (there, key) = (other.client.conversations, ConversationKey.privateChat(bob.user))
        try await desk.client.conversations.setMute([key], .exceptMentions)
        try await other.row(key, "mute") { $0.mute == .exceptMentions }
        let level = try await there.mute(of: key)
        XCTAssertEqual(level, .exceptMentions)
        let counts = try await [
            there.totalUnreadCount(), there.unreadCount(types: [.private]),
            there.unreadCount(types: [.private], withMuted: false), there.unreadCount(of: [key]),
        ]
        XCTAssertEqual(counts, [0, 1, 0, 1])
    }

    func testReadMarksAndRemoval() async throws {
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        let (list, key) = (bob.client.conversations, ConversationKey.privateChat(alice.user))
        for text in ["one", "two", "three"] { try await alice.say(text, to: .privateChat(bob.user)) }
        let got = bob.received.wait(for: "all") { $0.count >= 3 }
        try await list.clearUnread(key, until: got[1].sentTime)
        let one = try await list.unreadCount(of: key)
        XCTAssertEqual(one, 1)
        try await list.setUnreadCount(key, 99)
        let all = try await list.unreadCount(of: key)
        XCTAssertEqual(all, 3, "as many as there are")
        try await list.remove([key])
        let listed = try await list.syncList()
        XCTAssertEqual(listed, [], "the server's list does not bring it back")
        try await alice.say("four", to: .privateChat(bob.user))
        bob.received.wait(for: "the next") { $0.count >= 4 }
        try await list.clear(types: [.private])
        let rest = try await targets(bob)
        XCTAssertEqual(rest, [])
    }

    func testTags() async throws {
        let alice = try await join(users.0)
        let list = alice.client.conversations
        try await list.create(.privateChat("a"))
        try await list.addTag("work", name: "Arbeit")
        try await list.setTag("work", on: [.privateChat("a")])
        let tags = try await list.tags()
        XCTAssertEqual(tags.map(\.name), ["Arbeit"])
        let tagged = try await targets(alice, ConversationFilter(tag: "work"))
        XCTAssertEqual(tagged, ["a"])
        let unknown = await code { try await list.setTag("home", on: [.privateChat("a")]) }
        XCTAssertEqual(unknown, 33003)
        let there = try await list.removeTag("work")
        XCTAssertTrue(there)
    }
}
