//! The text of a demo: bytes, and where its lines end. A line is what stands between two `\n`: tabs and a
//! carriage return are part of it, and it may be empty. A last line need not end in `\n`.

use anyhow::{Context as _, bail};

pub(crate) struct Text {
    bytes: Vec<u8>,
}

impl Text {
    /// # Errors
    /// Not UTF-8, or with a NUL, which no text in C can hold.
    pub(crate) fn new(bytes: Vec<u8>) -> anyhow::Result<Self> {
        std::str::from_utf8(&bytes).context("it is not UTF-8")?;
        if bytes.contains(&0) {
            bail!("it holds a NUL");
        }
        Ok(Self { bytes })
    }

    pub(crate) fn lines(&self) -> Vec<&[u8]> {
        let mut lines: Vec<&[u8]> = self.bytes.split(|byte| *byte == b'\n').collect();
        // What follows the last line's end is no line.
        lines.pop_if(|last| last.is_empty());
        lines
    }

    /// The bytes of the first `count` lines, and the rest.
    pub(crate) fn split_after(&self, count: usize) -> (&[u8], &[u8]) {
        let ends = self.bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
        let at = match count {
            0 => 0,
            count => ends.into_iter().nth(count - 1).unwrap_or(self.bytes.len()),
        };
        self.bytes.split_at(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_what_stands_between_line_feeds() {
        for (text, lines) in [
            ("", vec![]),
            ("\n", vec![""]),
            ("a", vec!["a"]),
            ("a\n", vec!["a"]),
            ("a\r\n\n\tb\nc", vec!["a\r", "", "\tb", "c"]),
            ("a\n\n", vec!["a", ""]),
        ] {
            let text = Text::new(text.into()).unwrap();
            assert_eq!(text.lines(), lines.iter().map(|line| line.as_bytes()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn halves_together_are_the_whole() {
        let bytes = b"a\r\n\n\tb\nc".to_vec();
        let text = Text::new(bytes.clone()).unwrap();
        for count in 0..=4 {
            let (first, rest) = text.split_after(count);
            assert_eq!([first, rest].concat(), bytes);
            assert_eq!(Text::new(first.into()).unwrap().lines().len(), count);
            assert_eq!(Text::new(rest.into()).unwrap().lines().len(), 4 - count);
        }
    }

    #[test]
    fn what_c_cannot_hold_is_refused() {
        assert!(Text::new(vec![b'a', 0]).is_err());
        assert!(Text::new(vec![0xff]).is_err());
    }
}
