// The care of the user's data: checks, damage, export and import, suspending, one sync, clearing.

import XCTest

@testable import Anser

final class StorageTests: PeopleCase {
    private func stored(_ name: String = "data") -> ClientOptions {
        Server.shared.options(dataDir: folder + "/" + name, userId: users.0)
    }

    private func write(_ person: Person, _ count: Int) async throws {
        for number in 0..<count {
            try await person.client.messages.sendText("number \(number)", to: .privateChat(users.1))
        }
    }

    func testCheckedAndMeasured() async throws {
        let alice = try person(users.0, options: stored())
        let storage = alice.client.storage
        try await write(alice, 20)
        let steps = Recorder<Bool>()
        let report = try await storage.verify { done, total in
            steps.add(done == total)
            return true
        }
        XCTAssertEqual(report.messages, 20)
        XCTAssertEqual(report.problems, [])
        XCTAssertEqual(steps.all.last, true)
        let sizes = try await storage.sizeReport()
        XCTAssertEqual(sizes.rows.first { $0.table == "message" }?.rows, 20)
        let codes = await [
            code { try await storage.verify { _, _ in false } },
            code { try await storage.rekey(Data(count: 32)) },
        ]
        XCTAssertEqual(codes, [33200, 34311])
    }

    func testDamageIsSalvaged() async throws {
        let alice = try person(users.0, options: stored())
        let storage = alice.client.storage
        try await write(alice, 50)
        XCTAssertNil(storage.lastReport())
        try await storage.suspend()
        let path = try XCTUnwrap(alice.client.storageInfo.path) + "/\(users.0)/anser.db"
        var content = try XCTUnwrap(FileManager.default.contents(atPath: path))
        content.replaceSubrange(4096..<8192, with: Data(count: 4096))
        try content.write(to: URL(fileURLWithPath: path))
        try await storage.resume()
        // Whoever meets it first may get an error that says "again".
        _ = await code { try await storage.verify() }
        let report = alice.damage.wait(for: "the report") { !$0.isEmpty }[0]
        XCTAssertEqual(report.kind, .salvaged)
        XCTAssertEqual(storage.lastReport(), report)
        let kept = try await alice.client.messages.history(of: .privateChat(users.1), count: 100)
        XCTAssertEqual(kept.count, 50)
    }

    func testOutAndInAgain() async throws {
        let alice = try person(users.0, options: stored())
        let again = try person(users.0, options: stored("again"))
        let file = folder + "/export.jsonl"
        try await write(alice, 30)
        let written = try await alice.client.storage.export(to: file)
        XCTAssertEqual(written.messages, 30)
        let read = try await again.client.storage.import(from: file)
        XCTAssertEqual([read.messages, read.known], [30, 0])
        let twice = try await again.client.storage.import(from: file) { _, _ in true }
        XCTAssertEqual([twice.messages, twice.known], [0, 30])
    }

    func testSuspendedWokenAndCleared() async throws {
        let (alice, bob) = (try await join(users.0, options: stored()), try await join(users.1))
        let storage = alice.client.storage
        try await storage.suspend()
        let suspended = await code { try await alice.client.conversations.list() }
        XCTAssertEqual(suspended, 34312)
        try await bob.say("wake up", to: .privateChat(alice.user))
        let report = try await storage.syncOnce(deadlineMs: 60_000)
        XCTAssertEqual(report, SyncReport(newMessages: 1, complete: true))
        try await storage.resume()
        let there = try await alice.client.messages.history(of: .privateChat(bob.user))
        XCTAssertEqual(there.map(text), ["wake up"])
        try await storage.clearData()
        let gone = try await alice.client.messages.history(of: .privateChat(bob.user))
        XCTAssertEqual(gone, [])
        try await alice.client.reconnect()
        try await alice.client.syncNow()
        let back = try await alice.client.messages.history(of: .privateChat(bob.user))
        XCTAssertEqual(back.map(text), ["wake up"])
    }
}
