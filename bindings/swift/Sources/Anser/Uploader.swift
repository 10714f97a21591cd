// The host's way to a file server, as an async function over the generated callbacks.

import AnserBindings
import Foundation

/// Takes files to a file server; set by `Media.setUploader`.
public protocol Uploader: Sendable {
    /// Takes the file there and returns its address for those who get the message. Runs in a task of its own, which
    /// is cancelled when the upload is paused, cancelled or not wanted any more.
    ///
    /// An `UploadError` says why it failed; a `URLError` may pass, so the file is tried again; any other error
    /// fails the message.
    func upload(_ upload: Upload) async throws -> String
}

/// The file cannot be uploaded: with `code` for the message, or, if `retryable`, for now only.
public struct UploadError: Error {
    public let code: Int32
    public let retryable: Bool

    public init(code: Int32, retryable: Bool) {
        self.code = code
        self.retryable = retryable
    }
}

/// One attempt to take a file to a file server.
public final class Upload: Sendable {
    private let native: AnserBindings.Upload

    init(_ native: AnserBindings.Upload) {
        self.native = native
    }

    /// The number of this attempt.
    public var id: Int64 { native.id() }
    /// The message whose file it is.
    public var messageId: Int64 { native.messageId() }
    /// The file.
    public var path: String { native.path() }
    /// What kind of content the message has.
    public var objectName: String { native.objectName() }
    /// Size of the file in bytes.
    public var size: UInt64 { native.size() }
    /// Bytes that earlier attempts have reported. A hint: the file server knows what it has.
    public var offset: UInt64 { native.offset() }
    /// Whether it is not wanted any more.
    public var isStopped: Bool { native.isStopped() }

    /// So many bytes of the file have arrived.
    public func report(_ sentBytes: UInt64) {
        native.report(sentBytes: sentBytes)
    }

    func finish(_ url: String) {
        native.finish(url: url)
    }

    func fail(_ error: any Error) {
        if let error = error as? UploadError {
            native.fail(code: error.code, retryable: error.retryable)
        } else {
            native.fail(code: 0, retryable: error is URLError)
        }
    }
}

final class UploaderAdapter: AnserBindings.Uploader {
    private let uploader: any Uploader
    private let uploads: Uploads

    init(_ uploader: any Uploader, _ uploads: Uploads) {
        (self.uploader, self.uploads) = (uploader, uploads)
    }

    func start(upload: AnserBindings.Upload) {
        uploads.start(Upload(upload), with: uploader)
    }

    func stop(uploadId: Int64) {
        uploads.stop(uploadId)
    }
}

/// The tasks of the uploads that go.
final class Uploads: @unchecked Sendable {
    private let lock = NSLock()
    private var running: [Int64: Task<Void, Never>] = [:]

    func start(_ upload: Upload, with uploader: any Uploader) {
        let id = upload.id
        // Under the lock: a task that ends at once must find itself here.
        lock.withLock {
            running[id] = Task {
                do {
                    upload.finish(try await uploader.upload(upload))
                } catch {
                    // After a stop this does nothing: the attempt has ended already.
                    upload.fail(error)
                }
                self.remove(id)
            }
        }
    }

    func stop(_ id: Int64) {
        let task = lock.withLock { running[id] }
        task?.cancel()
    }

    func end() {
        let tasks = lock.withLock { Array(running.values) }
        tasks.forEach { $0.cancel() }
    }

    private func remove(_ id: Int64) {
        lock.withLock { _ = running.removeValue(forKey: id) }
    }
}
