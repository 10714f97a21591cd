//! The note `native` of an entry, and what an entry expects once its note is applied.

use serde_json::{Map, Value};

use super::files::{known_keys, map, text};

/// Keys that explain an entry. They are read by people only and compared with nothing.
pub(crate) const EXPLAIN: &[&str] =
    &["name", "description", "about", "source", "transport", "error", "errorType", "_name"];

/// What a native implementation does with an entry.
#[derive(Debug, Clone)]
pub(crate) enum Note {
    /// What is recorded.
    Same,
    /// It refuses the bytes.
    Reject,
    /// The entry means nothing to it.
    Skip,
    /// What is recorded, with these changes.
    Change {
        /// Takes the place of recorded fields; null means none.
        value: Option<Map<String, Value>>,
        /// The only recorded fields that count.
        only: Option<Vec<String>>,
        /// Whether encoding gives the same bytes.
        reencode: bool,
    },
}

/// The columns of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Same,
    Value,
    Match,
    Reject,
    Skip,
}

impl Note {
    /// Reads a note.
    pub(crate) fn parse(note: &Value) -> Result<Self, String> {
        let object = match note {
            Value::String(word) if word == "same" => return Ok(Self::Same),
            Value::String(word) if word == "reject" => return Ok(Self::Reject),
            Value::Object(object) => object,
            other => return Err(format!("the note {other} is not understood")),
        };
        if let Some(skip) = object.get("skip") {
            let alone = object.len() == 1 && skip.as_str().is_some_and(|why| !why.trim().is_empty());
            return if alone {
                Ok(Self::Skip)
            } else {
                Err("a skip needs its reason and nothing else".into())
            };
        }
        known_keys(object, &["value", "match", "reencode", "why"])?;
        if !object.contains_key("value") && !object.contains_key("match") {
            return Err("the note has neither value, match nor skip".into());
        }
        let value = match object.get("value") {
            None => None,
            Some(_) => Some(map(object, "value")?.clone()),
        };
        let only = match object.get("match") {
            None => None,
            Some(Value::Array(names)) => Some(
                names
                    .iter()
                    .map(|name| name.as_str().map(str::to_owned).ok_or("match names fields by text"))
                    .collect::<Result<_, _>>()?,
            ),
            Some(_) => return Err("match is not an array".into()),
        };
        let reencode = match object.get("reencode") {
            None => true,
            Some(value) => value.as_bool().ok_or("reencode is not a truth value")?,
        };
        Ok(Self::Change { value, only, reencode })
    }

    /// Its column.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Same => Kind::Same,
            Self::Reject => Kind::Reject,
            Self::Skip => Kind::Skip,
            Self::Change { value: None, .. } => Kind::Match,
            Self::Change { .. } => Kind::Value,
        }
    }

    /// Whether encoding what was decoded must give the bytes that came.
    pub(crate) fn reencode(&self) -> bool {
        !matches!(self, Self::Change { reencode: false, .. })
    }

    /// What the note puts in place of `key`.
    pub(crate) fn replaces(&self, key: &str) -> Option<&Value> {
        match self {
            Self::Change { value: Some(value), .. } => value.get(key),
            _ => None,
        }
    }

    /// Whether `key` is compared at all.
    pub(crate) fn counts(&self, key: &str) -> bool {
        match self {
            Self::Change { value, only: Some(only), .. } => {
                only.iter().any(|name| name == key)
                    || value.as_ref().is_some_and(|value| value.contains_key(key))
            }
            _ => true,
        }
    }

    /// The recorded fields with the note applied. Null stays in the result and means none.
    pub(crate) fn apply(&self, recorded: &Map<String, Value>) -> Result<Map<String, Value>, String> {
        let Self::Change { value, only, .. } = self else { return Ok(recorded.clone()) };
        let mut expected = recorded.clone();
        if let Some(only) = only {
            if let Some(name) = only.iter().find(|name| !recorded.contains_key(*name)) {
                return Err(format!("match names {name}, which is not recorded"));
            }
            expected.retain(|key, _| only.contains(key));
        }
        for (key, item) in value.iter().flatten() {
            expected.insert(key.clone(), item.clone());
        }
        Ok(expected)
    }
}

/// The note at the top of a file that is a table.
pub(crate) struct TableNote {
    entries: Note,
    except: Map<String, Value>,
}

impl TableNote {
    /// Reads it; `None` for a file without one, whose entries all have their own.
    pub(crate) fn of(file: &Map<String, Value>) -> Result<Option<Self>, String> {
        if !file.contains_key("native") {
            return Ok(None);
        }
        let native = map(file, "native")?;
        known_keys(native, &["how", "entries", "except", "fields"])?;
        text(native, "how")?;
        let entries = Note::parse(native.get("entries").ok_or("the table's note has no entries")?)?;
        let except = match native.get("except") {
            None => Map::new(),
            Some(_) => map(native, "except")?.clone(),
        };
        Ok(Some(Self { entries, except }))
    }

    /// The note of the entry of this name.
    pub(crate) fn note(&self, name: &str) -> Result<Note, String> {
        self.except.get(name).map_or_else(|| Ok(self.entries.clone()), Note::parse)
    }
}

/// One vector.
pub(crate) struct Entry<'a> {
    /// Everything it says.
    pub(crate) object: &'a Map<String, Value>,
    /// What it means.
    pub(crate) note: Note,
}

impl<'a> Entry<'a> {
    /// Reads an entry whose keys are among `known`.
    pub(crate) fn read(value: &'a Value, table: Option<&TableNote>, known: &[&str]) -> Result<Self, String> {
        let object = value.as_object().ok_or("not an object")?;
        known_keys(object, &[known, &["native", "direction"]].concat())?;
        let ways = ["both", "client->server", "server->client"];
        if object.get("direction").is_some_and(|way| !ways.iter().any(|known| way == known)) {
            return Err("the direction is not known".into());
        }
        let note = match (object.get("native"), table) {
            (Some(note), _) => Note::parse(note)?,
            (None, Some(table)) => table.note(text(object, "name")?)?,
            (None, None) => return Err("there is no note".into()),
        };
        Ok(Self { object, note })
    }

    /// What it expects: its fields and those keys beside them that `beside` names, as the note has it.
    /// Names that the note leaves out must be known all the same.
    pub(crate) fn expected(
        &self,
        beside: &[&str],
        known: impl Fn(&str) -> bool,
    ) -> Result<Map<String, Value>, String> {
        let mut recorded = match self.object.get("fields") {
            None => Map::new(),
            Some(_) => map(self.object, "fields")?.clone(),
        };
        for key in beside {
            let Some(value) = self.object.get(*key) else { continue };
            if recorded.insert((*key).to_owned(), value.clone()).is_some() {
                return Err(format!("{key} stands both in fields and beside them"));
            }
        }
        let unknown = recorded.keys().find(|key| !EXPLAIN.contains(&key.as_str()) && !known(key));
        if let Some(key) = unknown {
            return Err(format!("{key}: no rule reads this field"));
        }
        self.note.apply(&recorded)
    }

    /// Its direction: up is true.
    pub(crate) fn goes_up(&self) -> Result<bool, String> {
        match text(self.object, "direction")? {
            "client->server" => Ok(true),
            "server->client" => Ok(false),
            other => Err(format!("the direction {other} says no way")),
        }
    }
}

/// The name an entry is reported under.
pub(crate) fn name_of(value: &Value, index: usize) -> String {
    value.get("name").and_then(Value::as_str).map_or_else(|| format!("#{index}"), str::to_owned)
}
