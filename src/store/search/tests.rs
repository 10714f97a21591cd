//! Search over a real database: what is found, in which order, what stays consistent, and how SQLite goes
//! about it.

use rusqlite::Connection;

use super::*;
use crate::model::{ConversationKey, ErrorCode, MessageDirection, SentStatus};
use crate::session::{Batch, Incoming, SendOutcome};
use crate::store::{self, Location, NewMessage};
use crate::wire::{Bytes, Topic};

fn database() -> Connection {
    store::open(&Location::Memory).unwrap()
}

fn incoming(uid: &str, conversation: &ConversationKey, sender: &str, text: &str, time: i64) -> Incoming {
    Incoming {
        uid: Some(uid.to_owned()),
        conversation: conversation.clone(),
        direction: MessageDirection::Receive,
        sender: sender.to_owned(),
        object_name: "RC:TxtMsg".into(),
        content: serde_json::json!({ "content": text }).to_string(),
        sent_time: time,
        persisted: true,
        counted: true,
        mentioned: false,
        offline: true,
        client_unique_id: None,
        silent: false,
        expandable: false,
        expansion: None,
        search_words: None,
    }
}

fn receive(connection: &Connection, messages: Vec<Incoming>) {
    store::store_batch(connection, Batch { ticket: 0, messages, moves: None, connack_time: 0 }, "me", 1)
        .unwrap();
}

/// Texts from bob, at times 1000, 1001 and so on.
fn with(texts: &[&str]) -> Connection {
    let connection = database();
    let bob = ConversationKey::private("bob");
    let message = |(number, text): (usize, &&str)| {
        incoming(&format!("uid-{number}"), &bob, "bob", text, 1000 + number as i64)
    };
    receive(&connection, texts.iter().enumerate().map(message).collect());
    connection
}

fn query(text: &str) -> SearchQuery {
    SearchQuery { text: text.into(), count: 100, ..SearchQuery::default() }
}

fn texts(connection: &Connection, query: &SearchQuery) -> Vec<String> {
    let page = messages(connection, query).unwrap();
    page.hits.into_iter().map(|hit| hit.text).collect()
}

fn found(connection: &Connection, text: &str) -> Vec<String> {
    texts(connection, &query(text))
}

#[test]
fn scripts_symbols_and_quotes_are_found() {
    let all = [
        "我爱北京天安门",
        "北方的京城",
        "iPhone手机 95% off",
        "snake_case isn't 100",
        "she said \"Hello there\", twice",
        "there, hello",
        "party 🎉👨‍👩‍👧 ok 👍🏽",
        "カタカナと한국어",
    ];
    let connection = with(&all);
    for (text, expected) in [
        ("京", vec![1, 0]),
        ("北京", vec![0]),
        ("京天安", vec![0]),
        ("安门 我爱", vec![0]),
        ("IPHONE 手机", vec![2]),
        ("手机iph", vec![2]),
        ("ｉｐｈｏｎｅ", vec![2]),
        ("%", vec![2]),
        ("95%", vec![2]),
        ("9%", vec![]),
        ("_", vec![3]),
        ("snake_case", vec![3]),
        ("'", vec![3]),
        ("isn’t", vec![3]),
        ("\"", vec![4]),
        ("hello there", vec![5, 4]),
        ("\"hello there\"", vec![4]),
        ("there hell", vec![5, 4]),
        ("hell there", vec![]),
        ("🎉", vec![6]),
        ("👨", vec![6]),
        ("👨‍👩‍👧", vec![6]),
        ("👍", vec![6]),
        ("👍🏿", vec![]),
        ("タカ", vec![7]),
        ("한국", vec![7]),
        ("* OR 1", vec![]),
        ("NEAR(", vec![]),
    ] {
        let expected: Vec<&str> = expected.into_iter().map(|at: usize| all[at]).collect();
        assert_eq!(found(&connection, text), expected, "{text}");
        let count = count(&connection, &query(text)).unwrap();
        assert_eq!(count, SearchCount { count: expected.len() as u32, exact: true }, "{text}");
    }
}

#[test]
fn hits_say_where() {
    let connection = with(&["😀 你好，你好"]);
    let page = messages(&connection, &query("你好")).unwrap();
    let ranges = &page.hits[0].ranges;
    assert_eq!(*ranges, [HitRange { start: 3, length: 2 }, HitRange { start: 6, length: 2 }]);
    assert_eq!(page.hits[0].message.uid.as_deref(), Some("uid-0"));
    assert_eq!(page.next, None);
}

#[test]
fn what_says_nothing_or_too_much_is_refused() {
    let connection = with(&["x"]);
    let refused = |query: SearchQuery| messages(&connection, &query).unwrap_err().code;
    for text in ["", " ", "\u{3000}\n", "\u{200b}"] {
        assert_eq!(refused(query(text)), ErrorCode::BIZ_ERROR_INVALID_PARAMETER, "{text:?}");
        assert!(conversations(&connection, text, &[], 10).is_err());
    }
    assert!(messages(&connection, &query(&"x ".repeat(512))).is_ok());
    assert_eq!(refused(query(&"x".repeat(1025))), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    assert_eq!(refused(query(&"长".repeat(22_000))), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    for count in [0, 1001, 1_000_000] {
        assert_eq!(refused(SearchQuery { count, ..query("x") }), ErrorCode::BIZ_ERROR_INVALID_PARAMETER);
    }
    assert!(messages(&connection, &SearchQuery { from_time: -1, ..query("x") }).is_err());
    assert!(messages(&connection, &SearchQuery { before: Some(i64::MIN), ..query("x") }).is_err());
    let names = vec!["x".to_owned(); 101];
    assert!(messages(&connection, &SearchQuery { sender_ids: names, ..query("x") }).is_err());
}

/// Conversations, senders, kinds and times in all mixtures, beside a plain filter.
#[test]
fn filters_agree_with_a_plain_one() {
    let connection = database();
    let places =
        [ConversationKey::private("bob"), ConversationKey::group("bob"), ConversationKey::private("Bob")];
    let mut all = Vec::new();
    for number in 0..60_usize {
        let place = &places[number % 3];
        let sender = ["bob", "Bob", "carol"][number / 3 % 3];
        let text = ["apple", "apple pear", "pear"][number / 9 % 3];
        let mut message =
            incoming(&format!("u{number}"), place, sender, text, 1_700_000_000_000 + number as i64 / 2);
        if number % 5 == 0 {
            message.object_name = "RC:ReferenceMsg".into();
        }
        all.push((message, text));
    }
    receive(&connection, all.iter().map(|(message, _)| message.clone()).collect());
    let mut checked = 0;
    for text in ["apple", "pear app", ""] {
        for place in [None, Some(&places[0]), Some(&places[2])] {
            for sender in [None, Some("Bob")] {
                for name in [None, Some("RC:ReferenceMsg")] {
                    for (from, to) in [(0, 0), (1_700_000_000_005, 1_700_000_000_020), (0, 1_700_000_000_000)]
                    {
                        let query = SearchQuery {
                            conversation: place.cloned(),
                            sender_ids: sender.map(str::to_owned).into_iter().collect(),
                            object_names: name.map(str::to_owned).into_iter().collect(),
                            from_time: from,
                            to_time: to,
                            ..query(text)
                        };
                        if text.is_empty() && query == self::query("") {
                            continue;
                        }
                        let fits = |(message, words): &&(Incoming, &str)| {
                            (match text {
                                "apple" => words.contains("apple"),
                                "" => true,
                                _ => *words == "apple pear",
                            }) && place.is_none_or(|place| *place == message.conversation)
                                && sender.is_none_or(|sender| sender == message.sender)
                                && name.is_none_or(|name| name == message.object_name)
                                && message.sent_time >= from
                                && (to == 0 || message.sent_time <= to)
                        };
                        let mut expected: Vec<String> = all
                            .iter()
                            .filter(fits)
                            .map(|(message, _)| message.uid.clone().unwrap())
                            .collect();
                        expected.reverse();
                        let page = messages(&connection, &query).unwrap();
                        let got: Vec<String> =
                            page.hits.into_iter().map(|hit| hit.message.uid.unwrap()).collect();
                        assert_eq!(got, expected, "{query:?}");
                        let counted = count(&connection, &query).unwrap();
                        assert_eq!(counted, SearchCount { count: expected.len() as u32, exact: true });
                        checked += 1;
                    }
                }
            }
        }
    }
    assert!(checked > 100);
    let groups = SearchQuery { types: vec![ConversationType::Group], ..query("") };
    assert_eq!(texts(&connection, &groups).len(), 20);
    let nowhere = SearchQuery { conversation: Some(ConversationKey::group("none")), ..query("apple") };
    assert!(texts(&connection, &nowhere).is_empty());
}

#[test]
fn pages_join_without_gap_or_double() {
    let connection = database();
    let bob = ConversationKey::private("bob");
    // Three of each millisecond, stored newest first, as a back-fill does.
    let message = |number: i64| incoming(&format!("u{number}"), &bob, "bob", "hit", 1000 + number / 3);
    receive(&connection, (0..50).rev().map(message).collect());
    let mut ids = Vec::new();
    let mut next = None;
    loop {
        let page = messages(&connection, &SearchQuery { count: 7, before: next, ..query("hit") }).unwrap();
        ids.extend(page.hits.iter().map(|hit| (hit.message.sent_time, hit.message.id)));
        assert!(page.hits.len() == 7 || page.next.is_none());
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(ids.len(), 50);
    assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "{ids:?}");
}

/// Pairs of a phrase occur apart in far more texts than the phrase: a page may come back short, never empty
/// of hope.
#[test]
fn one_call_is_bounded_and_the_next_goes_on() {
    let connection = database();
    let bob = ConversationKey::private("bob");
    let message = |number: i64| {
        let text = if number == 0 { "one two" } else { "two one" };
        incoming(&format!("u{number}"), &bob, "bob", text, 1000 + number)
    };
    receive(&connection, (0..4000).map(message).collect());
    let first = messages(&connection, &query("\"one two\"")).unwrap();
    assert!(first.hits.is_empty());
    let second = messages(&connection, &SearchQuery { before: first.next, ..query("\"one two\"") }).unwrap();
    assert_eq!((second.hits.len(), second.next), (1, None));
}

#[test]
fn conversations_come_with_their_counts() {
    let connection = database();
    let place = |number: i64| ConversationKey::private(format!("peer-{}", number % 4));
    let message = |number: i64| {
        let text = if number % 8 == 7 { "the sea, calm" } else { "calm is the sea" };
        incoming(&format!("u{number}"), &place(number), "x", text, 1000 + number)
    };
    receive(&connection, (0..40).map(message).collect());
    let show = |text: &str, count: u32| -> Vec<(String, u32, bool, i64)> {
        let hits = conversations(&connection, text, &[], count).unwrap();
        let show = |hits: ConversationHits| {
            (hits.conversation.target_id, hits.count, hits.exact, hits.latest.message.sent_time)
        };
        hits.into_iter().map(show).collect()
    };
    let row = |peer: &str, count, time| (peer.to_owned(), count, true, time);
    assert_eq!(show("sea", 2), [row("peer-3", 10, 1039), row("peer-2", 10, 1038)]);
    assert_eq!(show("sea", 10).len(), 4);
    assert_eq!(show("\"the sea, calm\"", 10), [row("peer-3", 5, 1039)]);
    assert_eq!(show("\"the sea\" calm", 1), [row("peer-3", 10, 1039)]);
    assert!(conversations(&connection, "sea", &[ConversationType::Group], 10).unwrap().is_empty());
    assert!(conversations(&connection, "sea", &[], 0).is_err());
}

fn enqueue(connection: &Connection, client_id: i64, text: &str, time: i64) -> i64 {
    let new = NewMessage {
        conversation: ConversationKey::private("bob"),
        sender: "me".into(),
        object_name: "RC:TxtMsg".into(),
        content: serde_json::json!({ "content": text }).to_string(),
        flags: crate::model::MessageFlags::PERSISTED,
        client_id,
        time,
        topic: Topic::PrivateMessage,
        body: Bytes::new(),
        expansion: None,
        search_words: None,
    };
    store::enqueue(connection, &new).unwrap().0.id
}

/// The index against one made anew.
fn assert_consistent(connection: &Connection) {
    let keys = |connection: &Connection| -> Vec<i64> {
        let mut statement = connection.prepare("SELECT rowid FROM search ORDER BY rowid").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let before = keys(connection);
    let rows: i64 = connection.query_row("SELECT count(*) FROM message", [], |row| row.get(0)).unwrap();
    assert_eq!(before.len() as i64, rows);
    assert_eq!(reindex(connection).unwrap() as i64, rows);
    assert_eq!(keys(connection), before);
}

#[test]
fn the_index_follows_a_message_through_its_life() {
    let connection = with(&["old words"]);
    let id = enqueue(&connection, 7, "fresh words", 5000);
    assert_eq!(found(&connection, "words"), ["fresh words", "old words"]);
    // The server's time differs: the message moves, and is not found twice.
    let sent = SendOutcome::Sent { uid: "mine".into(), time: 500 };
    let message = store::settle(&connection, id, &sent).unwrap().unwrap();
    assert_eq!(message.sent_status, SentStatus::Sent);
    assert_eq!(found(&connection, "words"), ["old words", "fresh words"]);
    assert_consistent(&connection);

    // A pull brought it as a stranger: the double goes from the index as well.
    let other = enqueue(&connection, 8, "fresh again", 6000);
    let bob = ConversationKey::private("bob");
    receive(&connection, vec![incoming("double", &bob, "me", "fresh again", 6001)]);
    assert_eq!(found(&connection, "again").len(), 2);
    store::settle(&connection, other, &SendOutcome::Sent { uid: "double".into(), time: 6001 }).unwrap();
    assert_eq!(found(&connection, "again").len(), 1);

    let refused = enqueue(&connection, 9, "refused", 7000);
    let outcome = SendOutcome::Refused { code: ErrorCode::BIZ_ERROR_INVALID_PARAMETER, uid: None, time: 100 };
    store::settle(&connection, refused, &outcome).unwrap();
    assert_eq!(found(&connection, "refused").len(), 1);
    assert_consistent(&connection);

    connection
        .execute("UPDATE message SET content = '{\"content\":\"changed\"}' WHERE id = ?1", [id])
        .unwrap();
    index(&connection, id).unwrap();
    assert_eq!(found(&connection, "changed").len(), 1);
    assert!(found(&connection, "fresh").iter().all(|text| text != "fresh words"));

    forget(&connection, id).unwrap();
    connection.execute("DELETE FROM message WHERE id = ?1", [id]).unwrap();
    assert!(found(&connection, "changed").is_empty());
    assert_consistent(&connection);

    index(&connection, 4711).unwrap();
}

#[test]
fn reindex_goes_through_many_messages_of_one_time() {
    let connection = database();
    let bob = ConversationKey::private("bob");
    let message = |number: i64| incoming(&format!("u{number}"), &bob, "bob", "same", 1000);
    receive(&connection, (0..2500).map(message).collect());
    connection.execute("INSERT INTO search (search) VALUES ('delete-all')", []).unwrap();
    assert!(found(&connection, "same").is_empty());
    assert_eq!(reindex(&connection).unwrap(), 2500);
    assert_eq!(count(&connection, &query("same")).unwrap().count, 2500);
}

/// No scan of the messages, no sort: what stays fast with a million of them.
#[test]
fn every_query_goes_by_the_index() {
    let connection = database();
    for sql in [find::candidates_sql(), find::places_sql(), find::COUNT_SQL.to_owned()] {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let plan: Vec<String> = statement
            .query_map(params!["\"x\"", 0, i64::MAX], |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let plan = plan.join("\n");
        assert!(plan.contains("SCAN s VIRTUAL TABLE INDEX"), "{plan}");
        assert!(
            !plan.contains("SCAN m") && !plan.contains("SCAN c") && !plan.contains("TEMP B-TREE"),
            "{plan}"
        );
        if sql.contains("message m") {
            assert!(
                plan.contains("SEARCH m USING") && plan.contains("message_by_sent_time (sent_time=?)"),
                "{plan}"
            );
        }
    }
}
