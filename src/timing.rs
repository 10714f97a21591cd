//! Every timeout, interval and backoff, each with its reason. All in milliseconds of the monotonic clock.

/// Between two heartbeats: what the protocol's clients use, and a third of what servers tolerate.
pub const PING_INTERVAL: u64 = 30_000;
/// For the answer to a heartbeat: the web client's limit. Longer would keep a dead line CONNECTED.
pub const PONG_LIMIT: u64 = 6_000;
/// Shortest heartbeat that a host may ask for: a radio that never sleeps drains the battery.
pub const PING_FLOOR: u64 = 5_000;
/// Between two heartbeats in the background: servers close a session that was silent for three heartbeats
/// (90 s), and the frame needs time to arrive. A host may not ask for more in the foreground either.
pub const BACKGROUND_PING_INTERVAL: u64 = 80_000;
/// For a sign of life on a line without heartbeats once it is in doubt: a request and its answer over HTTP
/// on a slow network.
pub const PROBE_LIMIT: u64 = 10_000;
/// Between two pulls without a notice: notices may be lost, and this bounds how late that shows. Where there are
/// heartbeats, a pull goes with the last one before it is due.
pub const PULL_INTERVAL: u64 = 180_000;
/// Before a failed pull is tried again on a living line: long enough not to hammer a struggling server.
pub const PULL_RETRY: u64 = 5_000;
/// For the answer to a PUBLISH or QUERY, as in every client of the protocol.
pub const ANSWER_LIMIT: u64 = 30_000;
/// For CONNACK once the transport is open (flows §2.2).
pub const CONNACK_LIMIT: u64 = 15_000;
/// For one navigation request, as in the web client, and for one probe, which takes as much.
pub const NAVIGATION_LIMIT: u64 = 5_000;
/// For TCP, TLS and the WebSocket upgrade together: mobile networks need several seconds.
pub const OPEN_LIMIT: u64 = 10_000;
/// First pause before reconnecting; doubled each time.
pub const RECONNECT_BASE: u64 = 1_000;
/// Longest pause before reconnecting: people wait a minute, not longer.
pub const RECONNECT_CAP: u64 = 60_000;
/// How long a line must live before the pause starts small again, so that a flapping server is spared.
pub const HEALTHY_AFTER: u64 = 30_000;
/// Longest pause before reconnecting that a server may ask for: a mistake there must not end the client.
pub const RETRY_AFTER_CAP: u64 = 3_600_000;
/// Shortest pause before reconnecting that a server may ask for over HTTP: less would be none.
pub const RETRY_AFTER_FLOOR: u64 = 1_000;
/// Longest such pause: whatever stands in between may say this, and it may be wrong for longer than a server.
pub const HTTP_RETRY_AFTER_CAP: u64 = 600_000;
/// Over how long clients spread their next attempt after a server that is there took nobody: all of its clients
/// come, and a thousand must not come within one second.
pub const SERVICE_DOWN_SPREAD: u64 = 20_000;
/// For the host's answer to the question for a new token: its own server has to be asked.
pub const TOKEN_LIMIT: u64 = 60_000;
/// How long a line must live before a kick counts as the first of a series: two devices that fight kick each
/// other within seconds.
pub const PEACE_AFTER: u64 = 600_000;
/// By how much wall clock and monotonic clock may drift apart between two looks before the device has
/// slept, or its clock was set.
pub const CLOCK_JUMP: u64 = 5_000;
/// First pause after the server said that messages come too fast; doubled each time.
pub const PACE_BASE: u64 = 1_000;
/// Longest such pause.
pub const PACE_CAP: u64 = 16_000;
/// How long somebody is shown as typing without another word of it (flows §9.6).
pub const TYPING_SHOWN: u64 = 6_000;
/// Between two words to the same peer that one is typing: as long as the first is shown.
pub const TYPING_SENT: u64 = 6_000;
/// Before a message is tried again that the server could not take for the moment.
pub const SEND_RETRY: u64 = 2_000;
/// After how long without an answer an attempt leaves the window: answers take a fraction of it, and conversations that
/// stall must not keep the others waiting.
pub const SLOW_AFTER: u64 = 2_000;
/// How long a pull that looks for unanswered messages may bring no page before they go again: the time of a pull
/// that is not answered and of a second one.
pub const LOOK_STALL: u64 = 65_000;
/// How long such a pull may take in any case: a backlog of days over a slow line is in by then, and pages without
/// end must not keep messages for ever.
pub const LOOK_LIMIT: u64 = 600_000;
/// By how much a server's stamp may lie before what its clock should say: nodes differ, and estimates drift.
pub const STAMP_SKEW: u64 = 5_000;
/// For the next bytes of a file: a transfer may last for hours, but a dead line must show.
pub const TRANSFER_IDLE: u64 = 30_000;
/// First pause before a transfer that made no headway is tried again; doubled each time.
pub const TRANSFER_RETRY_BASE: u64 = 1_000;
/// Longest such pause, as for connections.
pub const TRANSFER_RETRY_CAP: u64 = 60_000;
/// Between two events of a transfer's progress: what eyes can follow.
pub const PROGRESS_INTERVAL: u64 = 100;
/// For the WebSocket upgrade where long polling stands by, and for the first word after it: with what TCP and the polled
/// login take, a message leaves within three seconds.
pub const UPGRADE_LIMIT: u64 = 2_000;
/// For the WebSockets to all servers together there, once one was reached: the first may be the only one that is mute.
pub const UPGRADES_LIMIT: u64 = 2_500;
/// A WebSocket that has brought nothing for so long after it opened lets nothing through: the next server is tried then,
/// if there is one.
pub const MUTE_AFTER: u64 = 5_000;
/// How long polling is tried first after WebSocket has proven useless: reconnecting must not pay for it again.
pub const WEBSOCKET_REST: u64 = 300_000;
/// For the answer to a request that waits: servers hold it 25 to 40 seconds.
pub const HOLD_LIMIT: u64 = 45_000;
/// Between two requests that wait, if the first came back at once with nothing: a proxy that answers by itself
/// must not be asked without end.
pub const HOLD_PAUSE: u64 = 1_000;
/// Before a client that polls looks for the first time whether WebSocket works again; doubled each time.
pub const UPGRADE_FIRST: u64 = 5_000;
/// Longest time between two such looks.
pub const UPGRADE_CAP: u64 = 600_000;
/// Between two candidates of a race, servers or navigation: what RFC 8305 recommends, more than an answer takes on
/// a good network, so that a good first candidate stays the only one asked, and a dead one costs a quarter of a second.
pub const RACE_STEP: u64 = 250;
/// After how long without an answer an address of a host makes room for another one: a first packet that was lost is
/// sent again after a second, and may still be answered. It stays in the race, so that a slow network loses nothing.
pub const RACE_PATIENCE: u64 = 2_000;
/// For a whole race, as in the web client: a list of dead addresses must not take minutes.
pub const RACE_LIMIT: u64 = 15_000;
/// How long an address rests after three failures: long enough to spare connecting the detour, short enough for a
/// server that was restarted.
pub const ADDRESS_REST: u64 = 300_000;
/// How long a navigation answer is good: as in the web clients that let it expire at all.
pub const NAVIGATION_LIFETIME: u64 = 7_200_000;
