//! Text to the tokens of the index. Languages that put spaces between words give words; those that do not
//! give single characters and pairs of neighbours, so that one and two characters are found without a
//! dictionary; every other visible character (`%`, quotes, emoji) is a token of its own.
//!
//! An emoji that is a sequence gives each of its parts: whoever looks for a part or for the whole finds it,
//! and the text itself decides. Tokens contain no ASCII but letters and digits and are joined by spaces, so
//! FTS5's `ascii` tokenizer only splits them. Marks from a private plane, which folding keeps out of text,
//! tell the index's own tokens from words.

use crate::model::ConversationType;

/// Longest word that is told apart by the index, in characters; the text itself decides about longer ones.
pub(super) const MAX_WORD: usize = 40;
/// Beginnings of words up to this length have tokens of their own: FTS5 would collect the messages of every
/// word that begins so at each query. The most frequent words are not longer.
pub(super) const MAX_BEGINNING: usize = 4;

/// ASCII symbols move up here, where the tokenizer takes them for letters.
const SYMBOL: u32 = 0x10_f000;
const BEGINNING: char = '\u{10f101}';
const CONVERSATION: char = '\u{10f102}';
const KIND: char = '\u{10f103}';
const SENDER: char = '\u{10f104}';
const OBJECT_NAME: char = '\u{10f105}';

/// What a folded character is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Space,
    /// Of a word: neighbours of this class belong together.
    Word,
    /// Of a script without spaces.
    Run,
    /// Stands for itself.
    Symbol,
    /// Joins emoji; never a token.
    Joiner,
}

pub(super) fn class(character: char) -> Class {
    match character {
        ' ' => Class::Space,
        '\u{200d}' => Class::Joiner,
        _ if character.is_ascii_alphanumeric() => Class::Word,
        _ if character.is_ascii() => Class::Symbol,
        _ if is_run(character) => Class::Run,
        _ if character.is_alphanumeric() || is_mark(character) => Class::Word,
        _ => Class::Symbol,
    }
}

/// Han, Hiragana, Katakana, Bopomofo and Hangul; Thai, Lao, Burmese and Khmer.
fn is_run(character: char) -> bool {
    matches!(
        character,
        '\u{4e00}'..='\u{9fff}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{3005}'..='\u{3007}'
            | '\u{3041}'..='\u{3096}'
            | '\u{309d}'..='\u{309f}'
            | '\u{30a1}'..='\u{30fa}'
            | '\u{30fc}'..='\u{318f}'
            | '\u{31a0}'..='\u{31bf}'
            | '\u{31f0}'..='\u{31ff}'
            | '\u{ac00}'..='\u{d7ff}'
            | '\u{1100}'..='\u{11ff}'
            | '\u{2e80}'..='\u{2fd5}'
            | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ffdc}'
            | '\u{20000}'..='\u{3ffff}'
            | '\u{e01}'..='\u{e3a}'
            | '\u{e40}'..='\u{eff}'
            | '\u{1000}'..='\u{109f}'
            | '\u{1780}'..='\u{17d3}'
    )
}

/// Marks that sit on letters and are none themselves.
fn is_mark(character: char) -> bool {
    matches!(
        character,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{6d6}'..='\u{6ed}'
            | '\u{900}'..='\u{963}'
            | '\u{971}'..='\u{dff}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
    )
}

/// Folded characters cut where the class changes.
pub(super) fn pieces(chars: &[char]) -> impl Iterator<Item = (Class, &[char])> {
    chars
        .chunk_by(|left, right| class(*left) == class(*right))
        .filter_map(|piece| Some((class(*piece.first()?), piece)))
}

/// Tokens in the making: a line of text for FTS5.
#[derive(Debug, Default)]
pub(super) struct Tokens(pub(super) String);

impl Tokens {
    /// Every token that folded text has.
    pub(super) fn text(&mut self, chars: &[char]) {
        for (class, piece) in pieces(chars) {
            match class {
                Class::Word => {
                    self.word(piece);
                    for length in 1..=MAX_BEGINNING.min(piece.len()) {
                        self.beginning(piece.get(..length).unwrap_or(piece));
                    }
                }
                Class::Run => {
                    piece.iter().for_each(|character| self.run(&[*character]));
                    piece.windows(2).for_each(|pair| self.run(pair));
                }
                Class::Symbol => piece.iter().for_each(|character| self.symbol(*character)),
                Class::Space | Class::Joiner => {}
            }
        }
    }

    fn token(&mut self, mark: Option<char>, chars: impl IntoIterator<Item = char>) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        self.0.extend(mark);
        self.0.extend(chars);
    }

    /// A word.
    pub(super) fn word(&mut self, chars: &[char]) {
        self.token(None, chars.iter().copied().take(MAX_WORD));
    }

    /// The first few characters of a word.
    pub(super) fn beginning(&mut self, chars: &[char]) {
        self.token(Some(BEGINNING), chars.iter().copied());
    }

    /// One character, or two neighbours, of a script without spaces.
    pub(super) fn run(&mut self, chars: &[char]) {
        self.token(None, chars.iter().copied());
    }

    /// A character that stands for itself.
    pub(super) fn symbol(&mut self, character: char) {
        let moved = if character.is_ascii() { char::from_u32(SYMBOL + u32::from(character)) } else { None };
        self.token(None, [moved.unwrap_or(character)]);
    }

    /// In which conversation, by its row.
    pub(super) fn conversation(&mut self, row: i64) {
        self.token(Some(CONVERSATION), row.to_string().chars());
    }

    /// In which kind of conversation.
    pub(super) fn kind(&mut self, kind: ConversationType) {
        self.token(Some(KIND), kind.number().to_string().chars());
    }

    /// By whom.
    pub(super) fn sender(&mut self, sender: &str) {
        self.token(Some(SENDER), digest(sender));
    }

    /// What kind of content.
    pub(super) fn object_name(&mut self, object_name: &str) {
        self.token(Some(OBJECT_NAME), digest(object_name));
    }
}

/// Ids may hold anything, tokens may not: 64 bits of FNV-1a as 13 letters and digits. Part of the index's
/// format.
fn digest(id: &str) -> impl Iterator<Item = char> {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in id.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    (0..13).map(move |place| char::from_digit((hash >> (place * 5) & 31) as u32, 32).unwrap_or('0'))
}

#[cfg(test)]
mod tests {
    use super::super::fold;
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        let mut tokens = Tokens::default();
        tokens.text(&fold::chars(text));
        let plain = |character: char| match u32::from(character) {
            ascii @ SYMBOL..=0x10_f07f => char::from_u32(ascii - SYMBOL).unwrap(),
            _ if character == BEGINNING => '^',
            _ => character,
        };
        tokens.0.split(' ').map(|token| token.chars().map(plain).collect()).collect()
    }

    #[test]
    fn each_script_is_cut_as_it_is_read() {
        assert_eq!(tokens("Über 42"), ["über", "^ü", "^üb", "^übe", "^über", "42", "^4", "^42"]);
        assert_eq!(tokens("我爱你"), ["我", "爱", "你", "我爱", "爱你"]);
        assert_eq!(tokens("カナ한글"), ["カ", "ナ", "한", "글", "カナ", "ナ한", "한글"]);
        assert_eq!(tokens("用iOS吗"), ["用", "ios", "^i", "^io", "^ios", "吗"]);
        assert_eq!(tokens("5%_'\""), ["5", "^5", "%", "_", "'", "\""]);
        assert_eq!(tokens("👩\u{200d}👧 👍🏽 🇨🇳 ❤\u{fe0f}"), ["👩", "👧", "👍", "🏽", "🇨", "🇳", "❤"]);
        assert_eq!(tokens("हिन्दी").first().unwrap(), "हिन्दी", "marks belong to their word");
    }

    #[test]
    fn long_words_end_somewhere() {
        assert_eq!(tokens(&"x".repeat(5000)).first().unwrap().len(), MAX_WORD);
    }

    #[test]
    fn digests_differ_and_are_letters_and_digits() {
        let digests: std::collections::HashSet<String> =
            ["Bob", "bob", "", "用户", "a b"].into_iter().map(|id| digest(id).collect()).collect();
        assert_eq!(digests.len(), 5);
        assert!(
            digests.iter().all(|text| text.len() == 13 && text.chars().all(|c| c.is_ascii_alphanumeric()))
        );
    }
}
