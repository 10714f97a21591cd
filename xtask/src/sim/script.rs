//! What a seed plans: who says what when, and which faults come when. Plain data; runs nothing.

use anser::model::ConversationKey;
use anser_testkit::Random;

use super::device::Owner;
use super::faults::Fault;
use super::net::Millis;

/// How long people write.
const TALK: Millis = 240_000;
/// From here on the network is good.
pub(crate) const HEALED: Millis = 300_000;
/// The group that everybody is in.
pub(crate) const TEAM: &str = "team";
/// Who there is: two devices of one person, one of each of two others.
pub(crate) const OWNERS: [Owner; 4] = [
    Owner { name: "alice-phone", user: "alice", platform: anser::client::Platform::Mobile },
    Owner { name: "alice-desk", user: "alice", platform: anser::client::Platform::Desktop },
    Owner { name: "bob-phone", user: "bob", platform: anser::client::Platform::Mobile },
    Owner { name: "carol-desk", user: "carol", platform: anser::client::Platform::Desktop },
];

/// A step of the script.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// A device sends one more text.
    Say { device: usize, place: &'static str },
    /// A device's user reads a conversation.
    Read { device: usize, place: &'static str },
    /// The web client sends one more text to the group.
    PeerSays,
    /// Something goes wrong with a device, its line, or the server; the number says how much. Number
    /// `OWNERS.len()` is the web client.
    Fault { fault: Fault, device: usize, size: u64 },
    /// A device's process starts again.
    Start { device: usize },
    /// The server starts again.
    StartServer,
    /// The host wants a device to be connected again.
    Reconnect { device: usize },
    /// What the store has answered is durable.
    Settle,
}

/// The names of a user's conversations.
pub(crate) fn places(user: &str) -> impl Iterator<Item = &'static str> + '_ {
    [TEAM, "alice", "bob", "carol"].into_iter().filter(move |place| *place != user)
}

/// The conversation of that name.
pub(crate) fn key(place: &str) -> ConversationKey {
    match place {
        TEAM => ConversationKey::group(TEAM),
        other => ConversationKey::private(other),
    }
}

/// Faults that a script plans, and how many of each; the network deals the others out.
const PLANNED: [(Fault, usize); 11] = [
    (Fault::HalfOpen, 4),
    (Fault::Partition, 2),
    (Fault::Refused, 2),
    (Fault::Reset, 4),
    (Fault::ClientCrash, 6),
    (Fault::ServerCrash, 2),
    (Fault::Eaten, 3),
    (Fault::ClientForward, 1),
    (Fault::ClientBack, 1),
    (Fault::ServerForward, 1),
    (Fault::ServerBack, 1),
];

/// The steps of a seed, with their times. Each device sends `messages`.
pub(crate) fn plan(seed: u64, messages: usize) -> Vec<(Millis, Step)> {
    let mut rng = Random::of(seed, 1);
    let mut steps = Vec::new();
    let somewhere = |rng: &mut Random, device: usize| {
        let user = OWNERS.get(device).map_or("", |owner| owner.user);
        let places: Vec<&str> = places(user).collect();
        rng.pick(&places).copied().unwrap_or(TEAM)
    };
    for device in 0..OWNERS.len() {
        let mut left = messages;
        while left > 0 {
            let at = rng.number() % TALK;
            // Mostly one, sometimes several at once.
            let burst = if rng.chance(4) { 2 + rng.below(6) } else { 1 };
            for _ in 0..burst.min(left) {
                let place = somewhere(&mut rng, device);
                steps.push((at, Step::Say { device, place }));
            }
            left = left.saturating_sub(burst);
        }
    }
    for _ in 0..messages * OWNERS.len() / 10 {
        steps.push((rng.number() % TALK, Step::PeerSays));
    }
    for _ in 0..24 {
        let (device, at) = (rng.below(OWNERS.len()), rng.number() % HEALED);
        let place = somewhere(&mut rng, device);
        steps.push((at, Step::Read { device, place }));
    }
    for (fault, count) in PLANNED {
        for _ in 0..count {
            let at = 1_000 + rng.number() % (HEALED - 1_000);
            steps.push((at, Step::Fault { fault, device: rng.below(OWNERS.len() + 1), size: rng.number() }));
        }
    }
    steps.extend((0..HEALED).step_by(700).map(|at| (at, Step::Settle)));
    steps.sort_by_key(|(at, _)| *at);
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_plans_the_same_twice_and_every_message() {
        let (one, two) = (plan(7, 200), plan(7, 200));
        assert_eq!(format!("{one:?}"), format!("{two:?}"));
        for device in 0..OWNERS.len() {
            let says = |step: &Step| matches!(step, Step::Say { device: who, .. } if *who == device);
            assert_eq!(one.iter().filter(|(_, step)| says(step)).count(), 200);
        }
        assert_ne!(format!("{one:?}"), format!("{:?}", plan(8, 200)));
    }
}
