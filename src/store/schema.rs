//! Migrations: numbered, append-only, each in its own transaction with the version bump.

use rusqlite::Connection;

use super::{StoreError, search};
use crate::kill::{self, Point};
use crate::model::ErrorCode;

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/001.sql"),
    include_str!("migrations/002.sql"),
    include_str!("migrations/003.sql"),
    include_str!("migrations/004.sql"),
    include_str!("migrations/005.sql"),
    include_str!("migrations/006.sql"),
];

/// The schema that brought the search index: messages of an older one are not in it yet.
const SEARCH_SINCE: u32 = 4;

/// Brings a database to the newest schema.
///
/// # Errors
/// The database is newer than this code, or cannot be written.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version as usize > MIGRATIONS.len() {
        return Err(StoreError::new(
            ErrorCode::DATABASE_NEWER,
            format!("schema {version}, this library knows {}", MIGRATIONS.len()),
        ));
    }
    run(connection, version, newest())
}

/// The version that this code writes.
pub(super) fn newest() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

/// An empty database of an older version: it tells in which order that version's records have their columns.
pub(super) fn in_memory(version: u32) -> Result<Connection, StoreError> {
    let mut connection = Connection::open_in_memory()?;
    run(&mut connection, 0, version)?;
    Ok(connection)
}

fn run(connection: &mut Connection, from: u32, to: u32) -> Result<(), StoreError> {
    for (number, migration) in (1_u32..=to).zip(MIGRATIONS).skip(from as usize) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        if number == SEARCH_SINCE {
            search::reindex(&transaction)?;
        }
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
        kill::reach(Point::Migrated);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `docs/schema.sql` is for readers; this keeps it true.
    #[test]
    fn the_documented_schema_is_the_real_one() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let mut statement = connection
            .prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
            .unwrap();
        let real: Vec<String> =
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        let real = real.join(";\n\n") + ";\n";
        let documented = include_str!("../../docs/schema.sql");
        if std::env::var_os("ANSER_UPDATE_DOCS").is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema.sql"), &real).unwrap();
        } else {
            assert_eq!(
                real, documented,
                "run `ANSER_UPDATE_DOCS=1 cargo test -p anser schema` to write it anew"
            );
        }
    }

    #[test]
    fn a_newer_database_is_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert_eq!(migrate(&mut connection).unwrap_err().code, ErrorCode::DATABASE_NEWER);
    }
}
