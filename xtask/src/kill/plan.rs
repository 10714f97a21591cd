//! What a seed decides: where each life ends, and every other choice. Plain data; runs nothing.

use std::time::Duration;

use anser::kill::POINTS;
use anser_testkit::Random;

/// Lives that end before their time; one more follows that must come to its end.
const SHORT_LIVES: u64 = 3;
/// One in so many ends at a random moment instead of at a point.
const RANDOM_EVERY: u64 = 4;
/// The latest random moment, ms: about the longest life.
const LATEST: u64 = 350;

/// How a life ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Death {
    /// At a kill point, when it is reached for the `count`th time.
    At { point: &'static str, count: u64 },
    /// By SIGKILL, so long after its start.
    After(Duration),
}

/// The deaths of a seed, in order. Points take turns over the seeds, so that a run of enough seeds plans each.
pub(crate) fn deaths(seed: u64) -> Vec<Death> {
    let mut rng = Random::of(seed, 0);
    let mut deaths: Vec<(bool, Death)> = (0..SHORT_LIVES)
        .map(|life| {
            let turn = seed * SHORT_LIVES + life;
            let at = usize::try_from(turn - turn / RANDOM_EVERY).unwrap_or(0) % POINTS.len();
            match POINTS.get(at) {
                Some((_, point, most)) if turn % RANDOM_EVERY != RANDOM_EVERY - 1 => {
                    (*most == 0, Death::At { point, count: 1 + rng.number() % (*most).max(1) })
                }
                _ => (false, Death::After(Duration::from_millis(1 + rng.number() % LATEST))),
            }
        })
        .collect();
    // What only a first life meets comes first.
    deaths.sort_by_key(|(first, _)| !first);
    deaths.into_iter().map(|(_, death)| death).collect()
}

/// Whether this many seeds plan every point more than once.
pub(crate) fn covers_all(seeds: u64) -> bool {
    let planned = seeds * SHORT_LIVES * (RANDOM_EVERY - 1) / RANDOM_EVERY;
    planned >= 3 * POINTS.len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_seeds_plan_every_point() {
        let planned: Vec<Death> = (0..50).flat_map(deaths).collect();
        assert!(covers_all(50));
        for (_, name, _) in POINTS {
            let count =
                planned.iter().filter(|d| matches!(d, Death::At { point, .. } if point == name)).count();
            assert!(count >= 3, "{name} is planned {count} times");
        }
        assert!(planned.iter().filter(|death| matches!(death, Death::After(_))).count() > 20);
        assert_eq!(deaths(7), deaths(7));
    }
}
