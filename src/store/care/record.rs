//! SQLite's record format, read from a page without the tree around it: cells of table leaves, overflow
//! chains, values. The file format is documented and frozen. Nothing here trusts a byte.

use rusqlite::types::Value;

use super::pages::Pages;

/// Bytes of one record, at most: what a message can hold, twice over.
const MAX_RECORD: u64 = 1 << 20;

/// A row as its leaf has it: the alias of the rowid reads as NULL.
pub(super) struct RawRow {
    pub(super) rowid: i64,
    pub(super) values: Vec<Value>,
}

pub(super) fn byte(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at).map(|byte| usize::from(*byte))
}

pub(super) fn short(bytes: &[u8], at: usize) -> Option<usize> {
    Some(byte(bytes, at)? << 8 | byte(bytes, at + 1)?)
}

/// A variable-length integer and how many bytes it takes.
fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for length in 0..8 {
        let byte = *bytes.get(at + length)?;
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, length + 1));
        }
    }
    Some((value << 8 | u64::from(*bytes.get(at + 8)?), 9))
}

/// The rows of a table leaf; cells that make no sense are left out.
pub(super) fn rows(pages: &Pages, image: &[u8], start: usize) -> Vec<RawRow> {
    let Some(count) = short(image, start + 3) else { return Vec::new() };
    let cell = |number: usize| {
        let at = short(image, start + 8 + 2 * number)?;
        if at < start + 8 { None } else { row(pages, image, at) }
    };
    (0..count.min(image.len() / 4)).filter_map(cell).collect()
}

fn row(pages: &Pages, image: &[u8], at: usize) -> Option<RawRow> {
    let (length, first) = varint(image, at)?;
    let (rowid, second) = varint(image, at + first)?;
    if length == 0 || length > MAX_RECORD {
        return None;
    }
    let record = payload(pages, image, at + first + second, length as usize)?;
    Some(RawRow { rowid: rowid as i64, values: values(&record)? })
}

/// The whole record: what the leaf holds, then what its overflow pages hold.
fn payload(pages: &Pages, image: &[u8], at: usize, length: usize) -> Option<Vec<u8>> {
    let usable = pages.usable();
    let most = usable.checked_sub(35)?;
    if length <= most {
        return Some(image.get(at..at + length)?.to_vec());
    }
    let least = (usable - 12) * 32 / 255 - 23;
    let wanted = least + (length - least) % (usable - 4);
    let local = if wanted <= most { wanted } else { least };
    let mut record = image.get(at..at + local)?.to_vec();
    let mut next = super::wal::word(image, at + local)?;
    while record.len() < length {
        let page = pages.image(next)?;
        let part = (length - record.len()).min(usable - 4);
        record.extend_from_slice(page.get(4..4 + part)?);
        next = super::wal::word(page, 0)?;
    }
    Some(record)
}

fn values(record: &[u8]) -> Option<Vec<Value>> {
    let (header, mut at) = varint(record, 0)?;
    let header = usize::try_from(header).ok().filter(|header| *header <= record.len())?;
    let mut body = header;
    let mut values = Vec::new();
    while at < header {
        let (kind, length) = varint(record, at)?;
        at += length;
        let (value, length) = value(record, body, kind)?;
        body += length;
        values.push(value);
    }
    (body == record.len()).then_some(values)
}

fn value(record: &[u8], at: usize, kind: u64) -> Option<(Value, usize)> {
    let integer = |length: usize| {
        let bytes = record.get(at..at + length)?;
        let negative = bytes.first()? & 0x80 != 0;
        let start = if negative { -1_i64 } else { 0 };
        let number = bytes.iter().fold(start, |number, byte| number << 8 | i64::from(*byte));
        Some((Value::Integer(number), length))
    };
    match kind {
        0 => Some((Value::Null, 0)),
        1..=4 => integer(kind as usize),
        5 => integer(6),
        6 => integer(8),
        7 => {
            let bytes = record.get(at..at + 8)?.try_into().ok()?;
            Some((Value::Real(f64::from_be_bytes(bytes)), 8))
        }
        8 => Some((Value::Integer(0), 0)),
        9 => Some((Value::Integer(1), 0)),
        10 | 11 => None,
        _ => {
            let length = usize::try_from((kind - 12) / 2).ok().filter(|length| *length <= record.len())?;
            let bytes = record.get(at..at + length)?.to_vec();
            let value = if kind.is_multiple_of(2) { Value::Blob(bytes) } else { Value::Text(lossy(bytes)) };
            Some((value, length))
        }
    }
}

/// Text with what is no UTF-8 any more shown as U+FFFD.
pub(super) fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_by_its_header() {
        // Header of three bytes: an integer of one byte, a text of two.
        assert_eq!(
            values(&[3, 1, 17, 7, b'h', b'i']),
            Some(vec![Value::Integer(7), Value::Text("hi".into())])
        );
        assert_eq!(values(&[3, 1, 17, 7, b'h']), None, "the text is cut off");
    }

    #[test]
    fn a_header_beyond_its_record_is_none() {
        let mut record = vec![0xff; 9];
        record.extend([1, 7]);
        assert_eq!(values(&record), None);
    }
}
