//! Message uids: `XXXX-XXXX-XXXX-XXXX`. The first half grows with time, so that the unique index of a store
//! grows at its end; the second half is random. Nothing may read a time out of a uid.

use ring::rand::{SecureRandom, SystemRandom};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV";

/// A new uid for a message stamped `stamp` (ms since 1970); `None` if the system has no randomness.
pub fn message_uid(random: &SystemRandom, stamp: i64) -> Option<String> {
    let mut low = [0u8; 8];
    random.fill(&mut low).ok()?;
    let time = stamp.unsigned_abs();
    let noise = u64::from_be_bytes(low);
    let mut uid = String::with_capacity(19);
    for (half, bits) in [(0, time), (1, noise)] {
        for place in 0..8u32 {
            if place == 4 || (half == 1 && place == 0) {
                uid.push('-');
            }
            let index = (bits >> (35 - 5 * place)) & 31;
            let letter = usize::try_from(index).ok().and_then(|i| ALPHABET.get(i)).copied().unwrap_or(b'0');
            uid.push(char::from(letter));
        }
    }
    Some(uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_have_the_published_form_and_grow_with_time() {
        let random = SystemRandom::new();
        let early = message_uid(&random, 1_700_000_000_000).unwrap();
        let late = message_uid(&random, 1_700_000_000_001).unwrap();
        for uid in [&early, &late] {
            assert_eq!(uid.len(), 19);
            let parts: Vec<&str> = uid.split('-').collect();
            assert_eq!(parts.len(), 4);
            assert!(parts.iter().all(|p| p.len() == 4 && p.bytes().all(|b| ALPHABET.contains(&b))));
        }
        assert!(early < late);
        assert_ne!(message_uid(&random, 5), message_uid(&random, 5));
    }
}
