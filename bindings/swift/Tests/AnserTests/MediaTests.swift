// Messages with files: both ways, paused, cancelled, failed; the cache. The file server is a folder that Python
// gives out: `python3 -m http.server`, which a Mac with Xcode and every Linux have.

import XCTest

@testable import Anser

/// A folder that an HTTP server gives out.
final class Files: @unchecked Sendable {
    let folder: String
    let address: String
    private let process = Process()

    init(_ folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", folder]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        var line = ""
        while !line.contains("\n") {
            let more = pipe.fileHandleForReading.availableData
            if more.isEmpty { break }
            line += String(decoding: more, as: UTF8.self)
        }
        // "Serving HTTP on 127.0.0.1 port 49152 (http://127.0.0.1:49152/) ..."
        let start = try XCTUnwrap(line.range(of: "(http"), "the file server ended").lowerBound
        let end = try XCTUnwrap(line.range(of: "/)")).lowerBound
        address = String(line[line.index(after: start)..<end])
    }

    func url(_ name: String) -> String { "\(address)/\(name)" }

    func put(_ name: String, _ content: Data) throws {
        try content.write(to: URL(fileURLWithPath: folder + "/" + name))
    }

    func close() {
        process.terminate()
    }
}

/// Puts files into the folder. `hold`: the first attempt waits until it is stopped.
final class FolderUploader: Uploader, @unchecked Sendable {
    let started = Recorder<Upload>()
    private let files: Files
    private let hold: Bool
    private let failure: UploadError?

    init(_ files: Files, hold: Bool = false, failure: UploadError? = nil) {
        (self.files, self.hold, self.failure) = (files, hold, failure)
    }

    func upload(_ upload: Upload) async throws -> String {
        let first = started.all.isEmpty
        started.add(upload)
        if let failure { throw failure }
        upload.report(upload.size / 2)
        if hold && first {
            // Nothing ever comes: this stream ends when the task is cancelled.
            for await _ in AsyncStream<Void>(Void.self, { _ in }) {}
            throw CancellationError()
        }
        let name = URL(fileURLWithPath: upload.path).lastPathComponent
        try files.put(name, Data(contentsOf: URL(fileURLWithPath: upload.path)))
        return files.url(name)
    }
}

final class MediaTests: PeopleCase {
    private var files: Files!

    override func setUp() async throws {
        try await super.setUp()
        files = try Files(folder + "/served")
    }

    override func tearDown() async throws {
        files.close()
        try await super.tearDown()
    }

    private func file(_ name: String, size: Int = 300_000) throws -> String {
        let path = folder + "/" + name
        try Data((0..<size).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 8) }).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func send(_ person: Person, _ path: String) async throws -> Message {
        try await person.client.media.send(
            objectName: "RC:FileMsg", content: #"{"name":"a.bin","size":3}"#, filePath: path,
            to: .privateChat(users.1))
    }

    func testBothWays() async throws {
        let data = Server.shared.options(dataDir: folder + "/data")
        let (alice, bob) = (try await join(users.0), try await join(users.1, options: data))
        let uploader = FolderUploader(files)
        alice.client.media.setUploader(uploader)
        let path = try file("a.bin")
        let local = try await send(alice, path)
        let sent = try await alice.client.messages.waitSent(local.id)
        XCTAssertTrue(sent.content.contains(files.address))
        let upload = uploader.started.all[0]
        XCTAssertEqual(upload.messageId, local.id)
        XCTAssertEqual(upload.path, path)
        XCTAssertEqual(upload.objectName, "RC:FileMsg")
        XCTAssertEqual([upload.size, upload.offset], [300_000, 0])
        XCTAssertTrue(upload.isStopped && upload.id > 0, "it has ended")
        let done = try alice.progress.first("done") { $0.state == .done }
        XCTAssertEqual(done.direction, .upload)

        let got = bob.received.wait(for: "the message") { !$0.isEmpty }[0]
        let media = bob.client.media
        let here = try await media.download(got.id).localPath
        XCTAssertEqual(
            FileManager.default.contents(atPath: try XCTUnwrap(here)), FileManager.default.contents(atPath: path))
        let size = try await media.cacheSize()
        XCTAssertEqual(size, 300_000)
        try await media.setCacheLimit(bytes: 1_000_000)
        let freed = try await media.clearCache()
        XCTAssertEqual(freed, 300_000)
        let elsewhere = folder + "/elsewhere"
        try await media.download(url: files.url("a.bin"), to: elsewhere)
        XCTAssertEqual(
            FileManager.default.contents(atPath: elsewhere), FileManager.default.contents(atPath: path))
        let codes = await [
            code { try await media.download(url: self.files.url("missing"), to: elsewhere) },
            code { try await media.pauseDownload(to: elsewhere) },
            code { try await media.resumeDownload(to: elsewhere) },
            code { try await media.cancelDownload(to: elsewhere) },
        ]
        XCTAssertEqual(codes, [34414, 33003, 33003, 33003])
    }

    func testPausedAndCancelled() async throws {
        let alice = try await join(users.0)
        let (media, uploader) = (alice.client.media, FolderUploader(files, hold: true))
        media.setUploader(uploader)
        let message = try await send(alice, file("a.bin"))
        try alice.progress.first("half of it") { $0.transferred >= 150_000 }
        try await media.pause(message.id)
        try alice.progress.first("paused") { $0.state == .paused }
        try await media.resume(message.id)
        try await alice.client.messages.waitSent(message.id)
        XCTAssertGreaterThanOrEqual(uploader.started.all[1].offset, 150_000)

        media.setUploader(FolderUploader(files, hold: true))
        let second = try await send(alice, file("b.bin"))
        try alice.progress.first("half of the second") { $0.messageId == second.id && $0.transferred >= 150_000 }
        try await media.cancel(second.id)
        let cancelled = await code { try await alice.client.messages.waitSent(second.id) }
        XCTAssertEqual(cancelled, 33200)
    }

    func testRefusedAndFailed() async throws {
        let alice = try await join(users.0)
        let full = try file("full", size: 1)
        let without = await code { try await self.send(alice, full) }
        XCTAssertEqual(without, 41002)
        alice.client.media.setUploader(
            FolderUploader(files, failure: UploadError(code: 34415, retryable: false)))
        let message = try await send(alice, full)
        let codes = await [
            code { try await alice.client.messages.waitSent(message.id) },
            code { try await self.send(alice, "/nowhere/at/all") },
        ]
        XCTAssertEqual(codes, [34415, 34410])
    }
}
