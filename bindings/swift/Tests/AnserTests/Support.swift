// What every test needs: a real server, clients of it, and recorders of what they are told.
// ANSER_SERVER names the server's program; without it, bin/anser-server beside this package.

import Foundation
import XCTest

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

@testable import Anser

/// Longest wait for an event, seconds. Generous: nothing is proven by it but that the event never came.
let deadline: TimeInterval = 120

let packageFolder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// `anser-server dev` as a process of its own, for all tests of this run.
final class Server: @unchecked Sendable {
    struct Info: Decodable {
        let navi: String
        let api: String
        let app_key: String
        let app_secret: String
        let tokens: [String: String]
    }

    static let shared = Server()
    let info: Info
    private let process = Process()
    private let lock = NSLock()
    private var next = 0

    private init() {
        let pairs = 80
        let named = ProcessInfo.processInfo.environment["ANSER_SERVER"]
        process.executableURL =
            named.map(URL.init(fileURLWithPath:)) ?? packageFolder.appendingPathComponent("bin/anser-server")
        let users = (0..<pairs).flatMap { ["alice\($0)", "bob\($0)"] }.joined(separator: ",")
        process.arguments = ["dev", "--json", "--port", "0", "--users", users]
        process.environment = ProcessInfo.processInfo.environment.merging(["ANSER_LOG": "warn"]) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        try! process.run()
        var line = Data()
        while line.last != UInt8(ascii: "\n") {
            let more = pipe.fileHandleForReading.availableData
            precondition(!more.isEmpty, "the server ended")
            line.append(more)
        }
        info = try! JSONDecoder().decode(Info.self, from: line)
        atexit { Server.shared.process.terminate() }
    }

    /// Two users whom no other test knows.
    func pair() -> (String, String) {
        lock.withLock {
            next += 1
            return ("alice\(next - 1)", "bob\(next - 1)")
        }
    }

    func options(dataDir: String? = nil, userId: String? = nil, platform: Platform? = nil, caPem: String? = nil)
        -> ClientOptions
    {
        ClientOptions(
            appKey: info.app_key, navigation: info.navi, dataDir: dataDir, userId: userId, platform: platform,
            caPem: caPem)
    }

    /// Makes a group through the server API.
    func createGroup(_ id: String, members: [String]) async throws {
        try await api("/group/create.json", form: members.map { "userId=\($0)" } + ["groupId=\(id)", "groupName=Geese"])
    }

    /// Adds a member to a group.
    func joinGroup(_ id: String, member: String) async throws {
        try await api("/group/join.json", form: ["userId=\(member)", "groupId=\(id)", "groupName=Geese"])
    }

    /// A call of the server API, signed as an app's own server signs it.
    private func api(_ path: String, form: [String]) async throws {
        let nonce = "17"
        let timestamp = String(Int(Date().timeIntervalSince1970 * 1000))
        var request = URLRequest(url: URL(string: info.api + path)!)
        request.httpMethod = "POST"
        request.setValue(info.app_key, forHTTPHeaderField: "App-Key")
        request.setValue(nonce, forHTTPHeaderField: "Nonce")
        request.setValue(timestamp, forHTTPHeaderField: "Timestamp")
        request.setValue(sha1(info.app_secret + nonce + timestamp), forHTTPHeaderField: "Signature")
        request.setValue("application/x-www-form-urlencoded", forHTTPHeaderField: "Content-Type")
        request.httpBody = Data(form.joined(separator: "&").utf8)
        let prepared = request
        let body: Data = try await withCheckedThrowingContinuation { done in
            URLSession.shared.dataTask(with: prepared) { data, _, error in
                if let data { done.resume(returning: data) } else { done.resume(throwing: error!) }
            }.resume()
        }
        let answer = try JSONSerialization.jsonObject(with: body) as? [String: Any]
        XCTAssertEqual(answer?["code"] as? Int, 200)
    }
}

/// SHA-1 in hexadecimal: Foundation on Linux has none.
func sha1(_ text: String) -> String {
    var bytes = Array(text.utf8)
    let bits = UInt64(bytes.count) * 8
    bytes.append(0x80)
    while bytes.count % 64 != 56 { bytes.append(0) }
    bytes += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) }
    var hash: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    func left(_ word: UInt32, _ by: UInt32) -> UInt32 { word << by | word >> (32 - by) }
    for start in stride(from: 0, to: bytes.count, by: 64) {
        var words = (0..<16).map { index in
            (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[start + 4 * index + $1]) }
        }
        for index in 16..<80 {
            words.append(left(words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16], 1))
        }
        var (a, b, c, d, e) = (hash[0], hash[1], hash[2], hash[3], hash[4])
        for index in 0..<80 {
            let (mix, constant): (UInt32, UInt32)
            switch index {
            case 0..<20: (mix, constant) = (b & c | ~b & d, 0x5A82_7999)
            case 20..<40: (mix, constant) = (b ^ c ^ d, 0x6ED9_EBA1)
            case 40..<60: (mix, constant) = (b & c | b & d | c & d, 0x8F1B_BCDC)
            default: (mix, constant) = (b ^ c ^ d, 0xCA62_C1D6)
            }
            let next = left(a, 5) &+ mix &+ e &+ constant &+ words[index]
            (a, b, c, d, e) = (next, a, left(b, 30), c, d)
        }
        hash = [hash[0] &+ a, hash[1] &+ b, hash[2] &+ c, hash[3] &+ d, hash[4] &+ e]
    }
    return hash.map { String(format: "%08x", $0) }.joined()
}

/// Keeps what it is given, in order, and lets a test wait for it.
final class Recorder<Item: Sendable>: @unchecked Sendable {
    private let news = NSCondition()
    private var kept: [Item] = []

    var all: [Item] {
        news.lock()
        defer { news.unlock() }
        return kept
    }

    func add(_ item: Item) {
        news.lock()
        kept.append(item)
        news.broadcast()
        news.unlock()
    }

    /// The first that is so; waits for it.
    @discardableResult
    func first(_ what: String, where wanted: (Item) -> Bool) throws -> Item {
        try XCTUnwrap(wait(for: what) { $0.contains(where: wanted) }.first(where: wanted))
    }

    /// Blocks its thread: the library's own threads go on meanwhile.
    @discardableResult
    func wait(for what: String, until happened: ([Item]) -> Bool) -> [Item] {
        let end = Date().addingTimeInterval(deadline)
        news.lock()
        defer { news.unlock() }
        while !happened(kept) {
            if !news.wait(until: end) {
                XCTFail("never happened: \(what)")
                break
            }
        }
        return kept
    }
}

/// A client and what it was told.
final class Person: @unchecked Sendable {
    let user: String
    let client: Client
    let received = Recorder<Message>()
    let sent = Recorder<Message>()
    let statuses = Recorder<StatusChange>()
    let changed = Recorder<ConversationKey>()
    let changes = Recorder<MessageChange>()
    let receipts = Recorder<Receipt>()
    let typing = Recorder<Typing>()
    let progress = Recorder<MediaProgress>()
    let synced = Recorder<Bool>()
    let damage = Recorder<DatabaseReport>()
    private var subscriptions: [Subscription] = []

    init(_ user: String, options: ClientOptions = Server.shared.options()) throws {
        self.user = user
        client = try Client(options: options)
        subscriptions = [
            client.onMessages { [received, sent, changes] event in
                switch event {
                case let .received(messages): messages.forEach(received.add)
                case let .sent(message): sent.add(message)
                case let .changed(all): all.forEach(changes.add)
                case .overflow: XCTFail("the queue overflowed")
                }
            },
            client.onStatus { [statuses] in statuses.add($0) },
            client.onSynced { [synced] in synced.add(true) },
            client.onConversations { [changed] in $0.forEach(changed.add) },
            client.onReceipts { [receipts] in $0.forEach(receipts.add) },
            client.onTyping { [typing] in typing.add($0) },
            client.onMedia { [progress] in progress.add($0) },
            client.onDatabase { [damage] in damage.add($0) },
        ]
    }

    func connect() async throws {
        let id = try await client.connect(token: Server.shared.info.tokens[user]!)
        XCTAssertEqual(id, user)
    }

    /// The row of a conversation once it is so: read again with every word of a change.
    @discardableResult
    func row(_ key: ConversationKey, _ what: String, so: (Conversation) -> Bool) async throws -> Conversation {
        while true {
            let told = changed.all.count
            if let row = try await client.conversations.get(key), so(row) { return row }
            changed.wait(for: what) { $0.count > told }
        }
    }

    /// Sends text and waits until it is sent.
    @discardableResult
    func say(_ text: String, to conversation: ConversationKey) async throws -> Message {
        let message = try await client.messages.sendText(text, to: conversation)
        return try await client.messages.waitSent(message.id)
    }
}

/// Two users whom no other test knows, a folder, and people who are gone when the test ends.
class PeopleCase: XCTestCase {
    private(set) var users = ("", "")
    private(set) var folder = ""
    private var open: [Person] = []

    override func setUp() async throws {
        users = Server.shared.pair()
        folder = NSTemporaryDirectory() + "anser-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    override func tearDown() async throws {
        open.forEach { $0.client.close() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    func person(_ user: String, options: ClientOptions = Server.shared.options()) throws -> Person {
        let person = try Person(user, options: options)
        open.append(person)
        return person
    }

    func join(_ user: String, options: ClientOptions = Server.shared.options()) async throws -> Person {
        let person = try person(user, options: options)
        try await person.connect()
        return person
    }

    /// Another device of this user.
    func phone(_ user: String) async throws -> Person {
        try await join(user, options: Server.shared.options(platform: .mobile))
    }

    /// A group of both.
    func group() async throws -> ConversationKey {
        let name = "group-of-\(users.0)"
        try await Server.shared.createGroup(name, members: [users.0, users.1])
        return .group(name)
    }
}

/// The JSON of a text message.
func json(_ text: String) -> String {
    let data = try? JSONSerialization.data(withJSONObject: ["content": text])
    return String(decoding: data ?? Data(), as: UTF8.self)
}

/// The code that a call fails with; 0 if it does not fail.
func code<T>(_ call: () async throws -> T) async -> Int32 {
    do {
        _ = try await call()
        return 0
    } catch let error as AnserError {
        return error.code
    } catch {
        XCTFail("another error: \(error)")
        return -1
    }
}

/// The text of a text message.
func text(_ message: Message) -> String {
    let fields = try? JSONSerialization.jsonObject(with: Data(message.content.utf8)) as? [String: Any]
    return fields?["content"] as? String ?? "not text: \(message.objectName)"
}
