//! What a client told its host in all its lives. Lines come through a pipe: one that was written before its
//! process died is read afterwards. A line before a step and one after it; what has its second line has happened.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write as _;

use anyhow::{Context as _, bail};

use super::check::Violation;

/// Writes a line to the parent, in one piece.
pub(crate) fn tell(word: &str, fields: &[&str]) -> anyhow::Result<()> {
    let line = format!("{word}\t{}\n", fields.join("\t"));
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).context("nobody listens")
}

/// How far the present life has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Progress {
    /// Things told.
    pub(crate) told: usize,
    /// It has sent what it had to send.
    pub(crate) done: bool,
    /// Every own message has its fate.
    pub(crate) settled: bool,
    /// Everything that waited at the server is stored.
    pub(crate) synced: bool,
}

/// What all lives told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    pub(crate) now: Progress,
    /// Texts that the client was asked to send; whether it said that they are durable.
    pub(crate) sends: BTreeMap<String, bool>,
    /// Texts that were acknowledged: uid and time.
    pub(crate) sent: HashMap<String, (String, i64)>,
    /// Texts that were refused, with the code.
    pub(crate) failed: HashMap<String, i32>,
    /// Uids that it told as new.
    pub(crate) heard: HashSet<String>,
    /// The latest read mark per conversation that it said is set.
    pub(crate) marks: HashMap<String, i64>,
    /// The newest words about its connection, for people.
    pub(crate) status: String,
}

impl Record {
    /// A life begins.
    pub(crate) fn begin(&mut self) {
        self.now = Progress::default();
    }

    /// Own messages that have met their fate.
    pub(crate) fn fates(&self) -> usize {
        self.sent.len() + self.failed.len()
    }

    /// Adds a line. An error says what must not be told.
    pub(crate) fn add(&mut self, line: &str) -> anyhow::Result<()> {
        let fields: Vec<&str> = line.split('\t').collect();
        match fields.as_slice() {
            ["send", text] => {
                if self.sends.insert((*text).to_owned(), false).is_some() {
                    bail!("the script sent {text} twice");
                }
            }
            ["durable", text] => drop(self.sends.insert((*text).to_owned(), true)),
            ["sent", text, uid, time] => {
                let fate = ((*uid).to_owned(), time.parse()?);
                if let Some(other) = self.sent.insert((*text).to_owned(), fate) {
                    bail!(Violation(format!("{text} was told as sent twice, at first as {other:?}")));
                }
            }
            ["failed", text, code] => drop(self.failed.insert((*text).to_owned(), code.parse()?)),
            ["heard", uid] => {
                if !self.heard.insert((*uid).to_owned()) {
                    bail!(Violation(format!("the host heard of {uid} twice")));
                }
            }
            ["marked", conversation, time] => {
                let time: i64 = time.parse()?;
                let mark = self.marks.entry((*conversation).to_owned()).or_default();
                *mark = time.max(*mark);
            }
            ["status", words] => (*words).clone_into(&mut self.status),
            ["done", _] => self.now.done = true,
            ["settled", _] => self.now.settled = true,
            ["synced", _] => self.now.synced = true,
            ["wrong", what] => bail!("{what}"),
            _ => bail!("a line of no meaning: {line}"),
        }
        self.now.told += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_twice() {
        let mut record = Record::default();
        for line in
            ["send\ta", "durable\ta", "sent\ta\tU1\t5", "heard\tU2", "marked\tbob\t7", "marked\tbob\t3"]
        {
            record.add(line).unwrap();
        }
        assert_eq!((record.fates(), record.now.told, record.marks["bob"]), (1, 6, 7));
        record.begin();
        assert!(record.add("sent\ta\tU1\t5").is_err());
        assert!(record.add("heard\tU2").is_err());
        assert!(record.add("send\ta").is_err());
        assert!(record.add("nonsense").is_err());
        assert!(record.add("wrong\twhatever").is_err());
    }
}
