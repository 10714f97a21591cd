// What the user prefers. Conversion only.

import AnserBindings

/// What the user prefers, on this device or for the account; from `Client.settings`.
public final class Settings: Sendable {
    private let native: AnserBindings.Settings

    init(_ native: AnserBindings.Settings) {
        self.native = native
    }

    /// When the user wants quiet; nil if never. Kept on this device: the host decides what it shows.
    public func quietHours() async throws -> QuietHours? {
        try await native.quietHours()
    }

    /// Sets when the user wants quiet; nil for never.
    public func setQuietHours(_ hours: QuietHours?) async throws {
        if let hours {
            try await native.setQuietHours(hours: hours)
        } else {
            try await native.removeQuietHours()
        }
    }

    /// For how many days the server keeps what waits for this user; 0 if the account has not chosen.
    public func offlineDays() async throws -> UInt32 {
        try await native.offlineDays()
    }

    /// Sets for how many days, 1 to 7, the server keeps what waits for this user.
    public func setOfflineDays(_ days: UInt32) async throws {
        try await native.setOfflineDays(days: days)
    }

    /// Whether anything waits at the server for this user, asked over HTTP without a connection.
    public func hasRemoteUnread() async throws -> Bool {
        try await native.hasRemoteUnread()
    }
}
