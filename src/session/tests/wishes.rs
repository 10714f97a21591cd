//! What servers, and what stands before them, wish of clients that lost their line: for how long it holds.

use super::keeping::{due, lost};
use super::*;

#[test]
fn the_servers_pause_is_kept_by_everything_but_the_host() {
    let mut rig = Rig::online();
    rig.input(Input::RetryAfter { generation: rig.generation, pause: 20_000 });
    lost(&mut rig);
    let wait = due(&rig).unwrap();
    assert!((20_000..21_000).contains(&wait), "{wait}");
    for hurry in [Input::Network(NetworkKind::Wifi), Input::Woke] {
        assert!(opens(&rig.input(hurry)).is_empty());
        assert_eq!(due(&rig), Some(wait));
    }
    assert_eq!(opens(&rig.input(Input::Connect)), [false]);
    // A mistake of the server does not last longer than an hour.
    rig.input(Input::RetryAfter { generation: rig.generation, pause: u64::MAX });
    lost(&mut rig);
    assert!((3_600_000..3_603_000).contains(&due(&rig).unwrap()));
}

#[test]
fn a_pause_asked_for_over_http_ends_with_the_network_it_was_asked_on() {
    let mut rig = Rig::online();
    rig.input(Input::Network(NetworkKind::Wifi));
    rig.input(Input::RetryAfter { generation: rig.generation, pause: 600_000 });
    lost(&mut rig);
    for same in [NetworkKind::Unavailable, NetworkKind::Wifi] {
        assert!(opens(&rig.input(Input::Network(same))).is_empty());
    }
    assert!(due(&rig).unwrap() >= 600_000);
    assert_eq!(opens(&rig.input(Input::Network(NetworkKind::Cellular))), [false]);
    // What a server itself says holds everywhere.
    rig.come_online();
    rig.frame(DownFrame::Leaving { retry_after: 20_000 });
    assert!(opens(&rig.input(Input::Network(NetworkKind::Wifi))).is_empty());
    assert!(due(&rig).unwrap() >= 20_000);
}

#[test]
fn that_the_service_was_down_is_forgotten_by_a_login() {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    rig.input(Input::ServiceDown { generation: rig.generation });
    rig.come_online();
    lost(&mut rig);
    assert!(due(&rig).unwrap() < timing::RECONNECT_BASE);
}
