//! The HTTP side: navigation in both forms and with its errors, ping, CORS, and the server API with its
//! signature.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use anser_server::{Config, Running, Server};
use common::{Client, Net, http, text};
use serde_json::{Value, json};

async fn get(gateway: &Running, path: &str) -> (u16, String, String) {
    http(gateway, &format!("GET {path} HTTP/1.1"), "").await
}

async fn navi(gateway: &Running, query: &str) -> (u16, String, String) {
    get(gateway, &format!("/navi.js?appId={}&v=2.5.3&r=1{query}", gateway.app_key())).await
}

#[tokio::test]
async fn navigation_answers_in_both_forms() {
    let net = Net::one().await;
    let gateway = net.first();
    let token = gateway.token("alice").await.unwrap();
    let (status, head, body) = navi(gateway, &format!("&token={token}&callBack=getServerEndpoint")).await;
    assert_eq!(status, 200);
    assert!(head.contains("access-control-allow-origin: *"));
    let json = body.strip_prefix("getServerEndpoint(").unwrap().strip_suffix(");").unwrap();
    let answer: Value = serde_json::from_str(json).unwrap();
    assert_eq!(answer["code"], 200);
    assert_eq!(answer["userId"], "alice");
    assert_eq!(answer["server"], gateway.address());
    assert_eq!(answer["anser"], json!({ "dedupe": true }));
    assert_ne!(answer["type"], 1);
    assert!(serde_json::from_str::<Value>(answer["voipCallInfo"].as_str().unwrap()).is_ok());

    let (status, _, bare) = navi(gateway, &format!("&token={token}")).await;
    assert_eq!((status, serde_json::from_str::<Value>(&bare).unwrap()), (200, answer));

    // What the old client cuts at never stands inside.
    let odd = gateway.token("a);b").await.unwrap();
    let (_, _, body) = navi(gateway, &format!("&token={odd}&callBack=f")).await;
    assert_eq!(body.matches(");").count(), 1);
}

#[tokio::test]
async fn navigation_refuses_with_bare_json() {
    let net = Net::one().await;
    let gateway = net.first();
    let (status, head, body) = navi(gateway, "&token=wrong&callBack=getServerEndpoint").await;
    assert_eq!((status, body.as_str()), (401, r#"{"code":401}"#));
    assert!(head.contains("access-control-allow-origin: *"), "or the page sees nothing");
    let token = gateway.token("alice").await.unwrap();
    let (status, _, body) = get(gateway, &format!("/navi.js?appId=other&token={token}")).await;
    assert_eq!((status, body.as_str()), (403, r#"{"code":403}"#));
    let (status, _, _) = navi(gateway, &format!("&token={token}&callBack=alert(1)//")).await;
    assert_eq!(status, 400);
    // The connection will say that it has expired.
    let expired = gateway.token_until("alice", 1).await.unwrap();
    assert_eq!(navi(gateway, &format!("&token={expired}")).await.0, 200);
}

#[tokio::test]
async fn navigation_names_the_configured_address_and_hides_switched_off_additions() {
    let config = Config {
        public_address: Some("chat.example.org:443".into()),
        announce_additions: false,
        ..Config::default()
    };
    let server = Server::start(config).await.unwrap();
    let token = server.token("alice").await.unwrap();
    let (_, _, body) = navi(&server, &format!("&token={token}")).await;
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(answer["server"], "chat.example.org:443");
    assert!(answer.get("anser").is_none());
}

#[tokio::test]
async fn ping_and_preflight_answer_with_cors() {
    let net = Net::one().await;
    let (status, head, _) = get(net.first(), "/ping?r=1").await;
    assert_eq!(status, 200);
    assert!(head.contains("access-control-allow-origin: *"));
    let (status, head, _) = http(net.first(), "OPTIONS /user/getToken.json HTTP/1.1", "").await;
    assert_eq!(status, 204);
    assert!(head.contains("access-control-allow-methods"));
    let (status, head, _) = get(net.first(), "/nothing").await;
    assert_eq!(status, 404);
    assert!(head.contains("access-control-allow-origin: *"));
}

/// Hex SHA-1, as an application server computes it.
fn sha1(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn call(gateway: &Running, path: &str, form: &str) -> (u16, Value) {
    let signature = sha1(&format!("{}{}{}", gateway.app_secret(), "4711", "1700000000"));
    signed(gateway, path, form, &signature).await
}

async fn signed(gateway: &Running, path: &str, form: &str, signature: &str) -> (u16, Value) {
    let head = format!(
        "POST {path} HTTP/1.1\r\nApp-Key: {}\r\nNonce: 4711\r\nTimestamp: 1700000000\r\nSignature: {signature}\
         \r\nContent-Type: application/x-www-form-urlencoded",
        gateway.app_key()
    );
    let (status, _, body) = http(gateway, &head, form).await;
    (status, serde_json::from_str(&body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn tokens_of_the_api_log_in() {
    let net = Net::one().await;
    let gateway = net.first();
    let form = "userId=a%26b&name=A&portraitUri=http%3A%2F%2Fx";
    let (status, answer) = call(gateway, "/user/getToken.json", form).await;
    assert_eq!((status, &answer["code"], &answer["userId"]), (200, &json!(200), &json!("a&b")));
    let token = answer["token"].as_str().unwrap();
    let client = Client::open(gateway, gateway.app_key(), token, "").await.unwrap_or_else(|s| panic!("{s}"));
    assert_eq!(client.user, "a&b");
}

#[tokio::test]
async fn signatures_and_parameters_are_checked() {
    let net = Net::one().await;
    let gateway = net.first();
    let (status, answer) = signed(gateway, "/user/getToken.json", "userId=a", "00ff").await;
    assert_eq!((status, &answer["code"]), (401, &json!(1004)));
    assert!(answer["errorMessage"].is_string());
    let (status, _, body) = http(gateway, "POST /user/getToken.json HTTP/1.1", "userId=a").await;
    assert_eq!(status, 401, "{body}");
    let (status, answer) = call(gateway, "/user/getToken.json", "name=a").await;
    assert_eq!((status, &answer["code"]), (400, &json!(1002)));
    for (path, form) in [
        ("/group/create.json", "userId=a&groupId=g"),
        ("/group/create.json", "groupId=g&groupName=G"),
        ("/group/join.json", "userId=a"),
        ("/group/quit.json", "userId=a&groupId=nothing"),
        ("/user/block.json", "userId="),
    ] {
        assert_eq!(call(gateway, path, form).await.0, 400, "{path} {form}");
    }
    let large = format!("userId={}", "a".repeat(2 * 1024 * 1024));
    assert_eq!(call(gateway, "/user/getToken.json", &large).await.0, 413);
    assert_eq!(get(gateway, "/user/getToken.json").await.0, 405);
}

#[tokio::test]
async fn groups_are_made_by_the_api() {
    let net = Net::one().await;
    let gateway = net.first();
    let ok = json!({ "code": 200 });
    let form = "userId=alice&userId=bob&groupId=g&groupName=Group";
    assert_eq!(call(gateway, "/group/create.json", form).await, (200, ok.clone()));
    let form = "userId=carol&groupId=g&groupName=Group";
    assert_eq!(call(gateway, "/group/join.json", form).await, (200, ok.clone()));
    let form = "userId=bob&groupId=g";
    assert_eq!(call(gateway, "/group/quit.json", form).await, (200, ok.clone()));
    let mut alice = net.login("alice").await;
    assert_eq!(alice.publish("pgMsgP", "g", &text("hi")).await.status, 0);
    assert_eq!(net.login("carol").await.words(), ["hi"]);
    assert_eq!(net.login("bob").await.got.len(), 0);

    assert_eq!(call(gateway, "/user/block.json", "userId=carol&minute=60").await, (200, ok.clone()));
    assert!(matches!(net.attempt("carol", "").await, Err(9)));
    assert_eq!(call(gateway, "/user/unblock.json", "userId=carol").await, (200, ok));
    net.login("carol").await;
}
