//! What must hold at the end of a seed: nothing lost, nothing doubled, one order, unread right.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use anser::client::Client;
use anser::model::ConversationKey;
use anyhow::{Context as _, bail, ensure};

use super::bob::Bob;
use super::import::{CAROL, OLD};
use super::journal::Noted;
use super::snapshot::{self, PAGE, Seen, Shown, Snapshot, TEAM};

/// For the last read mark to reach the second device.
const PATIENCE: Duration = Duration::from_secs(20);

/// The conversations of the client under test, by name.
pub(crate) fn conversations() -> Vec<(&'static str, ConversationKey)> {
    vec![
        ("bob", ConversationKey::private("bob")),
        (TEAM, ConversationKey::group(TEAM)),
        (CAROL, ConversationKey::private(CAROL)),
    ]
}

/// Everybody who knows something.
pub(crate) struct Witnesses<'a> {
    /// What alice's client told in all its lives.
    pub(crate) noted: &'a Noted,
    /// What its data shows at the end.
    pub(crate) alice: &'a Snapshot,
    pub(crate) bob: &'a Bob,
    /// What was in the export.
    pub(crate) exported: &'a [Seen],
}

impl Witnesses<'_> {
    /// Alice's data against itself and against what her client told.
    pub(crate) fn check_alone(&self) -> anyhow::Result<()> {
        let mut by_uid: HashMap<&str, &Seen> = HashMap::new();
        let mut texts: HashSet<&str> = HashSet::new();
        for (place, shown) in self.alice {
            let mut last = "";
            for seen in &shown.messages {
                ensure!(seen.arrived, "{place}: {seen:?} never arrived");
                ensure!(!seen.uid.is_empty(), "{place}: {seen:?} has no uid");
                ensure!(by_uid.insert(&seen.uid, seen).is_none(), "{place}: {seen:?} is there twice");
                let Some(text) = &seen.text else { continue };
                ensure!(texts.insert(text), "{place}: {seen:?} is there twice under two names");
                if seen.sender == "alice" && text.starts_with('a') {
                    ensure!(last < text.as_str(), "{place}: {last:?} stands before {text:?}");
                    last = text;
                }
            }
            let unread =
                shown.messages.iter().filter(|seen| seen.counts && seen.time > shown.read_time).count();
            ensure!(unread == shown.unread as usize, "{place}: {} unread, counted {unread}", shown.unread);
            if let Some(mark) = self.noted.marks.get(place).filter(|mark| **mark > shown.read_time) {
                bail!("{place}: marked as read up to {mark}, but the mark is {}", shown.read_time);
            }
        }
        self.check_sends(&texts)?;
        self.check_recalls(&by_uid)?;
        for uid in &self.noted.heard {
            ensure!(by_uid.contains_key(uid.as_str()), "the host heard of {uid}, which is not stored");
        }
        ensure!(self.noted.imports > 0, "no import came to its end");
        for old in self.exported {
            let seen = by_uid.get(old.uid.as_str()).with_context(|| format!("{old:?} was not imported"))?;
            let same = Seen { text: seen.text.clone(), ..old.clone() }.common() == seen.common();
            ensure!(same && (seen.text == old.text || seen.text.is_none()), "{old:?} became {seen:?}");
        }
        for said in &self.bob.said {
            let seen = by_uid.get(said.uid.as_str()).with_context(|| format!("{said:?} is lost"))?;
            let text = (!said.recalled).then_some(said.text.as_str());
            ensure!(seen.text.as_deref() == text, "bob: {said:?}, alice: {seen:?}");
        }
        Ok(())
    }

    fn check_sends(&self, texts: &HashSet<&str>) -> anyhow::Result<()> {
        let recalled: HashSet<&str> = self.noted.recalls.values().map(|(text, _)| text.as_str()).collect();
        for (text, durable) in &self.noted.sends {
            let there = texts.contains(text.as_str()) || recalled.contains(text.as_str());
            ensure!(there || !durable, "{text:?} was said to be durable and is lost");
        }
        Ok(())
    }

    fn check_recalls(&self, by_uid: &HashMap<&str, &Seen>) -> anyhow::Result<()> {
        for (uid, (text, done)) in &self.noted.recalls {
            let seen = by_uid.get(uid.as_str()).with_context(|| format!("{text:?}, recalled, is lost"))?;
            ensure!(!done || seen.text.is_none(), "{seen:?} was said to be recalled");
        }
        let asked = |seen: &&&Seen| seen.sender == "alice" && seen.text.is_none();
        for seen in by_uid.values().filter(asked) {
            ensure!(self.noted.recalls.contains_key(&seen.uid), "{seen:?} was recalled by nobody");
        }
        Ok(())
    }

    /// Alice's data against bob's: the same messages in the same order.
    pub(crate) async fn check_bob(&self) -> anyhow::Result<()> {
        let places = [("bob", ConversationKey::private("alice")), (TEAM, ConversationKey::group(TEAM))];
        for (place, key) in places {
            let page = self.bob.person.messages().history(key, 0, PAGE).await?;
            let messages = page.iter().map(Seen::of).collect();
            self.same(place, "with bob", &Shown { messages, ..Shown::default() })?;
        }
        Ok(())
    }

    /// Alice's data against a device that has only what the server gives it, messages and read marks.
    pub(crate) async fn check_second(&self, second: &Client) -> anyhow::Result<()> {
        let until = Instant::now() + PATIENCE;
        loop {
            let theirs = snapshot::take(second, conversations()).await.context("the second device")?;
            for place in ["bob", TEAM] {
                let shown = theirs.get(place).cloned().unwrap_or_default();
                self.same(place, "on her second device", &shown)?;
            }
            let unread = |of: &Snapshot| -> BTreeMap<String, u32> {
                let served = |(place, _): &(&String, _)| ["bob", TEAM].contains(&place.as_str());
                of.iter().filter(served).map(|(place, shown)| (place.clone(), shown.unread)).collect()
            };
            let (here, there) = (unread(self.alice), unread(&theirs));
            if here == there {
                return Ok(());
            }
            ensure!(Instant::now() < until, "unread here {here:?}, on the second device {there:?}");
            second.sync_now().await?;
        }
    }

    fn same(&self, place: &str, who: &str, theirs: &Shown) -> anyhow::Result<()> {
        let mut ours = self.alice.get(place).cloned().unwrap_or_default();
        // What only the import knows is compared with the export.
        ours.messages.retain(|seen| !seen.uid.starts_with(OLD));
        snapshot::compare(place, "with alice", &ours, who, theirs)
    }
}
