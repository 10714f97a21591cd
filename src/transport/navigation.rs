//! Navigation: which servers there are, and what they announce.

use serde_json::Value;

use super::address::Address;
use super::connector::Dialer;
use super::race::Race;
use super::{TransportEvent, contest, http};
use crate::model::{ConnectionStatus, ErrorCode, NavigationInfo};
use crate::wire::url::{self, Identity};

/// Servers tried at most; an answer with hundreds is not meant well.
const MAX_SERVERS: usize = 16;

/// A navigation answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Navigation {
    /// `host:port`, in the order to try.
    pub servers: Vec<String>,
    /// Whether the server stores a message once per client id.
    pub dedupe: bool,
    /// Its switches and limits.
    pub info: NavigationInfo,
}

impl Navigation {
    /// Reads an answer: bare JSON, or `getServerEndpoint({...});` around it.
    ///
    /// # Errors
    /// The code that says what is wrong: the token (31004), the app key (31002), or the answer (30007,
    /// 30008).
    pub fn parse(status: u16, body: &[u8]) -> Result<Self, ErrorCode> {
        let json: Option<Value> = std::str::from_utf8(body).ok().and_then(|text| {
            let text = text.trim();
            let inner = text.strip_prefix("getServerEndpoint(").unwrap_or(text);
            let inner = inner.strip_suffix(';').unwrap_or(inner).trim_end();
            let bare =
                if inner.len() < text.len() { inner.strip_suffix(')').unwrap_or(inner) } else { inner };
            serde_json::from_str(bare).ok()
        });
        // Refusals carry their code in the JSON, whatever the HTTP status; without JSON a status is the word of
        // whatever stands in between, and no reason to give up.
        let code = json.as_ref().map(|json| json.get("code").and_then(Value::as_i64));
        match code.map(|code| code.unwrap_or_else(|| i64::from(status))) {
            Some(401) => return Err(ErrorCode::RC_CONN_USER_OR_PASSWD_ERROR),
            Some(403) => return Err(ErrorCode::RC_CONN_ID_REJECT),
            Some(200) | None if status == 200 => {}
            _ => return Err(ErrorCode::RC_NAVI_RESOURCE_ERROR),
        }
        let json = json.as_ref().and_then(Value::as_object).ok_or(ErrorCode::RC_NODE_NOT_FOUND)?;
        let text = |key: &str| json.get(key).and_then(Value::as_str).unwrap_or_default();
        let servers: Vec<String> = std::iter::once(text("server"))
            .chain(text("backupServer").split(','))
            .map(str::trim)
            .filter(|server| Address::parse_server(server, true).is_some())
            .take(MAX_SERVERS)
            .map(str::to_owned)
            .collect();
        if servers.is_empty() {
            return Err(ErrorCode::RC_NODE_NOT_FOUND);
        }
        let additions = json.get("anser");
        let announced = |key: &str| additions.and_then(|anser| anser.get(key)).and_then(Value::as_bool);
        Ok(Self { servers, dedupe: announced("dedupe").unwrap_or(false), info: NavigationInfo::read(json) })
    }
}

/// What asking navigation came to.
pub(super) struct Asked {
    /// Who answered, and what; or what the refusals and failures amount to.
    pub(super) result: Result<(Address, Navigation), ErrorCode>,
    /// Who gave no usable answer.
    pub(super) failed: Vec<Address>,
}

/// Asks whoever of `candidates` answers first, under the path of its kind of client, telling `report` how far
/// it is. A refusal of the token or the app key is an answer.
pub(super) async fn ask(
    candidates: &[Address],
    path: &str,
    dialer: &Dialer,
    report: impl Fn(TransportEvent),
) -> Asked {
    report(TransportEvent::Navigation(ConnectionStatus::RequestNavi));
    let finish = contest::run(Race::new(candidates.len(), 0), |candidate| {
        fetch(candidates.get(candidate), path, dialer)
    })
    .await;
    let at = |candidate: usize| candidates.get(candidate).cloned();
    let failed = finish.failures.iter().filter_map(|(candidate, _)| at(*candidate)).collect();
    let result = match finish.winner.and_then(|(candidate, answer)| Some((at(candidate)?, answer))) {
        Some((address, answer)) => answer.map(|navigation| (address, navigation)),
        None => Err(contest::most_telling(&finish.failures).unwrap_or(ErrorCode::RC_HTTP_REQ_TIMEOUT)),
    };
    report(TransportEvent::Navigation(match &result {
        Err(ErrorCode::RC_HTTP_REQ_TIMEOUT) => ConnectionStatus::ResponseNaviTimeout,
        Err(code) if !is_refusal(*code) => ConnectionStatus::ResponseNaviError,
        Ok(_) | Err(_) => ConnectionStatus::ResponseNavi,
    }));
    Asked { result, failed }
}

async fn fetch(
    address: Option<&Address>,
    path: &str,
    dialer: &Dialer,
) -> Result<Result<Navigation, ErrorCode>, ErrorCode> {
    let address = address.ok_or(ErrorCode::RC_HTTP_SEND_FAIL)?;
    let answer = http::get(address, path, dialer).await?;
    match Navigation::parse(answer.status, &answer.body) {
        Err(code) if !is_refusal(code) => {
            log::info!("navigation at {} is of no use: code {}", address.authority(), code.0);
            Err(code)
        }
        decided => Ok(decided),
    }
}

/// Whether navigation has decided that this client is not to connect.
pub(super) fn is_refusal(code: ErrorCode) -> bool {
    matches!(code, ErrorCode::RC_CONN_USER_OR_PASSWD_ERROR | ErrorCode::RC_CONN_ID_REJECT)
}

/// Asks whether anything waits for the user (flows §11.9).
pub(super) async fn has_unread(
    address: &Address,
    identity: &Identity,
    now: u64,
    dialer: &Dialer,
) -> Result<bool, ErrorCode> {
    let answer = http::get(address, &url::unread_exists(identity, now), dialer).await?;
    match answer.status {
        200 => read_unread(&answer.body).ok_or(ErrorCode::RC_NAVI_RESOURCE_ERROR),
        401 => Err(ErrorCode::RC_CONN_USER_OR_PASSWD_ERROR),
        403 => Err(ErrorCode::RC_CONN_ID_REJECT),
        _ => Err(ErrorCode::RC_NAVI_RESOURCE_ERROR),
    }
}

fn read_unread(body: &[u8]) -> Option<bool> {
    let text = std::str::from_utf8(body).ok()?.trim().trim_end_matches(';');
    let json = text.strip_prefix(url::EXIST_CALLBACK)?.strip_prefix('(')?.strip_suffix(')')?;
    let json: Value = serde_json::from_str(json).ok()?;
    Some(json.get("status")?.as_i64()? != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str =
        r#"{"code":200,"userId":"u1","server":"a:1","backupServer":"b:2, c:3","anser":{"dedupe":true}}"#;

    #[test]
    fn both_forms_read_alike() {
        let bare = Navigation::parse(200, ANSWER.as_bytes()).unwrap();
        assert_eq!(bare.servers, ["a:1", "b:2", "c:3"]);
        assert_eq!(bare.info.user_id.as_deref(), Some("u1"));
        assert!(bare.dedupe);
        for wrapped in [format!("getServerEndpoint({ANSWER});"), format!("getServerEndpoint({ANSWER})\n")] {
            assert_eq!(Navigation::parse(200, wrapped.as_bytes()).unwrap(), bare);
        }
    }

    #[test]
    fn refusals_and_garbage_have_their_codes() {
        let code = |status, body: &str| Navigation::parse(status, body.as_bytes()).unwrap_err().0;
        assert_eq!(code(401, r#"{"code":401}"#), 31004);
        assert_eq!(code(200, r#"getServerEndpoint({"code":401});"#), 31004);
        assert_eq!(code(403, "{\"code\":403}"), 31002);
        for status in [302, 401, 403, 502] {
            assert_eq!(code(status, "<html>"), 30007, "a proxy's page, and not navigation's word");
        }
        assert_eq!(code(200, "<html>"), 30008);
        assert_eq!(code(200, "[]"), 30008);
        assert_eq!(code(200, r#"{"code":200,"server":""}"#), 30008);
        assert_eq!(code(200, r#"{"code":500}"#), 30007);
    }

    #[test]
    fn history_is_there_unless_navigation_says_no() {
        let history = |switch: &str| {
            let body = format!(r#"{{"code":200,"server":"a:1"{switch}}}"#);
            Navigation::parse(200, body.as_bytes()).unwrap().info.history
        };
        for on in ["", r#","historyMsg":true"#, r#","historyMsg":1"#, r#","historyMsg":null"#] {
            assert!(history(on), "{on}");
        }
        for off in [r#","historyMsg":false"#, r#","historyMsg":0"#] {
            assert!(!history(off), "{off}");
        }
    }

    #[test]
    fn what_waits_is_read_from_inside_the_callback() {
        assert_eq!(read_unread(b"RCCallback({\"status\":1})"), Some(true));
        assert_eq!(read_unread(b"RCCallback({\"status\":0});\n"), Some(false));
        assert_eq!(read_unread(b"<html>"), None);
        assert_eq!(read_unread(b"other({\"status\":1})"), None);
    }

    #[test]
    fn hundreds_of_servers_are_cut_off() {
        let many = vec!["h:1"; 500].join(",");
        let body = format!(r#"{{"code":200,"server":"a:1","backupServer":"{many}"}}"#);
        assert_eq!(Navigation::parse(200, body.as_bytes()).unwrap().servers.len(), MAX_SERVERS);
    }
}
