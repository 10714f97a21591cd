//! What an hour of idleness costs: exactly what the heartbeat needs, and not one wake-up or byte more. Real client,
//! virtual time; `cargo xtask bench line` prints the same figures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use anser_testkit::{HourCost, Idle, heartbeat_needs, idle_hour};

/// The table: wake-ups, pings, pulls, frames up, frames down, bytes up, bytes down.
const HOUR: [(Idle, [u64; 7]); 3] = [
    (Idle::Foreground, [120, 120, 20, 160, 140, 1_740, 760]),
    (Idle::Background, [45, 45, 22, 89, 67, 1_305, 575]),
    (Idle::Polling, [20, 0, 20, 40, 20, 660, 360]),
];

#[test]
fn an_idle_hour_costs_what_the_heartbeat_needs() {
    for (idle, [wake_ups, pings, pulls, frames_up, frames_down, bytes_up, bytes_down]) in HOUR {
        let cost = idle_hour(idle);
        assert_eq!(cost, heartbeat_needs(idle), "{idle:?}");
        let table = HourCost { wake_ups, pings, pulls, frames_up, frames_down, bytes_up, bytes_down };
        assert_eq!(cost, table, "{idle:?}");
    }
}
