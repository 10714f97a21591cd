//! What a user typed, taken apart: terms that a text must contain, the tokens that narrow the index down
//! to candidates, and where the terms stand in a candidate.
//!
//! Words between spaces must all occur, in any order. A term with letters and symbols (`don't`, `50%`)
//! occurs as it stands, as do words between double quotes. Words match whole, the last one also by its
//! beginning; scripts without spaces match anywhere.

use super::fold::{self, Folded};
use super::tokens::{Class, MAX_BEGINNING, MAX_WORD, Tokens, class, pieces};
use super::types::HitRange;

/// Tokens that narrow one query; more would cost more than they save.
const MAX_TOKENS: usize = 32;
/// Places that one hit shows.
const MAX_RANGES: usize = 100;

/// One thing that a text must contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    chars: Vec<char>,
    /// Whether a word at its end may go on.
    open: bool,
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms(pub(super) Vec<Term>);

impl Terms {
    /// Takes a search text apart. A pair of double quotes holds a phrase; two quotes side by side, and one
    /// without a partner, are the character itself.
    pub(super) fn parse(text: &str) -> Self {
        let mut terms = Self::default();
        let mut loose = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('"') {
            loose.push_str(before);
            match after.split_once('"') {
                Some((phrase, behind)) if !phrase.trim().is_empty() => {
                    terms.loose(&std::mem::take(&mut loose));
                    terms.phrase(phrase);
                    rest = behind;
                }
                Some((_, behind)) => {
                    loose.push('"');
                    rest = behind;
                }
                None => {
                    loose.push('"');
                    rest = after;
                }
            }
        }
        loose.push_str(rest);
        terms.loose(&loose);
        let ends_loose = !loose.trim().is_empty();
        if let Some(last) = terms.0.last_mut().filter(|_| ends_loose) {
            last.open = last.chars.last().is_some_and(|end| class(*end) == Class::Word);
        }
        let mut distinct: Vec<Term> = Vec::new();
        for term in terms.0 {
            if !term.chars.is_empty() && !distinct.contains(&term) {
                distinct.push(term);
            }
        }
        Self(distinct)
    }

    fn phrase(&mut self, text: &str) {
        let chars = fold::chars(text);
        self.0.push(Term { chars: trim(&chars, |character| character == ' ').to_vec(), open: false });
    }

    fn loose(&mut self, text: &str) {
        let chars = fold::chars(text);
        for chunk in chars.split(|character| *character == ' ') {
            // A comma or question mark at the end of a word is the sentence's.
            let trimmed = trim(chunk, |end| ",.;:!?、。…".contains(end));
            let chunk = if trimmed.is_empty() { chunk } else { trimmed };
            if chunk.iter().any(|character| class(*character) == Class::Symbol) {
                self.0.push(Term { chars: chunk.to_vec(), open: false });
            } else {
                let parts = pieces(chunk).filter(|(class, _)| *class != Class::Joiner);
                self.0.extend(parts.map(|(_, piece)| Term { chars: piece.to_vec(), open: false }));
            }
        }
    }

    /// Whether the index alone can tell that a text contains them.
    pub(super) fn are_single_tokens(&self) -> bool {
        self.0.iter().all(Term::is_single_token)
    }

    /// What FTS5 is asked for: every token that a text with all terms must have.
    pub(super) fn expressions(&self) -> Vec<String> {
        let mut ranked = Vec::new();
        for term in &self.0 {
            term.expressions(&mut ranked);
        }
        // Pairs and words tell more than single characters and symbols.
        ranked.sort_by_key(|(rank, _)| *rank);
        let mut expressions: Vec<String> = Vec::new();
        for (_, expression) in ranked {
            if expressions.len() < MAX_TOKENS && !expressions.contains(&expression) {
                expressions.push(expression);
            }
        }
        expressions
    }

    /// Where the terms stand in `text`, in its order, overlaps joined; `None` if one of them is missing.
    pub(super) fn find(&self, text: &str) -> Option<Vec<HitRange>> {
        let folded = Folded::new(text);
        let mut places: Vec<(u32, u32)> = Vec::new();
        for term in &self.0 {
            let before = places.len();
            places.extend(term.places(&folded).take(MAX_RANGES));
            if places.len() == before {
                return None;
            }
        }
        places.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::new();
        for (start, end) in places {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => joined.push((start, end)),
            }
        }
        let range = |(start, end): (u32, u32)| HitRange { start, length: end.saturating_sub(start) };
        Some(joined.into_iter().take(MAX_RANGES).map(range).collect())
    }
}

impl Term {
    fn is_single_token(&self) -> bool {
        let mut pieces = pieces(&self.chars);
        let (first, more) = (pieces.next(), pieces.next());
        match first {
            _ if more.is_some() => false,
            Some((Class::Word, word)) => word.len() < MAX_WORD,
            Some((Class::Run, run)) => run.len() <= 2,
            Some((Class::Symbol, symbols)) => symbols.len() == 1,
            _ => false,
        }
    }

    fn expressions(&self, ranked: &mut Vec<(u8, String)>) {
        let quoted = |fill: &dyn Fn(&mut Tokens)| {
            let mut tokens = Tokens(String::new());
            fill(&mut tokens);
            format!("\"{}\"", tokens.0)
        };
        let mut parts = pieces(&self.chars).peekable();
        while let Some((class, piece)) = parts.next() {
            let open = self.open && parts.peek().is_none();
            match class {
                Class::Word if open && piece.len() <= MAX_BEGINNING => {
                    ranked.push((1, quoted(&|tokens| tokens.beginning(piece))));
                }
                Class::Word => {
                    let word = quoted(&|tokens| tokens.word(piece));
                    let star = if open && piece.len() < MAX_WORD { " *" } else { "" };
                    ranked.push((0, word + star));
                }
                Class::Run if piece.len() > 1 => {
                    let pair = |pair: &[char]| (0, quoted(&|tokens| tokens.run(pair)));
                    ranked.extend(piece.windows(2).map(pair));
                }
                Class::Run => ranked.push((2, quoted(&|tokens| tokens.run(piece)))),
                Class::Symbol => {
                    let symbol = |symbol: &char| (3, quoted(&|tokens| tokens.symbol(*symbol)));
                    ranked.extend(piece.iter().map(symbol));
                }
                Class::Space | Class::Joiner => {}
            }
        }
    }

    fn places<'a>(&'a self, text: &'a Folded) -> impl Iterator<Item = (u32, u32)> + 'a {
        let length = self.chars.len();
        let is_word = |at: Option<&char>| at.is_some_and(|character| class(*character) == Class::Word);
        let begins_word = is_word(self.chars.first());
        let ends_word = is_word(self.chars.last()) && !self.open;
        let windows = text.chars.windows(length.max(1)).enumerate();
        let found = windows.filter(move |(at, window)| {
            *window == self.chars.as_slice()
                && !(begins_word && at.checked_sub(1).is_some_and(|before| is_word(text.chars.get(before))))
                && !(ends_word && is_word(text.chars.get(at + length)))
        });
        found.filter_map(move |(at, _)| {
            Some((text.spots.get(at)?.0, text.spots.get((at + length).checked_sub(1)?)?.1))
        })
    }
}

fn trim(chars: &[char], mut gone: impl FnMut(char) -> bool) -> &[char] {
    let start = chars.iter().position(|character| !gone(*character)).unwrap_or(chars.len());
    let end = chars.iter().rposition(|character| !gone(*character)).map_or(start, |last| last + 1);
    chars.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<String> {
        let show = |term: &Term| term.chars.iter().collect::<String>() + if term.open { "*" } else { "" };
        Terms::parse(text).0.iter().map(show).collect()
    }

    #[test]
    fn a_search_text_falls_into_terms() {
        assert_eq!(terms("Hello WORLD"), ["hello", "world*"]);
        assert_eq!(terms("用iPhone 手机"), ["用", "iphone", "手机"]);
        assert_eq!(terms("你好，世界！ ok?"), ["你好,世界", "ok*"]);
        assert_eq!(terms("50% a_b don’t"), ["50%", "a_b", "don't*"]);
        assert_eq!(terms("say \"Hello  there\""), ["say", "hello there"]);
        assert_eq!(terms("\"one\" two"), ["one", "two*"]);
        assert_eq!(terms("\""), ["\""]);
        assert_eq!(terms("\"\""), ["\""]);
        assert_eq!(terms("5\" pipe"), ["5\"", "pipe*"]);
        assert_eq!(terms("!?"), ["!?"]);
        assert_eq!(terms("a a a*"), ["a", "a*"]);
        assert!(terms(" \u{3000}\n\u{200b}").is_empty());
    }

    fn found(query: &str, text: &str) -> Option<Vec<(u32, u32)>> {
        let ranges = Terms::parse(query).find(text)?;
        Some(ranges.iter().map(|range| (range.start, range.length)).collect())
    }

    #[test]
    fn places_count_utf_16_and_words_have_ends() {
        assert_eq!(found("hell", "Hello, shell HELL"), Some(vec![(0, 4), (13, 4)]));
        assert_eq!(found("hell x", "Hello x"), None, "only the last word is a beginning");
        assert_eq!(found("世界", "😀你好世界"), Some(vec![(4, 2)]));
        assert_eq!(found("我是 是我", "我是我"), Some(vec![(0, 3)]), "overlaps join");
        assert_eq!(found("\"ell\"", "hello ell"), Some(vec![(6, 3)]));
        assert_eq!(found("\"a b\"", "b a\n b"), Some(vec![(2, 4)]));
        assert_eq!(found("👍", "ok 👍🏽"), Some(vec![(3, 2)]));
        assert_eq!(found("👍🏽", "ok 👍"), None);
        assert_eq!(found("ab", &"ab ".repeat(500)).unwrap().len(), MAX_RANGES);
    }

    #[test]
    fn long_texts_narrow_with_few_tokens() {
        let text: String = (0..300).filter_map(|step| char::from_u32(0x4e00 + step)).collect();
        assert_eq!(Terms::parse(&text).expressions().len(), MAX_TOKENS);
    }
}
