//! The user's settings: reading them, and for how many days the server keeps what waits for the user.

use std::sync::Arc;

use anser::model::{ConversationType, ErrorCode};
use anser::wire::{Body, Bytes, body};

use super::{Answer, Peer, Service, Task, store_failed};
use crate::bus::{Change, Changed, Event};

/// The setting that holds the days, as decimal digits.
const OFFLINE_DAYS: &str = "OfflineMsgDur";

impl Service {
    /// `pullUS`: settings newer than a version.
    pub(super) fn user_settings(
        self: &Arc<Self>,
        peer: &Peer,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let request =
            body::PullUserSettingsRequest::from_bytes(body).map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
        let settings = self.store.settings(&peer.user, request.version.unwrap_or(0));
        let user = peer.user.clone();
        Ok(Box::pin(async move {
            let settings = match settings.await {
                Ok(settings) => settings,
                Err(error) => return Answer::error(store_failed(&error)),
            };
            let items = settings.rows.into_iter().map(|row| body::UserSettingItem {
                target_id: Some(user.to_string()),
                r#type: Some(ConversationType::Private.number()),
                key: Some(row.key),
                value: Some(row.value.into()),
                version: Some(row.version),
                status: Some(0),
                tags: Vec::new(),
            });
            Answer::body(&body::UserSettings { items: items.collect(), version: Some(settings.version) })
        }))
    }

    /// `setOfflineMsgDur`: 1 to 7 days.
    pub(super) fn set_offline_days(
        self: &Arc<Self>,
        peer: &Peer,
        body: Bytes,
    ) -> Result<Task<Answer>, ErrorCode> {
        let request =
            body::SetUserSettingRequest::from_bytes(body).map_err(|_| ErrorCode::RC_MSG_DATA_INCOMPLETE)?;
        let days: Option<u32> = request.value.as_deref().and_then(|days| days.parse().ok());
        let days =
            days.filter(|days| (1..=7).contains(days)).ok_or(ErrorCode::BIZ_ERROR_INVALID_PARAMETER)?;
        let set = self.store.set_offline_days(&peer.user, OFFLINE_DAYS, days);
        Ok(self.changed(peer, set, Change::Settings, |_| Answer::done()))
    }

    /// Waits for a change to be durable and lets the user's other devices know its version.
    pub(super) fn changed(
        self: &Arc<Self>,
        peer: &Peer,
        set: crate::store::StoreFuture<i64>,
        what: fn(i64) -> Change,
        answer: fn(i64) -> Answer,
    ) -> Task<Answer> {
        let (service, peer) = (self.clone(), peer.clone());
        Box::pin(async move {
            match set.await {
                Ok(version) => {
                    let changed = Changed { user: peer.user, origin: peer.session, what: what(version) };
                    service.bus.publish(Event::Changed(changed));
                    answer(version)
                }
                Err(error) => Answer::error(store_failed(&error)),
            }
        })
    }
}
