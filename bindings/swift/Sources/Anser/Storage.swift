// The care of the user's data. Conversion only.

import AnserBindings
import Foundation

/// The care of the user's data; from `Client.storage`. What becomes of a damaged database comes by
/// `Client.databaseReports`.
public final class Storage: Sendable {
    /// Hears how far a long task is, on the delivery thread; returns whether to go on.
    public typealias Progress = @Sendable (_ done: UInt64, _ total: UInt64) -> Bool

    private let native: AnserBindings.Storage

    init(_ native: AnserBindings.Storage) {
        self.native = native
    }

    /// Checks the whole database and mends what is derived, beside everything else.
    @discardableResult
    public func verify(progress: Progress? = nil) async throws -> VerifyReport {
        try await native.verify(progress: progress.map { ProgressAdapter($0) })
    }

    /// Writes all conversations with their messages to the file `path`, or one of them, as lines of JSON.
    @discardableResult
    public func export(to path: String, conversation: ConversationKey? = nil, progress: Progress? = nil)
        async throws -> ExportReport
    {
        try await native.export(
            path: path, conversation: conversation, progress: progress.map { ProgressAdapter($0) })
    }

    /// Stores what `export` wrote. What is here already stays as it is.
    @discardableResult
    public func `import`(from path: String, progress: Progress? = nil) async throws -> ImportReport {
        try await native.import(path: path, progress: progress.map { ProgressAdapter($0) })
    }

    /// What became of the last database that was found damaged, since this client was made.
    public func lastReport() -> DatabaseReport? {
        native.lastReport()
    }

    /// How large the user's data is.
    public func sizeReport() async throws -> SizeReport {
        try await native.sizeReport()
    }

    /// Disconnects, closes the database and gives its lock back, until `resume`. iOS kills apps that hold one.
    public func suspend() async throws {
        try await native.suspend()
    }

    /// Opens the database again. It does not connect: `Client.reconnect` does.
    public func resume() async throws {
        try await native.resume()
    }

    /// For wake-ups by a push: connects if needed, pulls what waits, and leaves everything as it was, after
    /// `deadlineMs` at the latest. Without a `token` that of the last connect is used.
    @discardableResult
    public func syncOnce(deadlineMs: UInt64, token: String? = nil) async throws -> SyncReport {
        try await native.syncOnce(deadlineMs: deadlineMs, token: token)
    }

    /// Removes everything of the open user from this device.
    public func clearData() async throws {
        try await native.clearData()
    }

    /// Encrypts the database anew with these 32 bytes.
    public func rekey(_ key: Data) async throws {
        try await native.rekey(key: key)
    }
}

final class DatabaseAdapter: DatabaseListener {
    private let listener: @Sendable (DatabaseReport) -> Void

    init(_ listener: @escaping @Sendable (DatabaseReport) -> Void) {
        self.listener = listener
    }

    func onDatabase(report: DatabaseReport) {
        listener(report)
    }
}

final class ProgressAdapter: StorageProgress {
    private let progress: Storage.Progress

    init(_ progress: @escaping Storage.Progress) {
        self.progress = progress
    }

    func onProgress(done: UInt64, total: UInt64) -> Bool {
        progress(done, total)
    }
}
