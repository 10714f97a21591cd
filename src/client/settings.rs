//! [`Settings`]: what the user prefers, on this device or for the account.

use std::sync::Weak;

use super::core::Event;
use super::shared::Shared;
use super::{Error, Result};
use crate::model::ErrorCode;
use crate::session::Answer;
use crate::store::{Durability, settings};
use crate::wire::{Body, Topic, body};

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// When the user wants quiet, each day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record, serde::Serialize, serde::Deserialize)]
pub struct QuietHours {
    /// When it begins, minutes after midnight, local time.
    pub start_minute: u32,
    /// How long it lasts, 1 to 1439 minutes; it may go past midnight.
    pub duration_minutes: u32,
    /// Whether messages that mention the user may disturb all the same.
    pub except_mentions: bool,
}

/// What the user prefers. Holds its client weakly: once that is gone, calls fail with 34400.
#[derive(uniffi::Object)]
pub struct Settings {
    shared: Weak<Shared>,
}

#[uniffi::export]
impl Settings {
    /// When the user wants quiet; `None` if never. Kept on this device: the host decides what it shows.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn quiet_hours(&self) -> Result<Option<QuietHours>> {
        let kept = |connection: &rusqlite::Connection| settings::setting(connection, settings::QUIET_HOURS);
        let kept = self.shared()?.read(kept).await?;
        Ok(kept.and_then(|json| serde_json::from_str(&json).ok()))
    }

    /// Sets when the user wants quiet.
    ///
    /// # Errors
    /// 33003 for a time that no day has.
    pub async fn set_quiet_hours(&self, hours: QuietHours) -> Result<()> {
        if hours.start_minute >= DAY || hours.duration_minutes == 0 || hours.duration_minutes >= DAY {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let json = serde_json::to_string(&hours).map_err(|_| ErrorCode::INTERNAL)?;
        let keep =
            move |connection: &rusqlite::Connection| settings::set(connection, settings::QUIET_HOURS, &json);
        self.shared()?.run(Durability::Relaxed, keep).await
    }

    /// Forgets the quiet hours.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn remove_quiet_hours(&self) -> Result<()> {
        let forget = |connection: &rusqlite::Connection| settings::unset(connection, settings::QUIET_HOURS);
        self.shared()?.run(Durability::Relaxed, forget).await
    }

    /// For how many days the server keeps what waits for this user, as it says now; 0 if the account has not
    /// chosen. Offline the last known number.
    ///
    /// # Errors
    /// 33001 before any user is open.
    pub async fn offline_days(&self) -> Result<u32> {
        let shared = self.shared()?;
        if let Some((days, version)) = self.ask_days(&shared).await? {
            let keep = move |connection: &rusqlite::Connection| {
                settings::set(connection, settings::OFFLINE_DAYS, &days.to_string())?;
                settings::raise(connection, settings::SETTINGS_VERSION, version)?;
                Ok(())
            };
            shared.run(Durability::Relaxed, keep).await?;
        }
        let known = |connection: &rusqlite::Connection| settings::number(connection, settings::OFFLINE_DAYS);
        let days = shared.read(known).await?;
        Ok(u32::try_from(days).unwrap_or(0))
    }

    /// Sets for how many days, 1 to 7, the server keeps what waits for this user. Needs a connection.
    ///
    /// # Errors
    /// 33003 for other numbers, 30001 without a connection.
    pub async fn set_offline_days(&self, days: u32) -> Result<()> {
        if !(1..=7).contains(&days) {
            return Err(ErrorCode::BIZ_ERROR_INVALID_PARAMETER.into());
        }
        let shared = self.shared()?;
        let user = shared.user()?.id.clone();
        // The change names the version that it is made on (flows §11.8).
        let version = read_settings(&shared).await?.version.unwrap_or_default();
        let request = body::SetUserSettingRequest { version: Some(version), value: Some(days.to_string()) };
        shared.query(Topic::SetOfflineDays, user, request.to_bytes()).await?;
        let keep = move |connection: &rusqlite::Connection| {
            settings::set(connection, settings::OFFLINE_DAYS, &days.to_string())
        };
        shared.run(Durability::Relaxed, keep).await
    }

    /// Whether anything waits at the server for this user, asked over HTTP without a connection.
    ///
    /// # Errors
    /// 33001 before the first `connect`, 300xx if the server cannot be asked.
    pub async fn has_remote_unread(&self) -> Result<bool> {
        self.shared()?.ask(Event::HasUnread).await
    }
}

topic!(Settings);

impl Settings {
    /// The account's number and version; `None` offline or where the server does not say.
    async fn ask_days(&self, shared: &Shared) -> Result<Option<(u32, i64)>> {
        match read_settings(shared).await {
            Ok(answer) => Ok(offline_days(&answer).map(|days| (days, answer.version.unwrap_or_default()))),
            Err(error) if error.code() == ErrorCode::CLIENT_CLOSED => Err(error),
            Err(_) => Ok(None),
        }
    }
}

/// The account's settings, all of them.
async fn read_settings(shared: &Shared) -> Result<body::UserSettings> {
    let user = shared.user()?.id.clone();
    let request = body::PullUserSettingsRequest { version: Some(0), reserve: Some(true) };
    match shared.query(Topic::UserSettings, user, request.to_bytes()).await? {
        Answer::Body(bytes) => {
            body::UserSettings::from_bytes(bytes).map_err(|_| Error::new(ErrorCode::UNKNOWN))
        }
        _ => Err(ErrorCode::UNKNOWN.into()),
    }
}

/// Under which key the account keeps for how many days the server holds what waits.
const OFFLINE_DAYS_KEY: &str = "OfflineMsgDur";

/// What the settings say of it.
pub(super) fn offline_days(answer: &body::UserSettings) -> Option<u32> {
    let item = answer.items.iter().find(|item| item.key.as_deref() == Some(OFFLINE_DAYS_KEY))?;
    std::str::from_utf8(item.value.as_deref()?).ok()?.trim().parse().ok()
}
