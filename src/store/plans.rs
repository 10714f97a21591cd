//! How SQLite answers the questions that screens ask all the time: each by an index, in its order. A change of
//! a query or an index that makes one scan or sort fails here.

use rusqlite::Connection;

use super::{Location, open};

/// What SQLite says of a statement, line by line.
fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = statement.parameter_count();
    for at in 1..=parameters {
        statement.raw_bind_parameter(at, 1).unwrap();
    }
    let mut rows = statement.raw_query();
    let mut lines = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        lines.push(row.get::<_, String>(3).unwrap());
    }
    lines
}

fn assert_indexed(what: &str, sql: &str) {
    let connection = open(&Location::Memory).unwrap();
    for line in plan(&connection, sql) {
        let scans_all = line.starts_with("SCAN")
            && !line.contains("USING INDEX conversation_list")
            && !line.contains("USING COVERING INDEX")
            && !line.contains("CONSTANT ROW");
        assert!(!scans_all && !line.contains("TEMP B-TREE"), "{what}: {line}\n{sql}");
    }
}

#[test]
fn the_list_comes_in_the_order_of_its_index() {
    let filter = super::ConversationFilter::default();
    assert_indexed("the list", &super::conversations::list_sql(&filter));
    let private = super::ConversationFilter {
        types: vec![crate::model::ConversationType::Private],
        ..super::ConversationFilter::default()
    };
    assert_indexed("the list of one kind", &super::conversations::list_sql(&private));
}

#[test]
fn pages_of_messages_come_in_the_order_of_their_index() {
    assert_indexed("older messages", &super::history::page_sql(false, ""));
    assert_indexed("newer messages", &super::history::page_sql(true, ""));
}

#[test]
fn what_each_message_needs_is_looked_up() {
    for (what, sql) in [
        ("a message by uid", "SELECT id FROM message WHERE uid = ?1"),
        ("a message by its sender's number", "SELECT id FROM message WHERE client_id = ?1"),
        ("attempts that are written down", super::outbox::ATTEMPTS),
        ("a conversation", "SELECT id FROM conversation WHERE type = ?1 AND target = ?2"),
        ("what destroys itself", "SELECT min(destruct_at) FROM message WHERE destruct_at > 0"),
        (
            "the newest message of others",
            "SELECT m.sent_time FROM message m WHERE m.conversation = ?1 AND m.direction = 2
             ORDER BY m.sent_time DESC LIMIT 1",
        ),
        (
            "the unread count",
            "SELECT count(*) FROM message u WHERE u.conversation = ?1 AND u.counted = 1 AND u.direction = 2
             AND u.sent_time > ?2",
        ),
    ] {
        assert_indexed(what, sql);
    }
}
