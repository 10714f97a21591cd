//! What the client under test was told, outside its database: a line before each step and one after it. What
//! has its second line has happened; what has only its first may have. Lines survive the death of the process.

use std::collections::{HashMap, HashSet};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, bail};

const NAME: &str = "journal";

/// The writing end.
pub(crate) struct Journal(Mutex<File>);

impl Journal {
    /// Opens the journal of a seed's folder, to be continued.
    pub(crate) fn open(folder: &Path) -> anyhow::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(folder.join(NAME))?;
        Ok(Self(Mutex::new(file)))
    }

    /// Writes a line in one piece.
    pub(crate) fn note(&self, word: &str, fields: &[&str]) -> anyhow::Result<()> {
        let line = format!("{word}\t{}\n", fields.join("\t"));
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(line.as_bytes()).context("the journal cannot be written")
    }
}

/// What all lives of a client noted.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    /// Texts that the client was asked to send; whether it said that they are durable.
    pub(crate) sends: HashMap<String, bool>,
    /// Uids of messages that the client was asked to recall, with their texts; whether it said it is done.
    pub(crate) recalls: HashMap<String, (String, bool)>,
    /// The latest read mark per conversation that the client said is set.
    pub(crate) marks: HashMap<String, i64>,
    /// Uids that the client told as new.
    pub(crate) heard: HashSet<String>,
    /// Imports that came to their end.
    pub(crate) imports: usize,
}

impl Noted {
    /// Reads the journal of a seed's folder.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(folder.join(NAME)).context("no journal")?;
        let mut noted = Self::default();
        for line in text.lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            match fields.as_slice() {
                ["send", text] => {
                    if noted.sends.insert((*text).to_owned(), false).is_some() {
                        bail!("the script sent {text} twice");
                    }
                }
                ["durable", text] => {
                    noted.sends.insert((*text).to_owned(), true);
                }
                ["recall", uid, text] => {
                    noted.recalls.insert((*uid).to_owned(), ((*text).to_owned(), false));
                }
                ["recalled", uid] => {
                    noted.recalls.entry((*uid).to_owned()).or_default().1 = true;
                }
                ["marked", conversation, time] => {
                    let time: i64 = time.parse()?;
                    let mark = noted.marks.entry((*conversation).to_owned()).or_default();
                    *mark = time.max(*mark);
                }
                ["heard", uid] => {
                    if !noted.heard.insert((*uid).to_owned()) {
                        bail!("the host heard of {uid} twice");
                    }
                }
                ["imported", ..] => noted.imports += 1,
                _ => bail!("the journal has a line of no meaning: {line}"),
            }
        }
        Ok(noted)
    }
}
