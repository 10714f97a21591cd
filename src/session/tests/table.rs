//! The status table of `docs/connection.md`: every row is played, and the document says what was seen.
//! `ANSER_UPDATE_DOCS=1` writes the table anew.

use super::*;

use ConnectionStatus::*;

/// How a row gets to where it starts.
type Start = fn() -> Rig;
/// What happens then.
type Event = fn(&mut Rig) -> Vec<Action>;

/// One row: where it starts, what happens, which statuses are told with which code.
struct Row {
    from: &'static str,
    start: Start,
    event: &'static str,
    run: Event,
    told: &'static [(ConnectionStatus, i32)],
}

fn fresh() -> Rig {
    Rig::new()
}

fn opening() -> Rig {
    let mut rig = Rig::new();
    rig.input(Input::Connect);
    rig
}

fn greeting() -> Rig {
    let mut rig = opening();
    rig.opened();
    rig
}

fn preparing() -> Rig {
    let mut rig = greeting();
    rig.accept();
    rig
}

fn waiting() -> Rig {
    let mut rig = Rig::online();
    lose(&mut rig, 30011);
    rig
}

fn offline() -> Rig {
    let mut rig = waiting();
    rig.input(Input::Network(NetworkKind::Unavailable));
    rig
}

fn asking() -> Rig {
    let mut rig = greeting();
    rig.frame(connack(10));
    rig
}

fn disconnected() -> Rig {
    let mut rig = Rig::online();
    rig.input(Input::Disconnect);
    rig
}

fn kicked() -> Rig {
    let mut rig = Rig::online();
    rig.frame(DownFrame::Disconnect { status: 1 });
    rig
}

fn fought() -> Rig {
    let mut rig = kicked();
    for _ in 0..5 {
        rig.input(Input::Connect);
        rig.come_online();
        rig.frame(DownFrame::Disconnect { status: 1 });
    }
    rig
}

fn barred() -> Rig {
    let mut rig = fought();
    rig.input(Input::Connect);
    rig
}

fn blocked() -> Rig {
    let mut rig = Rig::online();
    rig.frame(DownFrame::Disconnect { status: 2 });
    rig
}

fn wrong_key() -> Rig {
    let mut rig = greeting();
    rig.frame(connack(2));
    rig
}

fn wrong_domain() -> Rig {
    let mut rig = greeting();
    rig.frame(connack(12));
    rig
}

fn logged_out() -> Rig {
    let mut rig = Rig::online();
    rig.frame(DownFrame::Disconnect { status: 4 });
    rig
}

/// Everything that is no wish of the host to be connected.
fn rest_of_the_world(rig: &mut Rig) -> Vec<Action> {
    rig.now += 86_400_000;
    let mut actions = rig.input(Input::Network(NetworkKind::Wifi));
    actions.extend(rig.input(Input::Foreground(false)));
    actions.extend(rig.input(Input::Foreground(true)));
    actions.extend(rig.input(Input::Tick));
    actions
}

fn planned() -> Rig {
    let mut rig = disconnected();
    rig.input(Input::Reconnect { pauses: vec![100, 200] });
    rig
}

fn lose(rig: &mut Rig, code: i32) -> Vec<Action> {
    rig.input(Input::TransportLost { generation: rig.generation, code: ErrorCode(code) })
}

fn until_due(rig: &mut Rig) -> Vec<Action> {
    rig.now = rig.session.next_deadline().expect("something is due");
    rig.input(Input::Tick)
}

fn refuse(status: u8) -> impl Fn(&mut Rig) -> Vec<Action> {
    move |rig| rig.frame(connack(status))
}

fn end(status: u8) -> impl Fn(&mut Rig) -> Vec<Action> {
    move |rig| rig.frame(DownFrame::Disconnect { status })
}

fn redirected(times: u8) -> impl Fn(&mut Rig) -> Vec<Action> {
    move |rig| {
        (0..times)
            .flat_map(|round| {
                if round > 0 {
                    rig.opened();
                }
                rig.frame(connack(6))
            })
            .collect()
    }
}

/// A heartbeat that stays without an answer.
fn pong_missed(rig: &mut Rig) -> Vec<Action> {
    until_due(rig);
    until_due(rig)
}

macro_rules! rows {
    ($($from:literal $start:ident, $event:literal => $run:expr, [$($told:expr),*];)*) => {
        &[$(Row {
            from: $from, start: $start, event: $event, run: |rig| $run(rig), told: &[$($told),*],
        }),*]
    };
}

const ROWS: &[Row] = rows! {
    "new: 4 CONNECTION_CLOSED" fresh, "connect" => |rig: &mut Rig| rig.input(Input::Connect), [(Connecting, 0)];
    "new: 4 CONNECTION_CLOSED" fresh, "reconnect after pauses" =>
        |rig: &mut Rig| rig.input(Input::Reconnect { pauses: vec![100] }), [(Connecting, 0)];
    "new: 4 CONNECTION_CLOSED" fresh, "disconnect" => |rig: &mut Rig| rig.input(Input::Disconnect),
        [(Disconnected, 31016)];
    "opening: 1 CONNECTING" opening, "navigation is asked" =>
        |rig: &mut Rig| rig.input(Input::Navigation(RequestNavi)), [(RequestNavi, 0)];
    "opening: 1 CONNECTING" opening, "navigation answers" =>
        |rig: &mut Rig| rig.input(Input::Navigation(ResponseNavi)), [(ResponseNavi, 0)];
    "opening: 1 CONNECTING" opening, "navigation answers with an error" =>
        |rig: &mut Rig| rig.input(Input::Navigation(ResponseNaviError)), [(ResponseNaviError, 0)];
    "opening: 1 CONNECTING" opening, "navigation does not answer in time" =>
        |rig: &mut Rig| rig.input(Input::Navigation(ResponseNaviTimeout)), [(ResponseNaviTimeout, 0)];
    "opening: 1 CONNECTING" opening, "WebSocket cannot be opened, the next transport is tried" =>
        |rig: &mut Rig| rig.input(Input::Navigation(WebsocketUnavailable)), [(WebsocketUnavailable, 0)];
    "opening: 1 CONNECTING" opening, "navigation rejects the app key" => |rig: &mut Rig| lose(rig, 31002),
        [(AppkeyIsFake, 31002)];
    "opening: 1 CONNECTING" opening, "navigation rejects the token (the host is asked)" =>
        |rig: &mut Rig| lose(rig, 31004), [];
    "opening: 1 CONNECTING" opening, "no transport can be opened" => |rig: &mut Rig| lose(rig, 30010),
        [(NetworkUnavailable, 30010)];
    "opening: 1 CONNECTING" opening, "connect or reconnect" => |rig: &mut Rig| {
        let mut actions = rig.input(Input::Connect);
        actions.extend(rig.input(Input::Reconnect { pauses: vec![100] }));
        actions
    }, [];
    "opening: 1 CONNECTING" opening, "another network (the attempt begins anew)" => |rig: &mut Rig| {
        rig.input(Input::Network(NetworkKind::Wifi));
        rig.input(Input::Network(NetworkKind::Cellular))
    }, [];
    "opening: 1 CONNECTING" opening, "a server is there and takes nobody" => |rig: &mut Rig| {
        rig.input(Input::ServiceDown { generation: rig.generation });
        lose(rig, 30010)
    }, [(NetworkUnavailable, 30010)];
    "opening: 1 CONNECTING" opening, "the transport is open" => |rig: &mut Rig| rig.opened(), [];
    "opening: 1 CONNECTING" opening, "disconnect" => |rig: &mut Rig| rig.input(Input::Disconnect),
        [(Disconnected, 31016)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 0" => refuse(0), [(Connected, 0)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 1" => refuse(1), [(Disconnected, 31001)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 2" => refuse(2), [(AppkeyIsFake, 31002)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 3" => refuse(3), [(Disconnected, 31003)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 4 (the host is asked)" => refuse(4), [];
    "greeting: 1 CONNECTING" greeting, "CONNACK 5" => refuse(5), [(Disconnected, 31005)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 6 (followed)" => redirected(1), [];
    "greeting: 1 CONNECTING" greeting, "CONNACK 6 for the sixth time" => redirected(6), [(Disconnected, 31006)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 7" => refuse(7), [(Disconnected, 31007)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 8" => refuse(8), [(Disconnected, 31008)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 9" => refuse(9), [(Disconnected, 31009)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 10 (the host is asked)" => refuse(10), [];
    "greeting: 1 CONNECTING" greeting, "CONNACK 11" => refuse(11), [(Disconnected, 31021)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 12" => refuse(12),
        [(Disconnected, 31022), (DomainIncorrect, 31022)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 13" => refuse(13), [(Disconnected, 31023)];
    "greeting: 1 CONNECTING" greeting, "CONNACK 14 and above" => refuse(14), [(Disconnected, 31003)];
    "greeting: 1 CONNECTING" greeting, "no CONNACK in time" => until_due, [(NetworkUnavailable, 31000)];
    "greeting: 1 CONNECTING" greeting, "another frame before CONNACK" =>
        |rig: &mut Rig| rig.frame(acks(1, 0)), [(NetworkUnavailable, 32002)];
    "greeting: 1 CONNECTING" greeting, "what arrives is no frame" =>
        |rig: &mut Rig| rig.input(Input::Garbage { generation: rig.generation }), [(NetworkUnavailable, 32002)];
    "greeting: 1 CONNECTING" greeting, "DISCONNECT 0 (redirect)" => end(0), [];
    "greeting: 1 CONNECTING" greeting, "DISCONNECT 1 (kicked)" => end(1), [(KickedOfflineByOtherClient, 31010)];
    "greeting: 1 CONNECTING" greeting, "DISCONNECT 2 (blocked)" => end(2), [(Blocked, 31009)];
    "greeting: 1 CONNECTING" greeting, "DISCONNECT 3 (the server leaves)" => end(3),
        [(NetworkUnavailable, 30027)];
    "greeting: 1 CONNECTING" greeting, "DISCONNECT 4 (logout)" => end(4), [(ConnectionClosed, 31011)];
    "greeting: 1 CONNECTING" greeting, "DISCONNECT 5 and above 6" => end(5), [(Disconnected, 31011)];
    "greeting: 1 CONNECTING" greeting, "another network (the attempt begins anew)" => |rig: &mut Rig| {
        rig.input(Input::Network(NetworkKind::Wifi));
        rig.input(Input::Network(NetworkKind::Cellular))
    }, [];
    "greeting: 1 CONNECTING" greeting, "the transport is lost" => |rig: &mut Rig| lose(rig, 30011),
        [(NetworkUnavailable, 30011)];
    "greeting: 1 CONNECTING" greeting, "disconnect" => |rig: &mut Rig| rig.input(Input::Disconnect),
        [(Disconnected, 31016)];
    "asking for a token: 1 CONNECTING" asking, "the host has one" =>
        |rig: &mut Rig| rig.input(Input::TokenAnswered { renewed: true }), [];
    "asking for a token: 1 CONNECTING" asking, "the host has none" =>
        |rig: &mut Rig| rig.input(Input::TokenAnswered { renewed: false }), [(Disconnected, 31020)];
    "asking for a token: 1 CONNECTING" asking, "no answer in time" => until_due, [(Disconnected, 31020)];
    "asking for a token: 1 CONNECTING" asking, "a new one is refused too" => |rig: &mut Rig| {
        rig.input(Input::TokenAnswered { renewed: true });
        rig.opened();
        rig.frame(connack(10))
    }, [(Disconnected, 31020)];
    "asking for a token: 1 CONNECTING" asking, "connect, a network, the foreground" => |rig: &mut Rig| {
        let mut actions = rig.input(Input::Connect);
        actions.extend(rig.input(Input::Network(NetworkKind::Wifi)));
        actions.extend(rig.input(Input::Foreground(false)));
        actions.extend(rig.input(Input::Foreground(true)));
        actions
    }, [];
    "asking for a token: 1 CONNECTING" asking, "disconnect" => |rig: &mut Rig| rig.input(Input::Disconnect),
        [(Disconnected, 31016)];
    "preparing: 0 CONNECTED" preparing, "the store is open" =>
        |rig: &mut Rig| rig.ready(Cursors::default(), Vec::new()), [];
    "preparing: 0 CONNECTED" preparing, "the store cannot be opened" =>
        |rig: &mut Rig| rig.input(Input::StoreUnavailable(ErrorCode::DATABASE_OPEN_FAILED)),
        [(Disconnected, 34302)];
    "preparing: 0 CONNECTED" preparing, "the transport is lost" => |rig: &mut Rig| lose(rig, 30011),
        [(NetworkUnavailable, 30011)];
    "preparing: 0 CONNECTED" preparing, "DISCONNECT 1 (kicked)" => end(1),
        [(KickedOfflineByOtherClient, 31010)];
    "preparing: 0 CONNECTED" preparing, "DISCONNECT 3 (the server leaves)" => end(3),
        [(NetworkUnavailable, 30027)];
    "preparing: 0 CONNECTED" preparing, "what arrives is no frame" =>
        |rig: &mut Rig| rig.input(Input::Garbage { generation: rig.generation }), [(NetworkUnavailable, 32002)];
    "preparing: 0 CONNECTED" preparing, "disconnect or logout" => |rig: &mut Rig| rig.input(Input::Disconnect),
        [(Disconnected, 31016)];
    "preparing: 0 CONNECTED" preparing, "no answer to the first heartbeat" => until_due,
        [(NetworkUnavailable, 30013)];
    "online: 0 CONNECTED" online, "DISCONNECT 0 (redirect)" => end(0), [(Connecting, 0)];
    "online: 0 CONNECTED" online, "DISCONNECT 1 (kicked)" => end(1), [(KickedOfflineByOtherClient, 31010)];
    "online: 0 CONNECTED" online, "DISCONNECT 2 (blocked)" => end(2), [(Blocked, 31009)];
    "online: 0 CONNECTED" online, "DISCONNECT 3 (the server leaves)" => end(3), [(NetworkUnavailable, 30027)];
    "online: 0 CONNECTED" online, "DISCONNECT 3 with a time to come again" =>
        |rig: &mut Rig| rig.frame(DownFrame::Leaving { retry_after: 500 }), [(NetworkUnavailable, 30027)];
    "online: 0 CONNECTED" online, "DISCONNECT 4 (logout)" => end(4), [(ConnectionClosed, 31011)];
    "online: 0 CONNECTED" online, "DISCONNECT 5" => end(5), [(Disconnected, 31011)];
    "online: 0 CONNECTED" online, "DISCONNECT 6 (redirect)" => end(6), [(Connecting, 0)];
    "online: 0 CONNECTED" online, "DISCONNECT 7 and above" => end(7), [(Disconnected, 31011)];
    "online: 0 CONNECTED" online, "a heartbeat is not answered" => pong_missed, [(NetworkUnavailable, 30013)];
    "online: 0 CONNECTED" online, "the transport is lost" => |rig: &mut Rig| lose(rig, 30011),
        [(NetworkUnavailable, 30011)];
    "online: 0 CONNECTED" online, "the server closes without a word" => |rig: &mut Rig| lose(rig, 30027),
        [(NetworkUnavailable, 30027)];
    "online: 0 CONNECTED" online, "what arrives is no frame" =>
        |rig: &mut Rig| rig.input(Input::Garbage { generation: rig.generation }), [(NetworkUnavailable, 32002)];
    "online: 0 CONNECTED" online, "another network, or none (the line is proven)" =>
        |rig: &mut Rig| rig.input(Input::Network(NetworkKind::Unavailable)), [];
    "online: 0 CONNECTED" online, "connect or reconnect" => |rig: &mut Rig| {
        let mut actions = rig.input(Input::Connect);
        actions.extend(rig.input(Input::Reconnect { pauses: vec![100] }));
        actions
    }, [];
    "online: 0 CONNECTED" online, "another channel, CONNACK 0" => |rig: &mut Rig| {
        rig.input(Input::TransportUpgraded { generation: rig.generation, heartbeat: true });
        rig.frame(connack(0))
    }, [];
    "online: 0 CONNECTED" online, "another channel, refused or another user" => |rig: &mut Rig| {
        rig.input(Input::TransportUpgraded { generation: rig.generation, heartbeat: true });
        rig.frame(connack(4))
    }, [(NetworkUnavailable, 32002)];
    "online: 0 CONNECTED" online, "disconnect or logout" => |rig: &mut Rig| rig.input(Input::Disconnect),
        [(Disconnected, 31016)];
    "waiting: 3 NETWORK_UNAVAILABLE" waiting, "the pause is over" => until_due, [(Connecting, 0)];
    "waiting: 3 NETWORK_UNAVAILABLE" waiting, "connect or reconnect" =>
        |rig: &mut Rig| rig.input(Input::Connect), [(Connecting, 0)];
    "waiting: 3 NETWORK_UNAVAILABLE" waiting, "a network" =>
        |rig: &mut Rig| rig.input(Input::Network(NetworkKind::Wifi)), [(Connecting, 0)];
    "waiting: 3 NETWORK_UNAVAILABLE" waiting, "to the foreground" => |rig: &mut Rig| {
        rig.input(Input::Foreground(false));
        rig.input(Input::Foreground(true))
    }, [(Connecting, 0)];
    "waiting: 3 NETWORK_UNAVAILABLE" waiting, "the device wakes" => |rig: &mut Rig| rig.input(Input::Woke),
        [(Connecting, 0)];
    "waiting: 3 NETWORK_UNAVAILABLE" waiting, "no network any more" =>
        |rig: &mut Rig| rig.input(Input::Network(NetworkKind::Unavailable)), [];
    "waiting: 3 NETWORK_UNAVAILABLE" waiting, "disconnect or logout" =>
        |rig: &mut Rig| rig.input(Input::Disconnect), [(Disconnected, 31016)];
    "without a network: 3 NETWORK_UNAVAILABLE" offline, "time passes" => |rig: &mut Rig| {
        rig.now += 86_400_000;
        rig.input(Input::Tick)
    }, [];
    "without a network: 3 NETWORK_UNAVAILABLE" offline, "a network" =>
        |rig: &mut Rig| rig.input(Input::Network(NetworkKind::Cellular)), [(Connecting, 0)];
    "without a network: 3 NETWORK_UNAVAILABLE" offline, "connect or reconnect" =>
        |rig: &mut Rig| rig.input(Input::Connect), [(Connecting, 0)];
    "without a network: 3 NETWORK_UNAVAILABLE" offline, "disconnect or logout" =>
        |rig: &mut Rig| rig.input(Input::Disconnect), [(Disconnected, 31016)];
    "planned: 1 CONNECTING" planned, "a planned attempt fails" => |rig: &mut Rig| {
        until_due(rig);
        lose(rig, 30010)
    }, [(NetworkUnavailable, 30010)];
    "planned: 1 CONNECTING" planned, "its pause is over" => until_due, [];
    "planned: 1 CONNECTING" planned, "the last planned attempt fails" => |rig: &mut Rig| {
        until_due(rig);
        lose(rig, 30010);
        until_due(rig);
        lose(rig, 30010)
    }, [(NetworkUnavailable, 30010)];
    "planned: 1 CONNECTING" planned, "no network any more (the plan goes on)" =>
        |rig: &mut Rig| rig.input(Input::Network(NetworkKind::Unavailable)), [];
    "planned: 1 CONNECTING" planned, "disconnect" => |rig: &mut Rig| rig.input(Input::Disconnect),
        [(Disconnected, 31016)];
    "disconnected: 2 DISCONNECTED" disconnected, "connect or reconnect" =>
        |rig: &mut Rig| rig.input(Input::Connect), [(Connecting, 0)];
    "disconnected: 2 DISCONNECTED" disconnected, "a network, the foreground, time" => rest_of_the_world,
        [];
    "kicked: 6 KICKED_OFFLINE_BY_OTHER_CLIENT" kicked, "connect or reconnect" =>
        |rig: &mut Rig| rig.input(Input::Connect), [(Connecting, 0)];
    "kicked: 6 KICKED_OFFLINE_BY_OTHER_CLIENT" kicked, "a network, the foreground, time" => rest_of_the_world,
        [];
    "kicked: 6 KICKED_OFFLINE_BY_OTHER_CLIENT" kicked, "disconnect or logout" =>
        |rig: &mut Rig| rig.input(Input::Disconnect), [(Disconnected, 31016)];
    "blocked: 9 BLOCKED" blocked, "connect or reconnect" => |rig: &mut Rig| rig.input(Input::Connect),
        [(Connecting, 0)];
    "blocked: 9 BLOCKED" blocked, "a network, the foreground, time" => rest_of_the_world, [];
    "wrong app key: 20 APPKEY_IS_FAKE" wrong_key, "connect or reconnect" =>
        |rig: &mut Rig| rig.input(Input::Connect), [(Connecting, 0)];
    "wrong app key: 20 APPKEY_IS_FAKE" wrong_key, "a network, the foreground, time" => rest_of_the_world, [];
    "wrong domain: 12 DOMAIN_INCORRECT" wrong_domain, "connect or reconnect" =>
        |rig: &mut Rig| rig.input(Input::Connect), [(Connecting, 0)];
    "logged out by the server: 4 CONNECTION_CLOSED" logged_out, "connect or reconnect" =>
        |rig: &mut Rig| rig.input(Input::Connect), [(Connecting, 0)];
    "logged out by the server: 4 CONNECTION_CLOSED" logged_out, "a network, the foreground, time" =>
        rest_of_the_world, [];
    "kicked six times in a row" fought, "connect or reconnect" => |rig: &mut Rig| rig.input(Input::Connect),
        [(Ultralimit, 1101)];
    "barred: 1101 ULTRALIMIT" barred, "connect or reconnect" => |rig: &mut Rig| rig.input(Input::Connect), [];
    "barred: 1101 ULTRALIMIT" barred, "logout, then connect" => |rig: &mut Rig| {
        let mut actions = rig.input(Input::Disconnect);
        rig.input(Input::Forget);
        actions.extend(rig.input(Input::Connect));
        actions
    }, [(Disconnected, 31016), (Connecting, 0)];
};

fn online() -> Rig {
    Rig::online()
}

/// A status as the vendor's table writes it.
fn name(status: ConnectionStatus) -> String {
    let mut name = String::new();
    for letter in format!("{status:?}").chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    format!("{} {name}", status.number())
}

fn line(row: &Row) -> String {
    let told: Vec<String> = row
        .told
        .iter()
        .map(
            |(status, code)| {
                if *code == 0 { name(*status) } else { format!("{}, code {code}", name(*status)) }
            },
        )
        .collect();
    let told = if told.is_empty() { "–".to_owned() } else { told.join("; ") };
    format!("| {} | {} | {told} |\n", row.from, row.event)
}

#[test]
fn every_row_of_the_status_table_is_as_it_says() {
    for row in ROWS {
        let mut rig = (row.start)();
        let told: Vec<(ConnectionStatus, i32)> =
            statuses(&(row.run)(&mut rig)).into_iter().map(|(status, code)| (status, code.0)).collect();
        assert_eq!(told, row.told, "{}: {}", row.from, row.event);
        if let Some((status, _)) = row.told.last()
            && !matches!(status, RequestNavi | ResponseNavi | ResponseNaviError | ResponseNaviTimeout)
            && *status != WebsocketUnavailable
        {
            assert_eq!(rig.session.status(), *status, "{}: {}", row.from, row.event);
        }
        // Whatever it was, no host is left waiting.
        let mut waiting = rig.session.connection.waiting_hosts;
        waiting -= connect_results(&rig.input(Input::Disconnect)).len() as u32;
        assert_eq!(waiting, 0, "{}: {}", row.from, row.event);
        assert_eq!(rig.session.connection.waiting_hosts, 0);
    }
}

#[test]
fn the_document_has_the_status_table() {
    let head = "| from | what happens | told |\n|--|--|--|\n";
    let table: String = std::iter::once(head.to_owned()).chain(ROWS.iter().map(line)).collect();
    document("statuses", &table);
}

/// Compares the part of `docs/connection.md` between the marks of `part`, or writes it.
pub(super) fn document(part: &str, wanted: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/connection.md");
    let (begin, end) = (format!("<!-- {part} -->\n"), format!("<!-- end of {part} -->\n"));
    // Two tests write parts of one file.
    static WRITING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = WRITING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(&begin).expect("the part begins");
    let (present, after) = rest.split_once(&end).expect("the part ends");
    if std::env::var_os("ANSER_UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{wanted}{end}{after}")).unwrap();
    } else {
        assert_eq!(present, wanted, "write it anew with ANSER_UPDATE_DOCS=1");
    }
}
