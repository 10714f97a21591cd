//! What belongs to the account rather than to this device: asked for once the inbox is in, and again when
//! the server says that another device has changed it. Everything merges by maximum or version, so the
//! order in which inbox and list arrive makes no difference.

use super::super::event::Event;
use super::super::settings::offline_days;
use super::Core;
use super::asking::Asker;
use crate::model::{ConversationKey, ConversationType, ErrorCode, MuteLevel};
use crate::session::{AccountPart, Answer};
use crate::store::{self, Durability, States, StoreError, Stored, settings};
use crate::wire::{Body, Topic, body};

/// Conversations of the server's list that are merged on a login: marks of older ones come when they move.
const MAX_LISTED: i32 = 1000;

impl Core {
    /// Writes down that nothing is missing up to the login.
    pub(super) fn caught_up(&self) {
        let login = self.login_time;
        self.keep("inbox", move |connection, _| {
            store::caught_up(connection, login)?;
            Ok(Stored::default())
        });
    }

    /// Asks for all parts of the account.
    pub(super) fn ask_account(&mut self) {
        let request = body::ConversationsQuery {
            r#type: Some(ConversationType::Private.number()),
            count: Some(MAX_LISTED),
            ..Default::default()
        };
        let user = self.shared.user_id().unwrap_or_default();
        self.ask_as(Asker::List, Topic::Conversations, user, request.to_bytes());
        self.ask_part(AccountPart::States);
        self.ask_part(AccountPart::Settings);
    }

    /// Asks for one part, from the version that is known.
    pub(super) fn ask_part(&mut self, part: AccountPart) {
        let user = self.shared.user_id().unwrap_or_default();
        let known = self.asked.version(part);
        match part {
            AccountPart::States => {
                let request = body::PullConversationStatesRequest { time: Some(known) };
                self.ask_as(Asker::States, Topic::ConversationStates, user, request.to_bytes());
            }
            // Navigation says that there are none.
            AccountPart::Settings if !self.shared.navigation().user_settings => {}
            AccountPart::Settings => {
                let request = body::PullUserSettingsRequest { version: Some(known), reserve: Some(true) };
                self.ask_as(Asker::Settings, Topic::UserSettings, user, request.to_bytes());
            }
        }
    }

    pub(super) fn list_answered(&mut self, result: Result<Answer, ErrorCode>) {
        let Ok(Answer::Conversations { listed, .. }) = result else { return };
        let now = self.shared.clock.wall();
        self.keep("list", move |connection, user| store::merge_list(connection, listed, user, now));
    }

    pub(super) fn states_answered(&mut self, result: Result<Answer, ErrorCode>) {
        let Some(answer) = read_body::<body::ConversationStates>(result) else { return };
        let states = States {
            version: answer.version.unwrap_or_default(),
            changed: answer.state.into_iter().filter_map(state).collect(),
        };
        self.asked.raise(AccountPart::States, states.version);
        self.keep("states", move |connection, _| {
            Ok(Stored { conversations: store::states(connection, &states)?, ..Stored::default() })
        });
    }

    pub(super) fn settings_answered(&mut self, result: Result<Answer, ErrorCode>) {
        let Some(answer) = read_body::<body::UserSettings>(result) else { return };
        let version = answer.version.unwrap_or_default();
        self.asked.raise(AccountPart::Settings, version);
        self.keep("settings", move |connection, _| {
            if let Some(days) = offline_days(&answer) {
                settings::set(connection, settings::OFFLINE_DAYS, &days.to_string())?;
            }
            settings::raise(connection, settings::SETTINGS_VERSION, version)?;
            Ok(Stored::default())
        });
    }

    /// Runs a job of the account and tells the host what it changed.
    fn keep(
        &self,
        part: &'static str,
        work: impl FnOnce(&rusqlite::Connection, &str) -> Result<Stored, StoreError> + Send + 'static,
    ) {
        self.with_user(|user, shared| {
            let id = user.id.clone();
            user.store.run(
                Durability::Relaxed,
                move |connection| work(connection, &id),
                move |result| shared.send(Event::AccountStored { part, result }),
            );
        });
    }

    pub(super) fn account_stored(&mut self, part: &str, result: Result<Stored, StoreError>) {
        match result {
            Ok(stored) => self.announce(stored),
            Err(error) => log::error!("the account's {part} cannot be stored: {error}"),
        }
    }
}

fn read_body<T: Body>(result: Result<Answer, ErrorCode>) -> Option<T> {
    match result {
        Ok(Answer::Body(bytes)) => T::from_bytes(bytes).ok(),
        _ => None,
    }
}

fn state(state: body::ConversationState) -> Option<(ConversationKey, Option<MuteLevel>, Option<bool>)> {
    let kind = ConversationType::from_number(state.r#type.unwrap_or_default())?;
    let key = ConversationKey::new(kind, state.target_id.unwrap_or_default());
    let value = |wanted: body::ConversationStateKind| {
        let item = state.items.iter().find(|item| item.kind == Some(wanted as i32))?;
        item.value.as_deref()?.parse::<i32>().ok()
    };
    let mute = value(body::ConversationStateKind::StateSilent)
        .map(|number| MuteLevel::from_number(number).unwrap_or(MuteLevel::All));
    let top = value(body::ConversationStateKind::StateTop).map(|number| number != 0);
    Some((key, mute, top))
}
