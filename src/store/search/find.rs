//! The queries. Each walks the index backwards in time, lets the text of a candidate decide, and stops when
//! it has enough or has looked at as many as one call may.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::conversations::known_id;
use super::super::messages::{COLUMNS, from_row};
use super::text::text_of;
use super::tokens::Tokens;
use super::types::{ConversationHits, SearchCount, SearchHit, SearchPage, SearchQuery};
use super::words::Terms;
use super::{ID_BITS, MAX_TIME, StoreError};
use crate::model::{ConversationType, ErrorCode, Message};

/// Longest search text, in bytes.
const MAX_TEXT: usize = 1024;
/// Most hits or conversations of one call.
const MAX_COUNT: u32 = 1000;
/// Most senders, or object names, that one query names.
const MAX_NAMES: usize = 100;
/// Candidates that a page looks at: some tens of milliseconds.
const MAX_LOOKED_AT: usize = 3000;
/// Candidates that a count looks at: a tenth of a second.
const MAX_COUNTED: usize = 10_000;

/// From an entry of the index to its message: by its time, then by the bits of its id. A time that the
/// index cannot hold (before 1970, after 2109) is not found.
const SAME: &str = "m.sent_time = s.rowid >> 21 AND (m.id & 2097151) = (s.rowid & 2097151)";

/// Candidates in the order of time, with their messages.
pub(super) fn candidates_sql() -> String {
    format!(
        "SELECT {COLUMNS}, s.rowid, m.search_words FROM search s CROSS JOIN message m ON {SAME}
         JOIN conversation c ON c.id = m.conversation
         WHERE s.search MATCH ?1 AND s.rowid BETWEEN ?2 AND ?3 ORDER BY s.rowid DESC"
    )
}

/// Only in which conversations candidates are.
pub(super) fn places_sql() -> String {
    format!(
        "SELECT m.conversation, s.rowid FROM search s CROSS JOIN message m ON {SAME}
         WHERE s.search MATCH ?1 AND s.rowid BETWEEN ?2 AND ?3 ORDER BY s.rowid DESC"
    )
}

/// Every kind of conversation that is stored.
const KINDS: &[ConversationType] = &[
    ConversationType::Private,
    ConversationType::Discussion,
    ConversationType::Group,
    ConversationType::Chatroom,
    ConversationType::CustomerService,
    ConversationType::System,
    ConversationType::AppPublicService,
    ConversationType::PublicService,
    ConversationType::UltraGroup,
];

/// How many candidates there are.
pub(super) const COUNT_SQL: &str =
    "SELECT count(*) FROM search s WHERE s.search MATCH ?1 AND s.rowid BETWEEN ?2 AND ?3";

/// A query, understood.
struct Plan {
    terms: Terms,
    /// What FTS5 is asked; `None` if nothing can match.
    expression: Option<String>,
    first: i64,
    last: i64,
}

impl Plan {
    fn new(connection: &Connection, query: &SearchQuery) -> Result<Self, StoreError> {
        let terms = Terms::parse(checked_text(&query.text)?);
        let has_filter = query.conversation.is_some()
            || !query.types.is_empty()
            || !query.sender_ids.is_empty()
            || !query.object_names.is_empty()
            || query.from_time > 0
            || query.to_time > 0;
        let names = query.sender_ids.len().max(query.object_names.len());
        if terms.0.is_empty() && (!has_filter || !query.text.trim().is_empty()) {
            return Err(invalid("the search text has no words"));
        }
        if query.from_time < 0 || query.to_time < 0 || query.before.is_some_and(|before| before < 0) {
            return Err(invalid("a time is negative"));
        }
        if names > MAX_NAMES {
            return Err(invalid("too many senders or object names"));
        }
        let mut all = terms.expressions();
        all.extend(any_of(&query.sender_ids, |tokens, sender| tokens.sender(sender)));
        all.extend(any_of(&query.object_names, |tokens, name| tokens.object_name(name)));
        all.extend(any_of(&query.types, |tokens, kind| tokens.kind(*kind)));
        let mut known = true;
        if let Some(key) = &query.conversation {
            match known_id(connection, key)? {
                Some(row) => all.extend(any_of(&[row], |tokens, row| tokens.conversation(*row))),
                None => known = false,
            }
        }
        if all.is_empty() {
            // Only a time: every message has a kind of conversation.
            all.extend(any_of(KINDS, |tokens, kind| tokens.kind(*kind)));
        }
        let limit = |time: i64| time.min(MAX_TIME) << ID_BITS;
        let end = if query.to_time > 0 { limit(query.to_time) | ((1 << ID_BITS) - 1) } else { i64::MAX };
        let last = query.before.map_or(end, |before| end.min(before - 1));
        Ok(Self { terms, expression: known.then(|| all.join(" AND ")), first: limit(query.from_time), last })
    }

    /// Whether what the index finds are hits, without a look at the text.
    fn is_certain(&self) -> bool {
        self.terms.are_single_tokens()
    }

    /// The expression, only within one conversation.
    fn within(&self, conversation: i64) -> String {
        let place = any_of(&[conversation], |tokens, row| tokens.conversation(*row));
        self.expression.iter().cloned().chain(place).collect::<Vec<_>>().join(" AND ")
    }
}

fn invalid(detail: &str) -> StoreError {
    StoreError::new(ErrorCode::BIZ_ERROR_INVALID_PARAMETER, detail)
}

fn checked_text(text: &str) -> Result<&str, StoreError> {
    if text.len() > MAX_TEXT { Err(invalid("the search text is too long")) } else { Ok(text) }
}

fn checked_count(count: u32) -> Result<usize, StoreError> {
    if count == 0 || count > MAX_COUNT {
        Err(invalid("the count is not within 1 to 1000"))
    } else {
        Ok(count as usize)
    }
}

/// Any of these tokens, as FTS5 writes it; nothing if there are none.
fn any_of<T>(values: &[T], token: impl Fn(&mut Tokens, &T)) -> Option<String> {
    let quoted = values.iter().map(|value| {
        let mut tokens = Tokens::default();
        token(&mut tokens, value);
        format!("\"{}\"", tokens.0)
    });
    let quoted: Vec<String> = quoted.collect();
    (!quoted.is_empty()).then(|| format!("({})", quoted.join(" OR ")))
}

/// A candidate of [`candidates_sql`], which has two columns after the message's, and its key; no hit if its text does not hold the terms.
fn candidate(row: &Row<'_>, terms: &Terms) -> rusqlite::Result<(i64, Option<SearchHit>)> {
    let own_columns = row.as_ref().column_count().saturating_sub(2);
    let words: Option<String> = row.get(own_columns + 1)?;
    let message: Message = from_row(row)?;
    let text = text_of(&message.object_name, &message.content, words.as_deref());
    let hit = terms.find(&text).map(|ranges| SearchHit { message, text, ranges });
    Ok((row.get(own_columns)?, hit))
}

/// A page of hits, newest first.
///
/// # Errors
/// 33003 for a query that says nothing, is longer than 1024 bytes, or has a count of 0 or above 1000; the
/// database fails.
pub fn messages(connection: &Connection, query: &SearchQuery) -> Result<SearchPage, StoreError> {
    let wanted = checked_count(query.count)?;
    let plan = Plan::new(connection, query)?;
    let mut page = SearchPage { hits: Vec::new(), next: None };
    let Some(expression) = &plan.expression else { return Ok(page) };
    let mut statement = connection.prepare_cached(&candidates_sql())?;
    let mut rows = statement.query(params![expression, plan.first, plan.last])?;
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        let (key, hit) = candidate(row, &plan.terms)?;
        page.hits.extend(hit);
        looked_at += 1;
        if page.hits.len() == wanted || looked_at == MAX_LOOKED_AT {
            page.next = Some(key);
            break;
        }
    }
    Ok(page)
}

/// How many messages match. `before` and `count` of the query do not matter.
///
/// # Errors
/// As [`messages`].
pub fn count(connection: &Connection, query: &SearchQuery) -> Result<SearchCount, StoreError> {
    let plan = Plan::new(connection, &SearchQuery { before: None, ..query.clone() })?;
    let Some(expression) = &plan.expression else { return Ok(SearchCount { count: 0, exact: true }) };
    if plan.is_certain() {
        let count = certain(connection, expression, &plan)?;
        return Ok(SearchCount { count, exact: true });
    }
    let mut statement = connection.prepare_cached(&candidates_sql())?;
    let mut rows = statement.query(params![expression, plan.first, plan.last])?;
    let (mut looked_at, mut count) = (0, 0);
    while let Some(row) = rows.next()? {
        if looked_at == MAX_COUNTED {
            return Ok(SearchCount { count, exact: false });
        }
        looked_at += 1;
        count += u32::from(candidate(row, &plan.terms)?.1.is_some());
    }
    Ok(SearchCount { count, exact: true })
}

/// How many candidates there are, where each of them is a hit.
fn certain(connection: &Connection, expression: &str, plan: &Plan) -> Result<u32, StoreError> {
    let mut statement = connection.prepare_cached(COUNT_SQL)?;
    Ok(statement.query_row(params![expression, plan.first, plan.last], |row| row.get(0))?)
}

/// Conversations on the way to their counts, the one with the newest hit first.
#[derive(Default)]
struct Found {
    list: Vec<FoundIn>,
    at: HashMap<i64, usize>,
}

struct FoundIn {
    row: i64,
    count: u32,
    latest: i64,
}

impl Found {
    fn note(&mut self, row: i64, key: i64) {
        let at = *self.at.entry(row).or_insert(self.list.len());
        match self.list.get_mut(at) {
            Some(found) => found.count += 1,
            None => self.list.push(FoundIn { row, count: 1, latest: key }),
        }
    }
}

/// Up to `count` conversations that hold matching messages, the one with the newest such message first.
///
/// # Errors
/// As [`messages`]; the text must have words.
pub fn conversations(
    connection: &Connection,
    text: &str,
    types: &[ConversationType],
    count: u32,
) -> Result<Vec<ConversationHits>, StoreError> {
    let wanted = checked_count(count)?;
    let query = SearchQuery { text: text.to_owned(), types: types.to_vec(), ..SearchQuery::default() };
    let plan = Plan::new(connection, &query)?;
    if plan.terms.0.is_empty() {
        return Err(invalid("the search text has no words"));
    }
    let Some(expression) = &plan.expression else { return Ok(Vec::new()) };
    let certain_hits = plan.is_certain();
    let (found, complete) = if certain_hits {
        certain_places(connection, expression, &plan, wanted)?
    } else {
        looked_up_places(connection, expression, &plan)?
    };
    let mut hits = Vec::new();
    for found in found.list.into_iter().take(wanted) {
        let Some(latest) = hit(connection, &plan, found.row, found.latest)? else { continue };
        let count = if certain_hits && !complete {
            certain(connection, &plan.within(found.row), &plan)?
        } else {
            found.count
        };
        let conversation = latest.message.conversation.clone();
        hits.push(ConversationHits { conversation, count, exact: certain_hits || complete, latest });
    }
    Ok(hits)
}

/// Stops once enough conversations are known: the index counts each of them by itself.
fn certain_places(
    connection: &Connection,
    expression: &str,
    plan: &Plan,
    wanted: usize,
) -> Result<(Found, bool), StoreError> {
    let mut found = Found::default();
    let mut statement = connection.prepare_cached(&places_sql())?;
    let mut rows = statement.query(params![expression, plan.first, plan.last])?;
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        if found.list.len() == wanted || looked_at == MAX_COUNTED {
            return Ok((found, false));
        }
        looked_at += 1;
        found.note(row.get(0)?, row.get(1)?);
    }
    Ok((found, true))
}

/// Looks at every candidate, as many as a call may.
fn looked_up_places(
    connection: &Connection,
    expression: &str,
    plan: &Plan,
) -> Result<(Found, bool), StoreError> {
    let mut found = Found::default();
    let mut statement = connection.prepare_cached(&candidates_sql())?;
    let mut rows = statement.query(params![expression, plan.first, plan.last])?;
    let mut rows_of = HashMap::new();
    let mut looked_at = 0;
    while let Some(row) = rows.next()? {
        if looked_at == MAX_COUNTED {
            return Ok((found, false));
        }
        looked_at += 1;
        if let (key, Some(hit)) = candidate(row, &plan.terms)? {
            let conversation = hit.message.conversation;
            let row = match rows_of.get(&conversation) {
                Some(row) => *row,
                None => {
                    let row = known_id(connection, &conversation)?.unwrap_or_default();
                    rows_of.insert(conversation, row);
                    row
                }
            };
            found.note(row, key);
        }
    }
    Ok((found, true))
}

/// The hit of this key.
fn hit(connection: &Connection, plan: &Plan, row: i64, key: i64) -> Result<Option<SearchHit>, StoreError> {
    let mut statement = connection.prepare_cached(&candidates_sql())?;
    let found = statement
        .query_row(params![plan.within(row), key, key], |row| Ok(candidate(row, &plan.terms)?.1))
        .optional()?;
    Ok(found.flatten())
}
