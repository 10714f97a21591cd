//! What a seed decides: how each client's bytes travel, what happens to its lines and when, where its lives end,
//! when the server is killed. Plain data; runs nothing.

use std::time::Duration;

use anser::kill::POINTS;
use anser::model::ConnectionChannel;
use anser_testkit::{Fault, Random};

/// The people.
pub(crate) const USERS: [&str; 3] = ["alice", "bob", "carol"];
/// A blackout, as in a lift.
pub(crate) const BLACKOUT: Duration = Duration::from_secs(20);
/// One seed in so many has blackouts, one for each client: they make a seed long.
const BLACKOUT_EVERY: u64 = 4;
/// Between two faults of a client at least and at most, in bytes over its lines: a message is some 200.
const GAP: (u64, usize) = (100, 1500);
/// Bytes that trickle.
const TRICKLE: (usize, usize) = (200, 500);
/// Steps at which lives end.
const STEPS: [&str; 3] = ["send.", "receive.", "store."];

/// How a life ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// At a kill point, when it is reached for the `count`th time.
    At { point: &'static str, count: u64 },
    /// By SIGKILL, when it has told so many things.
    Told(usize),
}

/// One client's part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) user: &'static str,
    /// `None`: the client chooses.
    pub(crate) channel: Option<ConnectionChannel>,
    /// Upgrades to WebSocket are refused until the faults stop.
    pub(crate) refused: bool,
    /// With the bytes before each.
    pub(crate) faults: Vec<(u64, Fault)>,
    /// Of all its lives but the last.
    pub(crate) deaths: Vec<Death>,
    /// The last life is killed as well, when everything has come to rest.
    pub(crate) killed_at_rest: bool,
}

/// A whole seed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) parts: Vec<Part>,
    /// When the server is killed: after so many things that its clients have told, all together.
    pub(crate) server_kills: Vec<usize>,
}

/// The plan of a seed.
pub(crate) fn plan(seed: u64) -> Plan {
    let mut rng = Random::of(seed, 0);
    let parts = (0..).zip(USERS).map(|(place, user)| part(seed, place, user, &mut rng)).collect();
    let first = 10 + rng.below(60);
    Plan { parts, server_kills: vec![first, first + 30 + rng.below(90)] }
}

fn part(seed: u64, place: u64, user: &'static str, rng: &mut Random) -> Part {
    let channel = match (seed + place) % 3 {
        0 => Some(ConnectionChannel::Websocket),
        1 => Some(ConnectionChannel::XhrPolling),
        _ => None,
    };
    let trickle = Fault::Dribble(TRICKLE.0 + rng.below(TRICKLE.1));
    let mut faults = vec![Fault::HalfOpen, trickle, Fault::Reset, Fault::DropAnswers, Fault::DropAnswers];
    if seed.is_multiple_of(BLACKOUT_EVERY) {
        faults.push(Fault::Blackout(BLACKOUT));
    }
    rng.shuffle(&mut faults);
    let faults = faults.into_iter().map(|fault| (GAP.0 + rng.below(GAP.1) as u64, fault)).collect();
    let steps: Vec<_> =
        POINTS.iter().filter(|(_, point, _)| STEPS.iter().any(|step| point.starts_with(step))).collect();
    let at = usize::try_from(seed * USERS.len() as u64 + place).unwrap_or(0) % steps.len().max(1);
    let mut deaths = vec![Death::Told(2 + rng.below(30))];
    if let Some((_, point, most)) = steps.get(at) {
        deaths.push(Death::At { point, count: 1 + rng.number() % (*most).max(1) });
    }
    rng.shuffle(&mut deaths);
    Part {
        user,
        channel,
        refused: channel.is_none() && (seed / 3).is_multiple_of(2),
        faults,
        deaths,
        killed_at_rest: rng.chance(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_plans_the_same_again_and_each_client_meets_every_fault() {
        assert_eq!(plan(7), plan(7));
        assert_ne!(plan(7), plan(8));
        for seed in 0..20 {
            for part in plan(seed).parts {
                let kinds = part.faults.iter().map(|(_, fault)| std::mem::discriminant(fault));
                let kinds: std::collections::HashSet<_> = kinds.collect();
                assert_eq!(kinds.len(), if seed % 4 == 0 { 5 } else { 4 });
            }
        }
    }

    #[test]
    fn every_client_travels_every_way() {
        for user in USERS {
            let parts = || (0..20).flat_map(|seed| plan(seed).parts).filter(|part| part.user == user);
            for channel in [Some(ConnectionChannel::Websocket), Some(ConnectionChannel::XhrPolling), None] {
                assert!(parts().filter(|part| part.channel == channel).count() >= 6);
            }
            assert!(parts().any(|part| part.refused));
            assert!(parts().any(|part| part.channel.is_none() && !part.refused));
        }
    }

    #[test]
    fn twelve_seeds_end_lives_at_every_step_of_sending_and_receiving() {
        let parts: Vec<Part> = (0..12).flat_map(|seed| plan(seed).parts).collect();
        for (_, name, _) in
            POINTS.iter().filter(|(_, name, _)| STEPS.iter().any(|step| name.starts_with(step)))
        {
            let at = |death: &Death| matches!(death, Death::At { point, .. } if point == name);
            assert!(parts.iter().any(|part| part.deaths.iter().any(at)), "{name}");
        }
    }
}
