//! Tokens: `1.<user in hex>.<expiry in ms, 0 for never>.<HMAC-SHA256>`, signed with the app secret, so a
//! restart or another gateway accepts them without looking anything up. They must never reach a log.

use std::sync::Arc;

use ring::hmac;

use super::hex;

/// Why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenError {
    /// Not one of this application's.
    #[error("the token is not known")]
    Unknown,
    /// It was valid once.
    #[error("the token has expired")]
    Expired,
}

pub(super) struct Tokens {
    key: hmac::Key,
}

impl Tokens {
    pub(super) fn new(app_secret: &str) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, app_secret.as_bytes()) }
    }

    /// `expires` in ms since 1970.
    pub(super) fn issue(&self, user: &str, expires: Option<i64>) -> String {
        let claim = format!("1.{}.{}", hex(user.as_bytes()), expires.unwrap_or(0));
        let tag = hex(hmac::sign(&self.key, claim.as_bytes()).as_ref());
        format!("{claim}.{tag}")
    }

    pub(super) fn check(&self, token: &str, now: i64) -> Result<Arc<str>, TokenError> {
        // Clients append `@host;host` to tokens and cut only the part after the `@`.
        let token = token.split('@').next().unwrap_or(token);
        let (claim, tag) = token.rsplit_once('.').ok_or(TokenError::Unknown)?;
        let tag = unhex(tag).ok_or(TokenError::Unknown)?;
        hmac::verify(&self.key, claim.as_bytes(), &tag).map_err(|_| TokenError::Unknown)?;
        let mut parts = claim.split('.');
        let (Some("1"), Some(user), Some(expires), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Unknown);
        };
        let user = unhex(user).and_then(|b| String::from_utf8(b).ok()).ok_or(TokenError::Unknown)?;
        let expires: i64 = expires.parse().map_err(|_| TokenError::Unknown)?;
        if expires != 0 && expires <= now {
            return Err(TokenError::Expired);
        }
        Ok(user.into())
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_a_restart_and_end_in_time() {
        let token = Tokens::new("secret").issue("张三 a@b", Some(100));
        let again = Tokens::new("secret");
        assert_eq!(again.check(&token, 99).as_deref(), Ok("张三 a@b"));
        assert_eq!(again.check(&format!("{token}@"), 99).as_deref(), Ok("张三 a@b"));
        assert_eq!(again.check(&token, 100), Err(TokenError::Expired));
        assert_eq!(again.issue("u", None), Tokens::new("secret").issue("u", None));
    }

    #[test]
    fn foreign_and_broken_tokens_are_unknown() {
        let tokens = Tokens::new("secret");
        let good = tokens.issue("u", None);
        assert_eq!(Tokens::new("other").check(&good, 0), Err(TokenError::Unknown));
        let (shorter, headless) =
            (good.strip_suffix(|_: char| true).unwrap(), good.strip_prefix('1').unwrap());
        for broken in ["", ".", "1.75.0.", "é.é", headless, shorter, "1..0.aa"] {
            assert_eq!(tokens.check(broken, 0), Err(TokenError::Unknown), "{broken}");
        }
        let longer = good.replacen(".0.", ".9999.", 1);
        assert_eq!(tokens.check(&longer, 0), Err(TokenError::Unknown));
    }
}
