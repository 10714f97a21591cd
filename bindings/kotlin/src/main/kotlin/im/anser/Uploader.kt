/** The host's way to a file server, as a suspending function over the generated callbacks. */
package im.anser

import im.anser.ffi.Upload as NativeUpload
import im.anser.ffi.Uploader as NativeUploader
import java.io.IOException
import java.util.concurrent.ConcurrentHashMap
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch

/** Takes files to a file server; set by [Media.setUploader]. */
fun interface Uploader {
    /**
     * Takes the file there and returns its address for those who get the message. Runs in a coroutine of its own,
     * on [Dispatchers.IO], which is cancelled when the upload is paused, cancelled or not wanted any more.
     *
     * An [UploadException] says why it failed; an [IOException] may pass, so the file is tried again; any other
     * exception fails the message.
     */
    suspend fun upload(upload: Upload): String
}

/** The file cannot be uploaded: with [code] for the message, or, if [retryable], for now only. */
class UploadException(val code: Int, val retryable: Boolean, cause: Throwable? = null) :
    Exception("the upload failed ($code)", cause)

/** One attempt to take a file to a file server. */
class Upload internal constructor(private val native: NativeUpload) {
    /** The number of this attempt. */
    val id: Long get() = native.id()

    /** The message whose file it is. */
    val messageId: Long get() = native.messageId()

    /** The file. */
    val path: String get() = native.path()

    /** What kind of content the message has. */
    val objectName: String get() = native.objectName()

    /** Size of the file in bytes. */
    val size: Long get() = native.size().toLong()

    /** Bytes that earlier attempts have reported. A hint: the file server knows what it has. */
    val offset: Long get() = native.offset().toLong()

    /** Whether it is not wanted any more. */
    val isStopped: Boolean get() = native.isStopped()

    /** So many bytes of the file have arrived. */
    fun report(sentBytes: Long) = native.report(sentBytes.coerceAtLeast(0).toULong())

    internal fun finish(url: String) = native.finish(url)

    internal fun fail(error: Exception) = when (error) {
        is UploadException -> native.fail(error.code, error.retryable)
        else -> native.fail(0, error is IOException)
    }
}

internal class UploaderAdapter(private val uploader: Uploader, uploads: Job) : NativeUploader {
    private val scope = CoroutineScope(uploads + Dispatchers.IO)
    private val running = ConcurrentHashMap<Long, Job>()

    override fun start(upload: NativeUpload) {
        val attempt = Upload(upload)
        val id = attempt.id
        // Lazily, so that it is known before it can end.
        val job = scope.launch(start = CoroutineStart.LAZY) {
            try {
                attempt.finish(uploader.upload(attempt))
            } catch (error: CancellationException) {
                // A stop has ended the attempt already; a host that cancelled itself has not.
                attempt.fail(error)
                throw error
            } catch (error: Exception) {
                attempt.fail(error)
            } finally {
                running.remove(id)
            }
        }
        running[id] = job
        job.start()
    }

    override fun stop(uploadId: Long) {
        running[uploadId]?.cancel()
    }
}
