//! What is known without a gap, and where a page begins.

use super::*;
use crate::model::ErrorCode;
use crate::session::Cursors;

const DAY: i64 = 86_400_000;

fn ranges(connection: &Connection) -> Vec<(i64, i64)> {
    let mut statement =
        connection.prepare("SELECT from_time, to_time FROM live_range ORDER BY from_time").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn pulled(connection: &Connection, from: i64, to: i64, login: i64) {
    let cursors = |inbox| Cursors { inbox, outbox: 0 };
    let moves = Some((cursors(from), cursors(to)));
    let batch = Batch { ticket: 1, messages: Vec::new(), moves, connack_time: login };
    store_batch(connection, batch, "me", 1).unwrap();
    caught_up(connection, login).unwrap();
}

#[test]
fn a_quiet_account_keeps_one_range() {
    let connection = memory();
    let first = 100 * DAY;
    pulled(&connection, 0, 99 * DAY, first);
    // Nothing comes, so the cursor stays; the logins are close enough for the server to have kept all.
    for login in 1..50 {
        caught_up(&connection, first + login * DAY / 4).unwrap();
    }
    assert_eq!(ranges(&connection), [(99 * DAY, first + 49 * DAY / 4)]);
}

#[test]
fn pages_of_one_pull_are_one_range() {
    let connection = memory();
    let login = 100 * DAY;
    pulled(&connection, 0, login - DAY / 2, login);
    pulled(&connection, login - DAY / 2, login - DAY / 4, login);
    assert_eq!(ranges(&connection), [(99 * DAY, login)]);
}

#[test]
fn a_pull_from_the_start_hides_no_hole() {
    let connection = memory();
    pulled(&connection, 0, 10 * DAY, 10 * DAY);
    connection.execute("DELETE FROM cursor", []).unwrap();
    // Ninety days later the server has kept one of them.
    pulled(&connection, 0, 100 * DAY, 100 * DAY);
    assert_eq!(ranges(&connection), [(9 * DAY, 10 * DAY), (99 * DAY, 100 * DAY)]);
    assert_eq!(known_since(&connection, &peer(), i64::MAX).unwrap(), 99 * DAY);
}

#[test]
fn a_page_beyond_a_message_that_is_gone_does_not_begin_anew() {
    let connection = memory();
    let here = arrive(&connection, &[incoming(100), incoming(200), incoming(300)]).new;
    delete(&connection, &[here[1].id], false).unwrap();
    let query = HistoryQuery { message_id: here[1].id, count: 10, ..HistoryQuery::default() };
    for newer in [false, true] {
        let error = page(&connection, &peer(), &HistoryQuery { newer, ..query.clone() }).unwrap_err();
        assert_eq!(error.code, ErrorCode::GET_MESSAGE_BY_ID_ERROR);
    }
    let found = page(&connection, &peer(), &HistoryQuery { time: 200, ..query }).unwrap();
    assert_eq!(found.iter().map(|message| message.sent_time).collect::<Vec<_>>(), [100]);
}
