/** What the user prefers. Conversion only. */
package im.anser

import im.anser.ffi.Settings as NativeSettings

/** What the user prefers, on this device or for the account; from [Client.settings]. */
class Settings internal constructor(private val native: NativeSettings) {
    /** When the user wants quiet; null if never. Kept on this device: the host decides what it shows. */
    suspend fun quietHours(): QuietHours? = native.quietHours()

    /** Sets when the user wants quiet; null for never. */
    suspend fun setQuietHours(hours: QuietHours?) =
        if (hours == null) native.removeQuietHours() else native.setQuietHours(hours)

    /** For how many days the server keeps what waits for this user; 0 if the account has not chosen. */
    suspend fun offlineDays(): Int = native.offlineDays().toInt()

    /** Sets for how many days, 1 to 7, the server keeps what waits for this user. */
    suspend fun setOfflineDays(days: Int) = native.setOfflineDays(days.toPositive())

    /** Whether anything waits at the server for this user, asked over HTTP without a connection. */
    suspend fun hasRemoteUnread(): Boolean = native.hasRemoteUnread()
}
