// A client's life: connecting, refusals, offline work, restarts, listeners and streams, its end.

import XCTest

@testable import Anser

final class LifeTests: XCTestCase {
    private var users = ("", "")
    private var open: [Person] = []
    private var folder = ""

    override func setUp() async throws {
        users = Server.shared.pair()
        folder = NSTemporaryDirectory() + "anser-" + UUID().uuidString
    }

    override func tearDown() async throws {
        open.forEach { $0.client.close() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    private func person(_ user: String, options: ClientOptions = Server.shared.options()) throws -> Person {
        let person = try Person(user, options: options)
        open.append(person)
        return person
    }

    func testConnection() async throws {
        let alice = try person(users.0)
        let client = alice.client
        XCTAssertNil(client.currentUserId)
        let early = await code { try await client.reconnect() }
        XCTAssertEqual(early, 33001)
        try await alice.connect()
        alice.statuses.wait(for: "connected") { $0.contains(StatusChange(status: .connected, code: 0)) }
        XCTAssertEqual(client.status, .connected)
        XCTAssertEqual(client.channel, .websocket)
        XCTAssertEqual(client.currentUserId, alice.user)
        XCTAssertLessThan(abs(client.serverTimeDelta), 600_000)
        try await client.disconnect()
        let offline = await code { try await client.syncNow() }
        XCTAssertEqual(offline, 30001)
        let again = try await client.reconnect()
        XCTAssertEqual(again, alice.user)
        try await client.logout()
        XCTAssertNil(client.currentUserId)
    }

    func testTheLineByWhatTheHostKnows() async throws {
        let alice = try person(users.0)
        let client = alice.client
        let token = Server.shared.info.tokens[alice.user]!
        let asked = client.onTokenNeeded { _ in client.renewToken(token) }
        let renewed = try await client.connect(token: "no such token")
        XCTAssertEqual(renewed, alice.user)
        asked.cancelAndWait()
        client.setForeground(false)
        client.networkChanged(.cellular)
        client.setForeground(true)
        try await client.disconnect()
        let again = try await client.reconnectAfter(pausesMs: [1, 50])
        XCTAssertEqual(again, alice.user)
        let probed = try await client.reconnectProbing(
            probeUrl: Server.shared.info.navi + "/ping", pausesMs: [1])
        XCTAssertEqual(probed, alice.user)
        XCTAssertEqual(client.navigationInfo.gifKilobytes, 2048)
    }

    func testRefusals() async throws {
        let client = try person(users.0).client
        let info = Server.shared.info
        let codes = await [
            code { try await client.connect(token: "no such token") },
            code { try Client(options: ClientOptions(appKey: "", navigation: info.navi)) },
            code { try Client(options: ClientOptions(appKey: info.app_key, navigation: "ftp://example.org")) },
            code { try Client(options: Server.shared.options(caPem: "not a certificate")) },
        ]
        XCTAssertEqual(codes, [31004, 34105, 34286, 33003])
    }

    func testDescriptions() throws {
        let client = try person(users.0, options: Server.shared.options(dataDir: folder, platform: .mobile)).client
        let device = DeviceInfo(id: "serial", model: "bench", system: "none")
        client.deviceInfo = device
        XCTAssertEqual(client.deviceInfo, device)
        XCTAssertEqual(client.appInfo.appKey, Server.shared.info.app_key)
        XCTAssertEqual(client.appInfo.platform, .mobile)
        XCTAssertEqual(client.sdkInfo.protocolVersion.filter { $0 == "." }.count, 2)
        XCTAssertGreaterThan(client.storageInfo.bytes, 0)
    }

    func testOutboxAcrossARestart() async throws {
        let to = ConversationKey.privateChat(users.1)
        var alice = try person(users.0, options: Server.shared.options(dataDir: folder, userId: users.0))
        let kept = try await alice.client.messages.sendText("kept", to: to)
        let dropped = try await alice.client.messages.sendText("dropped", to: to)
        try await alice.client.messages.cancel(dropped.id)
        let cancelled = await code { try await alice.client.messages.waitSent(dropped.id) }
        XCTAssertEqual(cancelled, 33200)
        alice.client.close()

        alice = try person(users.0, options: Server.shared.options(dataDir: folder))
        XCTAssertEqual(alice.client.currentUserId, users.0)
        try await alice.connect()
        try await alice.client.messages.waitSent(kept.id)
        try await alice.client.messages.resend(dropped.id)
        try await alice.client.messages.waitSent(dropped.id)
        let bob = try person(users.1)
        try await bob.connect()
        XCTAssertEqual(bob.received.wait(for: "both") { $0.count >= 2 }.map(text), ["kept", "dropped"])
    }

    func testCancelledListenersHearNothing() async throws {
        let (alice, bob) = (try person(users.0), try person(users.1))
        try await alice.connect()
        try await bob.connect()
        let (silent, heard) = (Recorder<Bool>(), Recorder<Bool>())
        let first = bob.client.onMessages { _ in silent.add(true) }
        let second = bob.client.onMessages { _ in silent.add(true) }
        let last = bob.client.onMessages { _ in heard.add(true) }
        first.cancelAndWait()
        second.cancel()
        try await alice.client.messages.sendText("who hears it?", to: .privateChat(bob.user))
        heard.wait(for: "the message") { !$0.isEmpty }
        // Listeners are called in the order they were added: the cancelled ones would have come first.
        XCTAssertEqual(silent.all, [])
        last.cancel()
    }

    func testStreams() async throws {
        let (alice, bob) = (try person(users.0), try person(users.1))
        let statuses = bob.client.statuses()
        let events = bob.client.messageEvents()
        let changes = bob.client.conversationChanges()
        let (synced, typing) = (bob.client.synced(), bob.client.typing())
        let (receipts, progress) = (alice.client.receiptEvents(), alice.client.mediaProgress())
        let reports = alice.client.databaseReports()
        try await alice.connect()
        try await bob.connect()
        let connected = await statuses.first { $0.status == .connected }
        XCTAssertEqual(connected?.code, 0)
        try await alice.client.messages.sendText("one", to: .privateChat(bob.user))
        guard case let .received(messages)? = await events.first(where: { _ in true }) else {
            return XCTFail("not a message")
        }
        XCTAssertEqual(messages.map(text), ["one"])
        let changed = await changes.first { _ in true }
        XCTAssertEqual(changed, [.privateChat(alice.user)])
        let once: Void? = await synced.first { _ in true }
        XCTAssertNotNil(once)
        let told = await receipts.first { _ in true }
        guard case .delivered? = told?.first else { return XCTFail("not a delivery") }
        try await alice.client.receipts.sendTyping(.privateChat(bob.user))
        let typist = await typing.first { _ in true }
        XCTAssertEqual(typist?.users, [TypingUser(userId: alice.user, objectName: "RC:TxtMsg")])
        alice.client.close()
        for await _ in progress { XCTFail("no file went anywhere") }
        for await _ in reports { XCTFail("nothing was damaged") }
        let untilTheEnd = bob.client.messageEvents()
        bob.client.close()
        for await _ in untilTheEnd { XCTFail("closing finishes streams") }
        for await _ in bob.client.messageEvents() { XCTFail("a closed client has nothing to tell") }
    }

    func testNobodyAnswers() async throws {
        // Port 1 of this machine: nothing listens there.
        let info = Server.shared.info
        let client = try Client(options: ClientOptions(appKey: info.app_key, navigation: "http://127.0.0.1:1"))
        defer { client.close() }
        let lines = Recorder<LogLine>()
        let subscription = client.onLog(level: .info) { lines.add($0) }
        let stream = client.log(level: .debug)
        let token = info.tokens[users.0]!
        do {
            try await client.connect(token: token)
            XCTFail("somebody answered")
        } catch let error as AnserError {
            XCTAssertTrue(error.retryable)
        }
        lines.wait(for: "the reason") { $0.contains { $0.text.contains("cannot be reached") } }
        let line = await stream.first { $0.text.contains("cannot be reached") }
        XCTAssertNotNil(line)
        subscription.cancelAndWait()
        XCTAssertFalse(lines.all.contains { $0.text.contains(token) }, "no token in the log")
    }

    func testNothingAfterTheEnd() async throws {
        let alice = try person(users.0)
        try await alice.connect()
        let client = alice.client
        client.close()
        client.close()
        let codes = await [
            code { try await client.connect(token: "x") }, code { try await client.syncNow() },
            code { try await client.messages.sendText("x", to: .privateChat("x")) },
            code { try await client.conversations.totalUnreadCount() },
            code { try await client.media.cacheSize() }, code { try await client.settings.quietHours() },
            code { try await client.receipts.readers(of: 1) }, code { try await client.storage.verify() },
        ]
        XCTAssertEqual(codes, Array(repeating: 34400, count: 8))
    }
}
