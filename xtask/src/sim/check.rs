//! What must hold: while a seed runs (no status lie, no cursor beyond what is stored), and at its end (everything in
//! every store exactly once and in one order, unread right).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use anser::model::MessageDirection;
use anser::timing::{HOLD_LIMIT, HOLD_PAUSE, PING_INTERVAL, PONG_LIMIT, UPGRADE_LIMIT};
use anyhow::Context as _;

use super::device::{Device, Shown};
use super::ledger::{Entry, Ledger};
use super::net::{Line, Millis, SLOWEST};
use super::peer::{self, Peer};
use super::script::{self, places};
use super::world::World;

/// Something that must never be.
#[derive(Debug)]
pub(crate) struct Violation(pub(crate) String);

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Violation {}

macro_rules! demand {
    ($condition:expr, $($words:tt)*) => {
        if !$condition {
            return Err(Violation(format!($($words)*)).into());
        }
    };
}

/// CONNECTED without a living line is found out within a heartbeat and the time for its answer; where a line polls,
/// within the longest hold, if an answer that left before is the last that arrives and another hold follows it, and
/// the login of an upgrade that has just begun. A polled line is also dead once the server that knew its session is
/// gone: `fallen` says when each server went.
pub(crate) fn status(device: &Device, lines: &[Line], fallen: &[Millis], now: Millis) -> anyhow::Result<()> {
    if !device.is_connected() {
        return Ok(());
    }
    let name = device.name;
    let line = device.line.and_then(|line| lines.get(line));
    demand!(line.is_some(), "{name} says CONNECTED and has no line");
    if let Some(since) = line.and_then(|line| line.useless_since(fallen, now)) {
        let lie = now - since;
        let limit = match line.is_some_and(|line| line.polled.is_some()) {
            true => SLOWEST + HOLD_PAUSE + HOLD_LIMIT + 2 * UPGRADE_LIMIT,
            false => PING_INTERVAL + PONG_LIMIT,
        };
        demand!(lie <= limit, "{name} says CONNECTED {lie} ms after its line died");
    }
    Ok(())
}

/// Everything up to the cursor is stored.
pub(crate) fn cursors(device: &mut Device, entries: &[Entry], now: Millis) -> anyhow::Result<()> {
    let Some(cursors) = device.client.as_ref().and_then(|client| client.cursors()) else { return Ok(()) };
    let mut stored = HashSet::new();
    for place in places(device.user) {
        let shown = device.shown(script::key(place), now)?;
        stored.extend(shown.messages.into_iter().filter_map(|message| message.uid));
    }
    let (name, user) = (device.name, device.user);
    for entry in entries {
        let received = entry.to.iter().any(|to| to == user) && entry.stamp <= cursors.inbox;
        let sent = entry.sender == user && entry.stamp <= cursors.outbox;
        demand!(
            !(received || sent) || stored.contains(&entry.uid),
            "{name}: the cursors {cursors:?} have passed {entry:?}, which is not stored"
        );
    }
    Ok(())
}

fn promised(devices: &[Device]) -> impl Iterator<Item = &String> {
    devices.iter().flat_map(|device| &device.promised)
}

/// Whether everybody is there and everything that was promised has been sent.
pub(crate) fn is_calm(devices: &[Device], ledger: &Ledger) -> bool {
    let sent: HashSet<String> = ledger.entries().into_iter().map(|entry| entry.text).collect();
    devices.iter().all(Device::is_connected) && promised(devices).all(|text| sent.contains(text))
}

/// Why it is not.
pub(crate) fn restless(devices: &[Device], ledger: &Ledger) -> String {
    let sent: HashSet<String> = ledger.entries().into_iter().map(|entry| entry.text).collect();
    let away: Vec<&str> = devices.iter().filter(|one| !one.is_connected()).map(|one| one.name).collect();
    let waiting: Vec<&String> = promised(devices).filter(|text| !sent.contains(*text)).collect();
    format!("on a good network, not connected: {away:?}, not sent: {waiting:?}")
}

/// See the module.
pub(crate) fn at_the_end(world: &mut World) -> anyhow::Result<()> {
    let (now, entries) = (world.now, world.ledger.entries());
    texts(&world.devices, &entries)?;
    for device in &mut world.devices {
        let name = device.name;
        demand!(device.synced, "{name} has not come to its inbox's end");
        cursors(device, &entries, now)?;
        for place in places(device.user) {
            let shown = device.shown(script::key(place), now)?;
            conversation(device, place, &shown, &entries)?;
        }
    }
    acknowledged(&world.devices, &entries)?;
    old_client(&world.peer, &entries)?;
    marks(&mut world.devices, now)
}

/// The server has every promised text once, and those of a device in a conversation in the order of their writing.
fn texts(devices: &[Device], entries: &[Entry]) -> anyhow::Result<()> {
    let mut once = HashSet::new();
    for entry in entries {
        demand!(once.insert(entry.text.as_str()), "{entry:?} was stored twice");
    }
    for device in devices {
        for text in &device.promised {
            demand!(once.contains(text.as_str()), "{}: {text:?} was promised and never sent", device.name);
        }
    }
    let known: BTreeSet<&String> =
        devices.iter().flat_map(|one| one.promised.iter().chain(&one.perhaps)).collect();
    let mut last: BTreeMap<(&str, &str, bool), (&str, i64)> = BTreeMap::new();
    for entry in entries {
        if entry.sender == peer::NAME {
            continue;
        }
        demand!(known.contains(&entry.text), "{entry:?} was written by nobody");
        let writer = entry.text.rsplit_once('-').map_or("", |(writer, _)| writer);
        let before = last.insert((writer, &entry.target, entry.group), (&entry.text, entry.stamp));
        if let Some((text, stamp)) = before {
            demand!(
                text < entry.text.as_str() && stamp < entry.stamp,
                "{text:?} at {stamp} stands before {entry:?}"
            );
        }
    }
    Ok(())
}

/// The device shows what the server has, in the server's order, and counts it right.
fn conversation(device: &Device, place: &str, shown: &Shown, entries: &[Entry]) -> anyhow::Result<()> {
    let (name, user) = (device.name, device.user);
    let mut theirs: Vec<(i64, &str, &str)> = entries
        .iter()
        .filter(|entry| entry.place(user) == Some(place))
        .map(|entry| (entry.stamp, entry.uid.as_str(), entry.text.as_str()))
        .collect();
    theirs.sort_unstable();
    let mut ours = Vec::new();
    for message in &shown.messages {
        let json: serde_json::Value = serde_json::from_str(&message.content).context("content")?;
        let text = json.get("content").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        ours.push((message.sent_time, message.uid.clone().unwrap_or_default(), text));
    }
    let at =
        ours.iter().zip(&theirs).position(|(one, other)| (one.0, one.1.as_str(), one.2.as_str()) != *other);
    let at = at.unwrap_or(ours.len().min(theirs.len()));
    demand!(
        ours.len() == theirs.len() && at == ours.len(),
        "{name} shows {} messages of {place}, the server has {}; number {at} is {:?} here and {:?} there",
        ours.len(),
        theirs.len(),
        ours.get(at),
        theirs.get(at)
    );
    let counts = |message: &&anser::model::Message| {
        message.counted
            && message.direction == MessageDirection::Receive
            && message.sent_time > shown.read_time
    };
    let unread = shown.messages.iter().filter(counts).count();
    demand!(unread == shown.unread as usize, "{name}, {place}: {} unread, counted {unread}", shown.unread);
    Ok(())
}

/// Whatever a host was told as sent is what the server has.
fn acknowledged(devices: &[Device], entries: &[Entry]) -> anyhow::Result<()> {
    let stored: BTreeMap<&str, i64> = entries.iter().map(|entry| (entry.uid.as_str(), entry.stamp)).collect();
    for device in devices {
        for (uid, time) in &device.acknowledged {
            let stamp = stored.get(uid.as_str());
            demand!(
                stamp == Some(time),
                "{}: {uid} was acknowledged at {time}, stored at {stamp:?}",
                device.name
            );
        }
    }
    Ok(())
}

/// The old web client has shown what was sent to it, each message once and in the server's order.
fn old_client(peer: &Peer, entries: &[Entry]) -> anyhow::Result<()> {
    let name = peer::NAME;
    let mine = entries.iter().filter(|entry| entry.to.iter().any(|to| to == name));
    let mut theirs: Vec<(i64, &str)> = mine.map(|entry| (entry.stamp, entry.uid.as_str())).collect();
    theirs.sort_unstable();
    let ours: Vec<(i64, &str)> = peer.seen.iter().map(|seen| (seen.time, seen.uid.as_str())).collect();
    let at = ours.iter().zip(&theirs).position(|(one, other)| one != other);
    let at = at.unwrap_or(ours.len().min(theirs.len()));
    demand!(
        ours == theirs,
        "{name} was shown {} messages of {}; number {at} is {:?} there and {:?} at the server",
        ours.len(),
        theirs.len(),
        ours.get(at),
        theirs.get(at)
    );
    let stored: HashSet<(&str, i64)> =
        entries.iter().map(|entry| (entry.uid.as_str(), entry.stamp)).collect();
    for ack in &peer.acknowledged {
        demand!(
            stored.contains(&(ack.uid.as_str(), ack.time)),
            "{name}: {ack:?} was acknowledged and is not stored"
        );
    }
    Ok(())
}

/// What was read stays read, and the devices of a user agree about it.
fn marks(devices: &mut [Device], now: Millis) -> anyhow::Result<()> {
    let mut agreed: BTreeMap<(&str, &str), (u32, i64)> = BTreeMap::new();
    let mut set: BTreeMap<(&str, String), i64> = BTreeMap::new();
    for device in devices.iter() {
        for (place, mark) in &device.marks {
            let known = set.entry((device.user, place.clone())).or_default();
            *known = (*known).max(*mark);
        }
    }
    for device in devices {
        for place in places(device.user) {
            let (name, user) = (device.name, device.user);
            let shown = device.shown(script::key(place), now)?;
            let mark = set.get(&(user, place.to_owned())).copied().unwrap_or(0);
            demand!(
                shown.read_time >= mark,
                "{name}, {place}: read to {mark}, the mark is {}",
                shown.read_time
            );
            let here = (shown.unread, shown.read_time);
            let other = *agreed.entry((user, place)).or_insert(here);
            demand!(
                here == other,
                "{name}, {place}: unread and mark {here:?}, on the other device {other:?}"
            );
        }
    }
    Ok(())
}
