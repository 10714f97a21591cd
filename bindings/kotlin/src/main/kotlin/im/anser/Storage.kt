/** The care of the user's data. Conversion only. */
package im.anser

import im.anser.ffi.DatabaseListener
import im.anser.ffi.StorageProgress
import im.anser.ffi.Storage as NativeStorage

/** Hears how far a long task is, on the delivery thread; returns whether to go on. */
typealias Progress = (done: Long, total: Long) -> Boolean

/** The care of the user's data; from [Client.storage]. What becomes of a damaged database comes by [Client.databaseReports]. */
class Storage internal constructor(private val native: NativeStorage) {
    /** Checks the whole database and mends what is derived, beside everything else. */
    suspend fun verify(progress: Progress? = null): VerifyReport = native.verify(progress?.let(::ProgressAdapter))

    /** Writes all conversations with their messages to the file [path], or one of them, as lines of JSON. */
    suspend fun export(
        path: String,
        conversation: ConversationKey? = null,
        progress: Progress? = null,
    ): ExportReport = native.export(path, conversation, progress?.let(::ProgressAdapter))

    /** Stores what [export] wrote. What is here already stays as it is. */
    suspend fun import(path: String, progress: Progress? = null): ImportReport =
        native.import(path, progress?.let(::ProgressAdapter))

    /** What became of the last database that was found damaged, since this client was made. */
    fun lastReport(): DatabaseReport? = native.lastReport()

    /** How large the user's data is. */
    suspend fun sizeReport(): SizeReport = native.sizeReport()

    /** Disconnects, closes the database and gives its lock back, until [resume]. */
    suspend fun suspend() = native.suspend()

    /** Opens the database again. It does not connect: [Client.reconnect] does. */
    suspend fun resume() = native.resume()

    /**
     * For wake-ups by a push: connects if needed, pulls what waits, and leaves everything as it was, after
     * [deadlineMs] at the latest. Without a [token] that of the last connect is used.
     */
    suspend fun syncOnce(deadlineMs: Long, token: String? = null): SyncReport =
        native.syncOnce(deadlineMs.coerceAtLeast(0).toULong(), token)

    /** Removes everything of the open user from this device. */
    suspend fun clearData() = native.clearData()

    /** Encrypts the database anew with these 32 bytes. */
    suspend fun rekey(key: ByteArray) = native.rekey(key)
}

internal class DatabaseAdapter(private val listener: (DatabaseReport) -> Unit) : DatabaseListener {
    override fun onDatabase(report: DatabaseReport) = listener(report)
}

internal class ProgressAdapter(private val progress: Progress) : StorageProgress {
    override fun onProgress(done: ULong, total: ULong) = progress(done.toLong(), total.toLong())
}
