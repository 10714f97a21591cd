//! `polling.json`: requests are read by the server half and written again by the client half; answers
//! are in [`super::polling_answers`].

use std::collections::BTreeMap;

use anser::wire::polling::request::{self, HttpRequest};
use anser::wire::{Query, Topic, UpFrame};
use serde_json::{Map, Value};

use super::files::{array, known_keys, text};
use super::http::{Recorded, Url};
use super::notes::{Entry, Note, TableNote};
use super::report::{Check, Report};
use super::{polling_answers, urls};

/// Topics of the QUERYs of a file by message id: an answer does not say what was asked.
pub(crate) type Asked = BTreeMap<u16, Vec<Topic>>;

/// Reads the file.
pub(crate) fn check_file(file: &Map<String, Value>, report: &mut Report) -> Check {
    known_keys(file, &["native", "naviUrl", "count", "vectors"])?;
    let table = TableNote::of(file)?;
    let vectors = array(file, "vectors")?;
    let asked = asked(vectors);
    let known = ["http", "text", "fields", "requests"];
    report.file("polling.json").entries(vectors, table.as_ref(), &known, |entry| {
        match (entry.object.get("http"), entry.object.contains_key("text")) {
            (Some(http), false) if entry.goes_up()? => {
                known_keys(entry.object, &["http", "native", "direction"])?;
                check_request(entry, http)
            }
            (None, true) if !entry.goes_up()? => {
                polling_answers::check(entry, &asked)?;
                super::behaviour::check_polling(entry)
            }
            _ => Err("an entry is a request that goes up or an answer that comes down".into()),
        }
    });
    if file.contains_key("naviUrl") {
        let row = report.beside("polling.json naviUrl");
        let recorded = text(file, "naviUrl")?;
        row.check("naviUrl", &Note::Same, || urls::check_url(recorded));
    }
    Ok(())
}

fn asked(vectors: &[Value]) -> Asked {
    let mut asked = Asked::new();
    let own = vectors.iter().filter_map(|vector| vector.get("http"));
    let later = vectors.iter().filter_map(|vector| vector.get("requests")?.as_array()).flatten();
    for http in own.chain(later) {
        let Ok(request) = Recorded::parse(http) else { continue };
        let id = request.url.parameter("messageid").and_then(|id| id.parse().ok());
        let topic = request.url.parameter("topic").and_then(Topic::parse);
        if let (Some(id), Some(topic)) = (id, topic) {
            asked.entry(id).or_default().push(topic);
        }
    }
    asked
}

fn check_request(entry: &Entry<'_>, http: &Value) -> Check {
    let recorded = Recorded::parse(http)?;
    match &entry.note {
        Note::Same => check_recorded(&recorded),
        Note::Reject if recorded.method != "POST" => Err("only a frame can be refused".into()),
        Note::Reject => match read(&recorded.url.filled()?, recorded.body.as_deref().unwrap_or_default()) {
            Ok(frame) => Err(format!("reads as {frame:?}, but is to be refused")),
            Err(_) => Ok(()),
        },
        _ => Err("a request can only be the same or refused".into()),
    }
}

/// The server half reads the request, the client half makes it again.
pub(crate) fn check_recorded(recorded: &Recorded) -> Check {
    let url = recorded.url.filled()?;
    match (recorded.method.as_str(), url.path.as_str()) {
        ("GET", "/websocket") => {
            let native = HttpRequest { method: "GET", path: urls::native(&url)?, body: None };
            recorded.compare(&native, true)
        }
        ("GET", "/pullmsg.js") => {
            let time = url.need("timestrap")?.parse().map_err(|error| format!("timestrap: {error}"))?;
            recorded.compare(&request::hold(url.need("sessionid")?, time, url.need("pid")?), false)
        }
        ("POST", "/websocket") => {
            let body = recorded.body.as_deref().ok_or("a POST without a body")?;
            let frame = read(&url, body)?;
            if body == "\"\"" && read(&url, "{}")? != frame {
                return Err("the empty object reads as another frame".into());
            }
            let native = request::send(&frame, url.need("sessionid")?, url.need("pid")?)
                .map_err(|error| error.to_string())?;
            recorded.compare(&native, false)?;
            again(&frame, &native)
        }
        (method, path) => Err(format!("no rule for {method} {path}")),
    }
}

fn read(url: &Url, body: &str) -> Result<UpFrame, String> {
    request::read_send(|name| url.parameter(name), body).map_err(|error| error.to_string())
}

/// The frame is a valid one over WebSocket too, and what the client wrote reads as the same frame.
fn again(frame: &UpFrame, native: &HttpRequest) -> Check {
    let bytes = frame.encode().map_err(|error| error.to_string())?;
    super::frames::passes(&bytes, true)?;
    if let UpFrame::Query(Query { topic, body, .. }) = frame {
        let info = Topic::parse(topic).and_then(Topic::request).ok_or("the topic has no body")?;
        super::typed::find(info.name)?(body.clone()).map_err(|error| error.to_string())?;
    }
    let url = Url::parse(&native.path)?;
    if read(&url, native.body.as_deref().unwrap_or_default())? == *frame {
        Ok(())
    } else {
        Err("what the client writes reads as another frame".into())
    }
}
