//! The first byte chooses the HTTP status of a navigation answer, the rest is its body. What is taken as an answer
//! names servers, not too many, without blanks around them.

use anser::transport::Navigation;

/// Reads an answer.
pub fn run(data: &[u8]) {
    let Some((status, body)) = data.split_first() else { return };
    let status = [200, 401, 403, 404, 500, 502, 0, u16::MAX][usize::from(status % 8)];
    match Navigation::parse(status, body) {
        Ok(navigation) => {
            assert_eq!(status, 200);
            assert!((1..=16).contains(&navigation.servers.len()));
            assert!(navigation.servers.iter().all(|server| server.trim() == server && !server.is_empty()));
            assert_ne!(navigation.info.user_id.as_deref(), Some(""));
        }
        Err(code) => assert!([31004, 31002, 30007, 30008].contains(&code.0), "{code:?}"),
    }
}
