//! What must hold at the end of a seed: what was acknowledged is in every member's store exactly once and in one
//! order, nothing is lost silently, unread is right, the server has the same.

use std::collections::{HashMap, HashSet};

use anyhow::{Context as _, ensure};

use super::record::Record;
use super::snapshot::{self, Seen, Shown, Snapshot, TEAM};

/// What the data must not show, or a host must not be told.
#[derive(Debug)]
pub(crate) struct Violation(pub(crate) String);

impl std::fmt::Display for Violation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Violation {}

/// What one person's client told and shows.
pub(crate) struct Witness<'a> {
    pub(crate) user: &'static str,
    pub(crate) record: &'a Record,
    pub(crate) shown: Snapshot,
}

/// Everything that needs no server.
pub(crate) fn check(witnesses: &[Witness<'_>]) -> anyhow::Result<()> {
    for witness in witnesses {
        witness.alone().with_context(|| witness.user)?;
    }
    for one in witnesses {
        for other in witnesses.iter().filter(|other| other.user > one.user) {
            same(one, other.user, &other.shown, one.user)?;
            let (ones, others) = (arrived(&one.shown, TEAM), arrived(&other.shown, TEAM));
            snapshot::compare(TEAM, one.user, &ones, other.user, &others)?;
        }
        for text in one.record.failed.keys() {
            let there =
                witnesses.iter().flat_map(|other| other.shown.values()).flat_map(|shown| &shown.messages);
            let mut there = there.filter(|seen| seen.arrived && seen.text.as_ref() == Some(text));
            ensure!(there.next().is_none(), "{text:?} was told as failed and has arrived");
        }
    }
    Ok(())
}

/// A conversation of the same person's on a device that has only what the server gives it.
pub(crate) fn check_device(witness: &Witness<'_>, place: &str, messages: Vec<Seen>) -> anyhow::Result<()> {
    let (ours, theirs) = (arrived(&witness.shown, place), Shown { messages, ..Shown::default() });
    snapshot::compare(place, &format!("with {}", witness.user), &ours, "on a new device", &theirs)
}

/// A private conversation of two.
fn same(one: &Witness<'_>, place: &str, theirs: &Snapshot, their_place: &str) -> anyhow::Result<()> {
    let (ours, theirs) = (arrived(&one.shown, place), arrived(theirs, their_place));
    snapshot::compare(&format!("{} and {place}", one.user), one.user, &ours, place, &theirs)
}

fn arrived(shown: &Snapshot, place: &str) -> Shown {
    let mut shown = shown.get(place).cloned().unwrap_or_default();
    shown.messages.retain(|seen| seen.arrived);
    shown
}

impl Witness<'_> {
    fn alone(&self) -> anyhow::Result<()> {
        let mut by_uid: HashMap<&str, &Seen> = HashMap::new();
        let mut texts: HashSet<&str> = HashSet::new();
        for (place, shown) in &self.shown {
            let mut last = "";
            for seen in &shown.messages {
                let text = seen.text.as_deref().with_context(|| format!("{place}: {seen:?} has no text"))?;
                ensure!(texts.insert(text), "{place}: {seen:?} is there twice under two names");
                if !seen.arrived {
                    ensure!(self.record.failed.contains_key(text), "{place}: {seen:?} has met no fate");
                    continue;
                }
                ensure!(!seen.uid.is_empty(), "{place}: {seen:?} has no uid");
                ensure!(by_uid.insert(&seen.uid, seen).is_none(), "{place}: {seen:?} is there twice");
                if seen.sender == self.user {
                    ensure!(last < text, "{place}: {last:?} stands before {text:?}");
                    last = text;
                }
            }
            self.unread(place, shown)?;
        }
        for (text, durable) in &self.record.sends {
            ensure!(!durable || texts.contains(text.as_str()), "{text:?} was said to be durable and is lost");
        }
        for (text, (uid, time)) in &self.record.sent {
            let seen = by_uid.get(uid.as_str());
            let right = seen.is_some_and(|seen| seen.time == *time && seen.text.as_ref() == Some(text));
            ensure!(right, "{text:?} was acknowledged as {uid} at {time}, stored is {seen:?}");
        }
        for uid in &self.record.heard {
            ensure!(by_uid.contains_key(uid.as_str()), "the host heard of {uid}, which is not stored");
        }
        Ok(())
    }

    fn unread(&self, place: &str, shown: &Shown) -> anyhow::Result<()> {
        let counts = |seen: &&Seen| seen.counts && seen.time > shown.read_time;
        let unread = shown.messages.iter().filter(counts).count();
        ensure!(unread == shown.unread as usize, "{place}: {} unread, counted {unread}", shown.unread);
        let mark = self.record.marks.get(place).copied().unwrap_or(0);
        ensure!(mark <= shown.read_time, "{place}: read up to {mark}, but the mark is {}", shown.read_time);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(sender: &str, number: i64, uid: &str) -> Seen {
        let text = Some(format!("{sender} {number:04}"));
        let (uid, sender) = (uid.to_owned(), sender.to_owned());
        Seen { uid, time: number, sender, text, counts: false, arrived: true }
    }

    fn shown(messages: Vec<Seen>) -> Snapshot {
        [(TEAM.to_owned(), Shown { messages, ..Shown::default() })].into()
    }

    fn verdict(alice: Snapshot, bob: Snapshot, record: &Record) -> anyhow::Result<()> {
        let empty = Record::default();
        check(&[
            Witness { user: "alice", record, shown: alice },
            Witness { user: "bob", record: &empty, shown: bob },
        ])
    }

    #[test]
    fn what_is_lost_doubled_or_in_another_order_is_found() {
        let (one, two) = (seen("alice", 1, "U1"), seen("alice", 2, "U2"));
        let record = |lines: &[&str]| {
            let mut record = Record::default();
            lines.iter().for_each(|line| record.add(line).unwrap());
            record
        };
        let good = || shown(vec![one.clone(), two.clone()]);
        let sent =
            record(&["send\talice 0001", "durable\talice 0001", "sent\talice 0001\tU1\t1", "heard\tU2"]);
        verdict(good(), good(), &sent).unwrap();
        let bad = |alice, bob, record: &Record, word: &str| {
            let error = format!("{:#}", verdict(alice, bob, record).unwrap_err());
            assert!(error.contains(word), "{error}");
        };
        bad(good(), shown(vec![one.clone()]), &sent, "number 1");
        bad(shown(vec![two.clone()]), shown(vec![two.clone()]), &sent, "lost");
        bad(good(), shown(vec![two.clone(), one.clone()]), &sent, "number 0");
        bad(shown(vec![two.clone(), one.clone()]), good(), &sent, "stands before");
        let again = Seen { uid: "U3".into(), ..two.clone() };
        bad(shown(vec![two.clone(), again]), good(), &sent, "two names");
        bad(good(), good(), &record(&["sent\talice 0001\tU9\t1"]), "acknowledged as U9");
        bad(good(), good(), &record(&["heard\tU9"]), "not stored");
        bad(good(), good(), &record(&["failed\talice 0001\t30001"]), "has arrived");
        bad(good(), good(), &record(&["marked\tteam\t5"]), "the mark");
        let silent = Seen { arrived: false, ..two.clone() };
        bad(shown(vec![one.clone(), silent]), good(), &sent, "no fate");
    }
}
