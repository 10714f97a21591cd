// Receipts, typing, and what the user prefers.

import XCTest

@testable import Anser

final class ReceiptTests: PeopleCase {
    func testDeliveredAndRead() async throws {
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        let (to, here) = (ConversationKey.privateChat(bob.user), ConversationKey.privateChat(alice.user))
        let sent = try await alice.say("hello", to: to)
        bob.received.wait(for: "the message") { !$0.isEmpty }
        try alice.receipts.first("the delivery") { if case .delivered = $0 { true } else { false } }
        let until = try await bob.client.receipts.sendRead(here)
        XCTAssertEqual(until, sent.sentTime)
        try alice.receipts.first("the reading") { $0 == .read(to, userId: bob.user, time: sent.sentTime) }
        let read = try await alice.client.messages.get(sent.id)
        XCTAssertEqual(read.sentStatus, .read)
    }

    func testMembersAnswer() async throws {
        let geese = try await group()
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        let sent = try await alice.say("who reads?", to: geese)
        let uid = try XCTUnwrap(sent.uid)
        let got = bob.received.wait(for: "the question") { !$0.isEmpty }[0]
        let asked = try await alice.client.receipts.request(sent.id)
        XCTAssertTrue(asked.receiptRequested)
        try bob.receipts.first("the request") {
            if case let .groupRequest(_, _, _, uids) = $0 { uids == [uid] } else { false }
        }
        let answered = try await bob.client.receipts.respond(geese, messageIds: [got.id])
        XCTAssertEqual(answered, 1)
        try alice.receipts.first("the answer") {
            if case let .groupRead(_, user, _, uids) = $0 { user == bob.user && uids == [uid] } else { false }
        }
        let readers = try await alice.client.receipts.readers(of: sent.id)
        XCTAssertEqual(readers.map(\.userId), [bob.user])
    }

    func testTheServerCounts() async throws {
        let geese = try await group()
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        let sent = try await alice.say("counted", to: geese)
        let uid = try XCTUnwrap(sent.uid)
        bob.received.wait(for: "the message") { !$0.isEmpty }
        try await bob.client.receipts.reportRead(groupId: geese.targetId, messageUids: [uid])
        let counted = try await alice.client.receipts.remoteReaders(groupId: geese.targetId, messageUid: uid)
        XCTAssertEqual(counted.memberCount, 2)
        XCTAssertEqual(counted.readers.map(\.userId), [bob.user])
    }

    func testTyping() async throws {
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        bob.synced.wait(for: "the first synchronisation") { !$0.isEmpty }
        let receipts = alice.client.receipts
        try await receipts.sendTyping(.privateChat(bob.user))
        bob.typing.wait(for: "typing") { !$0.isEmpty }
        try await alice.say("written", to: .privateChat(bob.user))
        let heard = bob.typing.wait(for: "its end") { $0.count >= 2 }
        XCTAssertEqual(heard.map { $0.users.map(\.userId) }, [[alice.user], []])
        try receipts.setTypingInterval(milliseconds: 0)
        let long = await code { try receipts.setTypingInterval(milliseconds: 60_001) }
        XCTAssertEqual(long, 33003)
    }

    func testSettings() async throws {
        let (alice, bob) = (try await join(users.0), try await join(users.1))
        let settings = alice.client.settings
        let night = QuietHours(startMinute: 22 * 60, durationMinutes: 9 * 60, exceptMentions: true)
        try await settings.setQuietHours(night)
        let kept = try await settings.quietHours()
        XCTAssertEqual(kept, night)
        try await settings.setQuietHours(nil)
        let none = try await settings.quietHours()
        XCTAssertNil(none)
        try await settings.setOfflineDays(3)
        let days = try await phone(alice.user).client.settings.offlineDays()
        XCTAssertEqual(days, 3)
        try await bob.client.disconnect()
        try await alice.say("are you there?", to: .privateChat(bob.user))
        let waits = try await bob.client.settings.hasRemoteUnread()
        XCTAssertTrue(waits)
    }
}
