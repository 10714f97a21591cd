//! One device: a client core with its data on disk, its clock, and what its host was told. A crash ends the client
//! at a named point in the middle of its work and leaves the disk as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anser::client::inline::{InlineClient, Told};
use anser::client::{ClientOptions, Platform};
use anser::clock::Clock;
use anser::kill::{Life, during};
use anser::model::{ConnectionStatus, ConversationKey, Message};
use anser_server::sim::Caller;
use anyhow::{Context as _, anyhow, ensure};

use super::net::Millis;

/// Largest page of history.
const PAGE: u32 = 1000;
/// The application that everybody belongs to.
pub(crate) const APP: &str = "anser-app";
/// When every world begins, ms since 1970.
pub(crate) const EPOCH: i64 = 1_700_000_000_000;

/// A conversation as the device shows it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    pub(crate) messages: Vec<Message>,
    pub(crate) unread: u32,
    pub(crate) read_time: i64,
}

/// See the module.
pub(crate) struct Device {
    pub(crate) name: &'static str,
    pub(crate) user: &'static str,
    pub(crate) caller: Caller,
    pub(crate) platform: Platform,
    /// Whether its host allows long polling only.
    pub(crate) only_polls: bool,
    /// Something on its way refuses WebSockets until then.
    pub(crate) eaten_until: Millis,
    /// Its client tries long polling first until then.
    pub(crate) polls_until: Millis,
    folder: PathBuf,
    clock: Clock,
    /// Up to when the client's clock has run.
    at: Millis,
    pub(crate) client: Option<InlineClient>,
    pub(crate) life: Life,
    /// The line that the client uses.
    pub(crate) line: Option<usize>,
    lives: u64,
    seed: u64,
    /// Whether its host has heard that the inbox is complete since it last asked to be connected.
    pub(crate) synced: bool,
    /// Uids and times that the host was told as sent.
    pub(crate) acknowledged: BTreeMap<String, i64>,
    /// Texts whose sending the client has promised.
    pub(crate) promised: BTreeSet<String>,
    /// Texts that it was asked to send in a call that it did not survive.
    pub(crate) perhaps: BTreeSet<String>,
    /// Where the host has read up to, by conversation.
    pub(crate) marks: BTreeMap<String, i64>,
    said: usize,
}

/// Who a device belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Owner {
    pub(crate) name: &'static str,
    pub(crate) user: &'static str,
    pub(crate) platform: Platform,
}

impl Device {
    pub(crate) fn new(owner: Owner, token: String, folder: PathBuf, seed: u64) -> Self {
        let caller = Caller {
            token,
            installation: owner.name.to_owned(),
            platform: owner.platform.as_str().to_owned(),
            anser: true,
        };
        Self {
            name: owner.name,
            user: owner.user,
            caller,
            platform: owner.platform,
            only_polls: false,
            eaten_until: 0,
            polls_until: 0,
            folder,
            clock: Clock::manual(EPOCH),
            at: 0,
            client: None,
            life: Life(None),
            line: None,
            lives: 0,
            seed,
            synced: false,
            acknowledged: BTreeMap::new(),
            promised: BTreeSet::new(),
            perhaps: BTreeSet::new(),
            marks: BTreeMap::new(),
            said: 0,
        }
    }

    /// Starts the client's process and lets it connect.
    pub(crate) fn start(&mut self, now: Millis) -> anyhow::Result<()> {
        self.lives += 1;
        self.run_clock(now);
        let options = ClientOptions::new(APP, "http://127.0.0.1")
            .data_dir(self.folder.to_string_lossy())
            .user_id(self.user)
            .platform(self.platform);
        let client = InlineClient::new(options, self.clock.clone(), self.seed ^ (self.lives << 32))
            .map_err(|error| anyhow!("{} does not start: {error:?}", self.name))?;
        self.client = Some(client);
        self.life = Life(None);
        self.connect(now);
        Ok(())
    }

    /// Ends it. What it has committed stays.
    pub(crate) fn end(&mut self) {
        self.client = None;
        self.life = Life(None);
    }

    /// Its clock, set to the present time.
    pub(crate) fn clock(&mut self, now: Millis) -> Clock {
        self.run_clock(now);
        self.clock.clone()
    }

    fn run_clock(&mut self, now: Millis) {
        // Without a client nobody ticks.
        self.clock.advance(now.saturating_sub(self.at));
        self.at = self.at.max(now);
    }

    /// Runs something of the client's, at the present time.
    pub(crate) fn run<T>(&mut self, now: Millis, run: impl FnOnce(&mut InlineClient) -> T) -> Option<T> {
        let passed = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        let Some(client) = &mut self.client else {
            self.clock.advance(passed);
            return None;
        };
        Some(during(&mut self.life, || {
            client.advance(passed);
            run(client)
        }))
    }

    pub(crate) fn connect(&mut self, now: Millis) {
        self.synced = false;
        let token = self.caller.token.clone();
        self.run(now, |client| client.connect(&token));
    }

    /// When the client wants to be ticked.
    pub(crate) fn due(&self) -> Option<Millis> {
        Some(self.at + self.client.as_ref()?.next_deadline()?)
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.client.as_ref().is_some_and(|client| client.status() == ConnectionStatus::Connected)
    }

    /// Sets the wall clock.
    pub(crate) fn shift_clock(&mut self, milliseconds: i64) {
        self.clock.shift_wall(milliseconds);
    }

    /// Takes in what the host was told. A dead client has told nothing for sure.
    pub(crate) fn hear(&mut self) {
        let told = self.client.as_mut().map(InlineClient::take_told).unwrap_or_default();
        for told in told {
            match told {
                Told::Sent(message) if message.sent_status.has_arrived() => {
                    let uid = message.uid.unwrap_or_default();
                    self.acknowledged.insert(uid, message.sent_time);
                }
                Told::Synced => self.synced = true,
                _ => {}
            }
        }
    }

    /// Writes a numbered text.
    pub(crate) fn say(&mut self, key: ConversationKey, now: Millis) -> anyhow::Result<()> {
        let text = format!("{}-{:04}", self.name, self.said);
        let sent = self.run(now, |client| {
            let messages = client.messages();
            client.now(messages.send_text(key, text.clone()))
        });
        let Some(sent) = sent else { return Ok(()) };
        self.said += 1;
        match sent {
            _ if self.life.is_over() => drop(self.perhaps.insert(text)),
            Some(Ok(_)) => drop(self.promised.insert(text)),
            other => return Err(anyhow!("{} cannot send: {other:?}", self.name)),
        }
        Ok(())
    }

    /// Reads a conversation to its end.
    pub(crate) fn read(&mut self, place: &str, key: ConversationKey, now: Millis) -> anyhow::Result<()> {
        let asked = key.clone();
        let done = self.run(now, |client| {
            let conversations = client.conversations();
            client.now(conversations.clear_unread(asked))
        });
        if done.is_none() || self.life.is_over() {
            return Ok(());
        }
        let mark = self.shown(key, now)?.read_time;
        let known = self.marks.entry(place.to_owned()).or_default();
        *known = mark.max(*known);
        Ok(())
    }

    /// What the device shows of a conversation.
    pub(crate) fn shown(&mut self, key: ConversationKey, now: Millis) -> anyhow::Result<Shown> {
        let name = self.name;
        let read = self.run(now, |client| {
            let (messages, conversations) = (client.messages(), client.conversations());
            let shown = client.now(messages.history(key.clone(), 0, PAGE))?.ok()?;
            let row = client.now(conversations.get(key.clone()))?.ok()?;
            let unread = client.now(conversations.unread_count(key))?.ok()?;
            let read_time = row.map_or(0, |row| row.read_time);
            Some(Shown { messages: shown, unread, read_time })
        });
        let shown = read.flatten().with_context(|| format!("{name} cannot read its store"))?;
        ensure!(shown.messages.len() < PAGE as usize, "{name}: too long a conversation for this check");
        Ok(shown)
    }
}
