/** Messages with files: sending through the host's uploader, downloading, the cache. Conversion only. */
package im.anser

import im.anser.ffi.MediaListener
import im.anser.ffi.Media as NativeMedia
import kotlinx.coroutines.SupervisorJob

/** Messages with files; from [Client.media]. How they get on comes by [Client.mediaProgress]. */
class Media internal constructor(private val native: NativeMedia) {
    /** All uploads that go are its children. */
    private val uploads = SupervisorJob()

    /**
     * Sets who takes files to a file server. Unfinished uploads, also those of earlier runs, start at once;
     * those that go through another uploader are stopped and start again.
     */
    fun setUploader(uploader: Uploader) = native.setUploader(UploaderAdapter(uploader, uploads))

    /**
     * Sends [content] with the file at [filePath]; the file's address is put into it once the file has arrived.
     * Returns as soon as the message is durable. Keep the file until the message is SENT.
     */
    suspend fun send(
        conversation: ConversationKey,
        content: Content,
        filePath: String,
        options: SendOptions = SendOptions(),
    ): Message = native.send(conversation, content.objectName, content.json, filePath, options)

    /** Brings a message's file here, unless it is; the message, whose `localPath` names it. */
    suspend fun download(messageId: Long, options: DownloadOptions = DownloadOptions()): Message =
        native.download(messageId, options)

    /** Brings a file to [path], replacing one that is there; [sha256] is checked if given. */
    suspend fun downloadUrl(url: String, path: String, sha256: String? = null) =
        native.downloadUrl(url, path, sha256)

    /** Pauses a message's upload or download; returns when it is at rest. */
    suspend fun pause(messageId: Long) = native.pause(messageId)

    /** Lets a paused upload or download go on, or a failed or cancelled upload start again. */
    suspend fun resume(messageId: Long) = native.resume(messageId)

    /** Cancels a message's upload, whose message fails with 33200, or its download. */
    suspend fun cancel(messageId: Long) = native.cancel(messageId)

    /** Pauses the download to a path; returns when it is at rest. */
    suspend fun pauseDownload(path: String) = native.pauseDownload(path)

    /** Lets the paused download to a path go on. */
    suspend fun resumeDownload(path: String) = native.resumeDownload(path)

    /** Cancels the download to a path and removes its part. */
    suspend fun cancelDownload(path: String) = native.cancelDownload(path)

    /** Bytes that downloaded files may take in the cache, 512 MiB at first. The longest unused go first. */
    suspend fun setCacheLimit(bytes: Long) = native.setCacheLimit(bytes.coerceAtLeast(0).toULong())

    /** Bytes that the cache takes. */
    suspend fun cacheSize(): Long = native.cacheSize().toLong()

    /** Empties the cache, except for what is on its way; the bytes that it took. */
    suspend fun clearCache(): Long = native.clearCache().toLong()

    /** Ends the uploads that go: their client is gone. */
    internal fun end() = uploads.cancel()
}

internal class MediaAdapter(private val listener: (MediaProgress) -> Unit) : MediaListener {
    override fun onProgress(progress: MediaProgress) = listener(progress)
}
