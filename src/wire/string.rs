//! The text of frames: CESU-8, each UTF-16 code unit encoded on its own, so that a character above
//! U+FFFF takes six bytes. Inside the basic plane it equals UTF-8.
//!
//! Readers take CESU-8 and UTF-8 alike and give real Unicode; writers emit CESU-8, the one form that
//! every generation of clients reads. Lone surrogates, overlong forms and torn sequences are refused.

use std::borrow::Cow;

/// Reads the bytes of a string (without its length).
///
/// # Errors
/// The offset of the first bad sequence.
pub fn read(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(error) => read_cesu(bytes, error.valid_up_to()).map(Cow::Owned),
    }
}

/// Slow path, for text that holds surrogate pairs. `valid` bytes at the start are known to be UTF-8.
fn read_cesu(bytes: &[u8], valid: usize) -> Result<String, usize> {
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    let mut known = valid;
    loop {
        let (start, rest) = bytes.split_at_checked(at).ok_or(at)?;
        let Some((good, tail)) = rest.split_at_checked(known - start.len()) else { return Err(at) };
        text.push_str(std::str::from_utf8(good).map_err(|error| at + error.valid_up_to())?);
        if tail.is_empty() {
            return Ok(text);
        }
        text.push(surrogate_pair(tail).ok_or(known)?);
        at = known + 6;
        let rest = bytes.get(at..).ok_or(known)?;
        known = match std::str::from_utf8(rest) {
            Ok(_) => bytes.len(),
            Err(error) => at + error.valid_up_to(),
        };
    }
}

/// `ED A0..AF xx ED B0..BF xx`: the two halves of one character.
fn surrogate_pair(bytes: &[u8]) -> Option<char> {
    let &[0xed, h1 @ 0xa0..=0xaf, h2 @ 0x80..=0xbf, 0xed, l1 @ 0xb0..=0xbf, l2 @ 0x80..=0xbf] =
        bytes.get(..6)?
    else {
        return None;
    };
    let high = u32::from(h1 & 0x0f) << 6 | u32::from(h2 & 0x3f);
    let low = u32::from(l1 & 0x0f) << 6 | u32::from(l2 & 0x3f);
    char::from_u32(0x1_0000 + (high << 10 | low))
}

/// How many bytes [`write()`] appends for `text`.
pub fn written_len(text: &str) -> usize {
    // Four UTF-8 bytes become two sequences of three; only bytes of 0xF0 and above start such a character.
    text.len() + 2 * text.bytes().filter(|byte| *byte >= 0xf0).count()
}

/// Appends `text` as CESU-8.
pub fn write(text: &str, out: &mut Vec<u8>) {
    if !text.bytes().any(|byte| byte >= 0xf0) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let mut buffer = [0; 4];
    for character in text.chars() {
        let point = u32::from(character);
        if point > 0xffff {
            let offset = point - 0x1_0000;
            push_unit(out, 0xd800 | offset >> 10);
            push_unit(out, 0xdc00 | offset & 0x3ff);
        } else {
            out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        }
    }
}

fn push_unit(out: &mut Vec<u8>, unit: u32) {
    // A surrogate lies in U+D800..=U+DFFF, so three bytes and no truncation below.
    out.extend_from_slice(&[
        0xe0 | (unit >> 12) as u8,
        0x80 | (unit >> 6 & 0x3f) as u8,
        0x80 | (unit & 0x3f) as u8,
    ]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(text in ".*") {
            let mut bytes = Vec::new();
            write(&text, &mut bytes);
            prop_assert_eq!(bytes.len(), written_len(&text));
            prop_assert_eq!(read(&bytes).unwrap(), text.as_str());
        }

        #[test]
        fn any_bytes_are_text_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            if let Err(offset) = read(&bytes) {
                prop_assert!(offset < bytes.len());
            }
        }

        #[test]
        fn utf8_reads_as_it_stands(text in ".*") {
            prop_assert_eq!(read(text.as_bytes()).unwrap(), text.as_str());
        }
    }

    #[test]
    fn both_forms_may_mix() {
        let mixed = b"a\xed\xa0\xbd\xed\xb8\x80b\xf0\x9f\x98\x80c\xed\xa0\xbd\xed\xb8\x80";
        assert_eq!(read(mixed).unwrap(), "a😀b😀c😀");
    }

    #[test]
    fn halves_and_overlong_forms_are_refused() {
        for bad in
            [&b"\xed\xa0\xbd"[..], b"\xed\xb8\x80\xed\xa0\xbd", b"\xc0\x80", b"\x80", b"a\xc3", b"\xff"]
        {
            assert!(read(bad).is_err(), "{bad:02x?}");
        }
    }
}
