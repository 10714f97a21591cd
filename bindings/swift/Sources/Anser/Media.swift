// Messages with files: sending through the host's uploader, downloading, the cache. Conversion only.

import AnserBindings

/// Messages with files; from `Client.media`. How they get on comes by `Client.mediaProgress`.
public final class Media: Sendable {
    private let native: AnserBindings.Media
    private let uploads = Uploads()

    init(_ native: AnserBindings.Media) {
        self.native = native
    }

    /// Sets who takes files to a file server. Unfinished uploads, also those of earlier runs, start at once; those
    /// that go through another uploader are stopped and start again.
    public func setUploader(_ uploader: any Uploader) {
        native.setUploader(uploader: UploaderAdapter(uploader, uploads))
    }

    /// Sends content with the file at `filePath`; the file's address is put into it once the file has arrived.
    /// Returns as soon as the message is durable. Keep the file until the message is SENT.
    @discardableResult
    public func send(
        objectName: String, content: String, filePath: String, to conversation: ConversationKey,
        options: SendOptions = SendOptions()
    ) async throws -> Message {
        try await native.send(
            conversation: conversation, objectName: objectName, content: content, filePath: filePath,
            options: options)
    }

    /// Brings a message's file here, unless it is; the message, whose `localPath` names it.
    @discardableResult
    public func download(_ messageId: Int64, options: DownloadOptions = DownloadOptions()) async throws -> Message {
        try await native.download(messageId: messageId, options: options)
    }

    /// Brings a file to `path`, replacing one that is there; `sha256` is checked if given.
    public func download(url: String, to path: String, sha256: String? = nil) async throws {
        try await native.downloadUrl(url: url, path: path, sha256: sha256)
    }

    /// Pauses a message's upload or download; returns when it is at rest.
    public func pause(_ messageId: Int64) async throws {
        try await native.pause(messageId: messageId)
    }

    /// Lets a paused upload or download go on, or a failed or cancelled upload start again.
    public func resume(_ messageId: Int64) async throws {
        try await native.resume(messageId: messageId)
    }

    /// Cancels a message's upload, whose message fails with 33200, or its download.
    public func cancel(_ messageId: Int64) async throws {
        try await native.cancel(messageId: messageId)
    }

    /// Pauses the download to a path; returns when it is at rest.
    public func pauseDownload(to path: String) async throws {
        try await native.pauseDownload(path: path)
    }

    /// Lets the paused download to a path go on.
    public func resumeDownload(to path: String) async throws {
        try await native.resumeDownload(path: path)
    }

    /// Cancels the download to a path and removes its part.
    public func cancelDownload(to path: String) async throws {
        try await native.cancelDownload(path: path)
    }

    /// Bytes that downloaded files may take in the cache, 512 MiB at first. The longest unused go first.
    public func setCacheLimit(bytes: UInt64) async throws {
        try await native.setCacheLimit(bytes: bytes)
    }

    /// Bytes that the cache takes.
    public func cacheSize() async throws -> UInt64 {
        try await native.cacheSize()
    }

    /// Empties the cache, except for what is on its way; the bytes that it took.
    @discardableResult
    public func clearCache() async throws -> UInt64 {
        try await native.clearCache()
    }

    /// Ends the uploads that go: their client is gone.
    func end() {
        uploads.end()
    }
}

final class MediaAdapter: MediaListener {
    private let listener: @Sendable (MediaProgress) -> Void

    init(_ listener: @escaping @Sendable (MediaProgress) -> Void) {
        self.listener = listener
    }

    func onProgress(progress: MediaProgress) {
        listener(progress)
    }
}
