//! Opening, listing, searching, paging.

use std::path::Path;
use std::time::Duration;

use anser::store::search::{self, SearchQuery};
use anser::store::{self, ConversationFilter, HistoryQuery, Location};
use anser_testkit::Random;
use rusqlite::{Connection, OpenFlags};

use crate::fixture::{CONVERSATIONS, key, location};
use crate::words::{Words, Zipf};
use crate::{Line, percentile, timed};

const OPENINGS: usize = 50;
const SEARCHES: usize = 2000;
const PAGES: usize = 2000;
const COLUMNS: &str = "m.id, m.uid, m.direction, m.sender, m.object_name, m.content, m.sent_time, m.received_time, \
     m.sent_status, m.error_code, m.received_status, m.counted, m.mentioned, m.offline, m.extra";

pub(crate) fn lines(folder: &Path) -> Vec<Line> {
    let location = location(folder);
    let Location::File { path, .. } = &location else { unreachable!("the fixture is a file") };
    let mut lines = vec![opening(&location, path)];
    let connection = store::open(&location).unwrap();
    let beside = plain_connection(path);
    let words = Words::new();
    lines.push(searching("words", &connection, &beside, &words.latin, 1.0));
    let pairs: Vec<String> = words.chinese.iter().filter(|word| word.chars().count() == 2).cloned().collect();
    lines.push(searching("two-character Chinese", &connection, &beside, &pairs, 1.0));
    let single: Vec<String> = words.chinese.iter().take(200).cloned().collect();
    lines.push(searching("one-character Chinese", &connection, &beside, &single, 0.0));
    // Every word as likely as another: mostly rare ones.
    lines.push(searching("rare words", &connection, &beside, &words.latin, 0.0));
    lines.push(paging(&connection, &beside));
    lines
}

fn plain_connection(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .unwrap()
}

/// Every value of every row, as a program that shows them must take it.
fn drain(connection: &Connection, sql: &str, values: &[&dyn rusqlite::ToSql]) -> usize {
    let mut statement = connection.prepare_cached(sql).unwrap();
    let columns = statement.column_count();
    let mut rows = statement.query(values).unwrap();
    let mut count = 0;
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            std::hint::black_box(row.get::<_, rusqlite::types::Value>(column).unwrap());
        }
        count += 1;
    }
    count
}

fn opening(location: &Location, path: &Path) -> Line {
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    for _ in 0..OPENINGS {
        let (time, rows) = timed(|| {
            let connection = store::open(location).unwrap();
            store::conversations(&connection, &ConversationFilter::default(), None, 100).unwrap()
        });
        assert_eq!(rows.len(), 100);
        ours.push(time);
        let (time, rows) = timed(|| {
            let connection = plain_connection(path);
            let rows = drain(
                &connection,
                "SELECT c.id, c.type, c.target, c.sort_time, c.read_time, (SELECT count(*) FROM message u
                   WHERE u.conversation = c.id AND u.counted = 1 AND u.direction = 2 AND u.sent_time > c.read_time)
                 FROM conversation c WHERE c.hidden = 0 ORDER BY c.top DESC, c.list_time DESC, c.id DESC LIMIT 100",
                &[],
            );
            let mut ids = connection
                .prepare("SELECT id FROM conversation WHERE hidden = 0 ORDER BY top DESC, list_time DESC, id DESC LIMIT 100")
                .unwrap();
            let ids = ids.query_map([], |row| row.get::<_, i64>(0)).unwrap().map(Result::unwrap);
            let latest = format!(
                "SELECT {COLUMNS} FROM message m WHERE m.conversation = ?1
                 ORDER BY m.sent_time DESC, m.uid DESC, m.id DESC LIMIT 1"
            );
            ids.for_each(|id| assert_eq!(drain(&connection, &latest, &[&id]), 1));
            rows
        });
        assert_eq!(rows, 100);
        plain.push(time);
    }
    line("open and first 100 conversations, p50", 20.0, 0.5, ours, plain)
}

fn line(name: &str, target: f64, judged: f64, mut ours: Vec<Duration>, mut plain: Vec<Duration>) -> Line {
    let note = format!("p50 {:.2}, p99 {:.2} ms", percentile(&mut ours, 0.5), percentile(&mut ours, 0.99));
    Line {
        name: name.into(),
        target,
        figure: percentile(&mut ours, judged),
        unit: "ms",
        plain: Some(percentile(&mut plain, judged)),
        ratio: None,
        note,
    }
}

/// What the library asks FTS5 for a single word: its beginning, with a token of its own if that is short.
fn expression(word: &str) -> String {
    match word.chars().count() {
        _ if !word.is_ascii() => format!("\"{word}\""),
        0..=4 => format!("\"\u{10f101}{word}\""),
        _ => format!("\"{word}\" *"),
    }
}

fn searching(
    name: &str,
    connection: &Connection,
    beside: &Connection,
    words: &[String],
    exponent: f64,
) -> Line {
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    let (mut random, ranks) = (Random::from_state(3), Zipf::new(words.len(), exponent));
    let sql = format!(
        "SELECT {COLUMNS}, c.type, c.target FROM search s CROSS JOIN message m
           ON m.sent_time = s.rowid >> 21 AND (m.id & 2097151) = (s.rowid & 2097151)
         JOIN conversation c ON c.id = m.conversation WHERE s.search MATCH ?1 ORDER BY s.rowid DESC LIMIT 20"
    );
    let mut hits = 0;
    for _ in 0..SEARCHES {
        let word = &words[ranks.pick(&mut random)];
        let query = SearchQuery { text: word.clone(), count: 20, ..SearchQuery::default() };
        let (time, page) = timed(|| search::messages(connection, &query).unwrap());
        ours.push(time);
        let (time, rows) = timed(|| drain(beside, &sql, &[&expression(word)]));
        plain.push(time);
        assert!(rows >= page.hits.len(), "{word}: {rows} rows, {} hits", page.hits.len());
        hits += page.hits.len();
    }
    assert!(hits > 0, "nothing was found at all");
    line(&format!("newest 20 hits, {name}, p99"), 20.0, 0.99, ours, plain)
}

fn paging(connection: &Connection, beside: &Connection) -> Line {
    let (mut ours, mut plain) = (Vec::new(), Vec::new());
    let mut random = Random::from_state(5);
    let places = Zipf::new(CONVERSATIONS, 0.8);
    let sql = format!(
        "SELECT {COLUMNS}, c.type, c.target FROM message m JOIN conversation c ON c.id = m.conversation
         WHERE c.type = ?1 AND c.target = ?2 AND m.sent_time < ?3
         ORDER BY m.sent_time DESC, m.uid DESC, m.id DESC LIMIT 50"
    );
    for _ in 0..PAGES {
        let key = key(places.pick(&mut random));
        let before = 1_700_000_000_000 + random.below(30_000_000_000) as i64;
        let query = HistoryQuery { time: before, count: 50, ..HistoryQuery::default() };
        let (time, page) = timed(|| store::page(connection, &key, &query).unwrap());
        ours.push(time);
        let kind = key.conversation_type.number();
        let (time, rows) = timed(|| drain(beside, &sql, &[&kind, &key.target_id, &before]));
        plain.push(time);
        assert_eq!(rows, page.len());
    }
    line("page of 50 at any depth, p99", 2.0, 0.99, ours, plain)
}
