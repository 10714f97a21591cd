//! Text with the word frequencies of real text, by seed: a Zipf model.
//!
//! The n-th most frequent word of a language stands in the text in proportion to 1/n (exponent 1.0, which
//! fits chat corpora of both Chinese and English well over the first tens of thousands of words). Chinese: a
//! vocabulary of 40,000 words over 5,000 characters, which themselves follow Zipf with exponent 0.9; the 200
//! most frequent words are single characters, of the others about two thirds have two, the rest one, three
//! or four. Latin script: 30,000 words of letters in the frequencies of English, the 100 most frequent of
//! one to four letters, the others of three to ten. A message has 1 to 16 words, short ones more often; 60 %
//! are Chinese, every fifteenth carries an emoji, every tenth a number.

use anser_testkit::Random;

/// Ranks from 0 on, each in proportion to 1 / (rank + 1)^exponent.
pub(crate) struct Zipf(Vec<f64>);

impl Zipf {
    pub(crate) fn new(ranks: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        let weight = |rank: usize| {
            sum += 1.0 / ((rank + 1) as f64).powf(exponent);
            sum
        };
        Self((0..ranks).map(weight).collect())
    }

    pub(crate) fn pick(&self, random: &mut Random) -> usize {
        let point = random.unit() * self.0[self.0.len() - 1];
        self.0.partition_point(|sum| *sum <= point).min(self.0.len() - 1)
    }
}

/// Both languages.
pub(crate) struct Words {
    pub(crate) chinese: Vec<String>,
    pub(crate) latin: Vec<String>,
    by_rank: [Zipf; 2],
}

impl Words {
    pub(crate) fn new() -> Self {
        let mut random = Random::from_state(1);
        let characters: Vec<char> = (0..5_000_u32).map(|n| char::from_u32(0x4e00 + n * 4).unwrap()).collect();
        let of_character = Zipf::new(characters.len(), 0.9);
        let chinese = (0..40_000).map(|rank| {
            let length = match random.below(12) {
                _ if rank < 200 => 1,
                0 => 1,
                1..=8 => 2,
                9 | 10 => 3,
                _ => 4,
            };
            (0..length).map(|_| characters[of_character.pick(&mut random)]).collect()
        });
        let chinese = chinese.collect();
        let letters: Vec<char> = "etaoinshrdlcumwfgypbvkjxqz".chars().collect();
        let of_letter = Zipf::new(letters.len(), 0.7);
        let latin = (0..30_000).map(|rank| {
            let length = if rank < 100 { 1 + random.below(4) } else { 3 + random.below(8) };
            (0..length).map(|_| letters[of_letter.pick(&mut random)]).collect()
        });
        let latin = latin.collect();
        Self { chinese, latin, by_rank: [Zipf::new(40_000, 1.0), Zipf::new(30_000, 1.0)] }
    }

    pub(crate) fn message(&self, random: &mut Random) -> String {
        let count = 1 + random.below(16).min(random.below(16));
        let mut text = String::new();
        let chinese = random.below(10) < 6;
        for at in 0..count {
            if chinese {
                text.push_str(&self.chinese[self.by_rank[0].pick(random)]);
            } else {
                if at > 0 {
                    text.push(' ');
                }
                text.push_str(&self.latin[self.by_rank[1].pick(random)]);
            }
        }
        if random.below(10) == 0 {
            text.push_str(&format!(" {}", random.below(10_000)));
        }
        match random.below(15) {
            0 => text.push_str(["😂", "👍🏽", "❤️", "🎉"][random.below(4)]),
            1..=4 => text.push(if chinese { '。' } else { '.' }),
            _ => {}
        }
        text
    }
}
