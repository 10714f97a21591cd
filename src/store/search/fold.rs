//! Text as search sees it: letters without case, full-width forms as half-width ones, typographic quotes as
//! plain ones, blanks as one space, invisible characters gone. Index and query fold alike; nothing else may
//! compare text. Accents stay: who writes one means it.

/// A folded text that knows where its characters come from.
#[derive(Debug, Default)]
pub(super) struct Folded {
    /// The folded characters.
    pub(super) chars: Vec<char>,
    /// For each of them, where it starts and ends in the original, in UTF-16 code units.
    pub(super) spots: Vec<(u32, u32)>,
}

impl Folded {
    /// Folds `text` and keeps the places.
    pub(super) fn new(text: &str) -> Self {
        let mut folded = Self::default();
        fold(text, |character, start, end| {
            folded.chars.push(character);
            folded.spots.push((start, end));
        });
        folded
    }
}

/// The folded characters of `text`, without their places.
pub(super) fn chars(text: &str) -> Vec<char> {
    let mut chars = Vec::with_capacity(text.len());
    fold(text, |character, _, _| chars.push(character));
    chars
}

fn fold(text: &str, mut emit: impl FnMut(char, u32, u32)) {
    let mut at = 0_u32;
    // Leading blanks go as those after a blank do.
    let mut blank = true;
    for character in text.chars() {
        let start = at;
        at = at.saturating_add(character.len_utf16() as u32);
        let character = plain(character);
        if character.is_whitespace() {
            if !blank {
                emit(' ', start, at);
            }
            blank = true;
        } else if !is_invisible(character) {
            blank = false;
            if character.is_ascii() {
                emit(character.to_ascii_lowercase(), start, at);
            } else {
                character.to_lowercase().for_each(|lower| emit(lower, start, at));
            }
        }
    }
}

/// One spelling for characters that people take for the same.
fn plain(character: char) -> char {
    match character {
        '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(character) - 0xff01 + u32::from('!')).unwrap_or(character)
        }
        '\u{2018}'..='\u{201b}' | '\u{2bc}' => '\'',
        '\u{201c}'..='\u{201f}' => '"',
        // The final form of sigma.
        'ς' => 'σ',
        _ => character,
    }
}

/// Characters that nobody sees and nobody types into a search field; and the private ones that mark the
/// index's own tokens, which text must not be able to forge.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{200b}'
            | '\u{200c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{10f000}'..='\u{10ffff}'
    ) || character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        chars(text).into_iter().collect()
    }

    #[test]
    fn spelling_does_not_count_and_accents_do() {
        assert_eq!(folded("ＨｅＬＬo，　World"), "hello, world");
        assert_eq!(folded("  It’s\n\t“so”\u{200b} "), "it's \"so\" ");
        assert_eq!(folded("ΣΊΣΥΦΟΣ σίσυφος"), "σίσυφοσ σίσυφοσ");
        assert_ne!(folded("über"), folded("uber"));
        assert_eq!(folded("❤\u{fe0f}"), "❤");
        assert_eq!(folded("a\u{10f141}\u{1}b"), "ab");
    }

    #[test]
    fn places_are_those_of_the_original_in_utf_16() {
        let folded = Folded::new("😀 İＡ");
        assert_eq!(folded.chars, ['😀', ' ', 'i', '\u{307}', 'a']);
        assert_eq!(folded.spots, [(0, 2), (2, 3), (3, 4), (3, 4), (4, 5)]);
    }
}
