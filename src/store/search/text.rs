//! Which words of a message are searched, by its kind. What a user does not read is not found.

use serde::Deserialize;
use serde_json::value::RawValue;

/// The members that hold words, as JSON: a member of an unexpected type is ignored, not an error.
#[derive(Deserialize, Default)]
struct Fields<'a> {
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    title: Option<&'a RawValue>,
    #[serde(borrow, default)]
    name: Option<&'a RawValue>,
    #[serde(borrow, default)]
    poi: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "summaryList")]
    summary_list: Option<&'a RawValue>,
}

/// What a message says in words, one part a line: text, headline, name of a file or place, the lines of
/// forwarded messages, and the search words that its sender's app gave it. Empty if it says nothing.
pub(super) fn text_of(object_name: &str, content: &str, search_words: Option<&str>) -> String {
    let mut lines = Vec::new();
    match object_name {
        "RC:TxtMsg" | "RC:ReferenceMsg" => add(&mut lines, fields(content).content),
        "RC:ImgTextMsg" => {
            let fields = fields(content);
            add(&mut lines, fields.title);
            add(&mut lines, fields.content);
        }
        "RC:FileMsg" | "RC:SightMsg" => add(&mut lines, fields(content).name),
        "RC:LBSMsg" => add(&mut lines, fields(content).poi),
        "RC:CombineMsg" => {
            let fields = fields(content);
            add(&mut lines, fields.title);
            let summaries: Option<Vec<String>> =
                fields.summary_list.and_then(|list| serde_json::from_str(list.get()).ok());
            lines.extend(summaries.unwrap_or_default());
        }
        _ => {}
    }
    lines.extend(search_words.filter(|words| !words.is_empty()).map(str::to_owned));
    lines.join("\n")
}

fn fields(content: &str) -> Fields<'_> {
    serde_json::from_str(content).unwrap_or_default()
}

fn add(lines: &mut Vec<String>, value: Option<&RawValue>) {
    let text = value.and_then(|value| serde_json::from_str::<String>(value.get()).ok());
    lines.extend(text.filter(|text| !text.is_empty()));
}

#[cfg(test)]
mod tests {
    use super::text_of;

    #[test]
    fn each_kind_is_searched_by_what_is_read() {
        for (object_name, content, text) in [
            ("RC:TxtMsg", r#"{"content":"a \u4f60","extra":"no"}"#, "a 你"),
            ("RC:ImgTextMsg", r#"{"title":"head","content":"body","url":"no"}"#, "head\nbody"),
            ("RC:FileMsg", r#"{"name":"plan.pdf","size":1}"#, "plan.pdf"),
            ("RC:LBSMsg", r#"{"latitude":1,"longitude":2,"poi":"天安门","content":"no"}"#, "天安门"),
            ("RC:ReferenceMsg", r#"{"content":"yes","referMsg":{"content":"no"}}"#, "yes"),
            (
                "RC:CombineMsg",
                r#"{"nameList":["no"],"title":"talk","summaryList":["a: x","b: y"]}"#,
                "talk\na: x\nb: y",
            ),
            ("RC:ImgMsg", r#"{"content":"base64"}"#, ""),
            ("RC:TxtMsg", r#"{"content":{"a":1}}"#, ""),
            ("RC:TxtMsg", "not json", ""),
        ] {
            assert_eq!(text_of(object_name, content, None), text, "{object_name} {content}");
        }
        assert_eq!(text_of("my:Card", "{}", Some("the card")), "the card");
        assert_eq!(text_of("RC:FileMsg", r#"{"name":"a"}"#, Some("b")), "a\nb");
    }
}
