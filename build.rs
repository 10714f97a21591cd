//! Compiles `proto/rmtp.proto` to Rust without `protoc` and derives from the same descriptor what prost
//! leaves out: the presence check for `required` fields and the field table behind the polling JSON form.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    println!("cargo:rerun-if-changed=proto/rmtp.proto");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut set = protox::compile(["proto/rmtp.proto"], ["proto"])?;
    std::fs::write(out.join("schema.rs"), schema(&set)?)?;
    relax_required(&mut set);
    generate_structs(set, &out)?;
    Ok(())
}

/// With prost a `required` field that is absent silently becomes its default. As `optional` its
/// absence stays visible, and the generated presence check turns it into an error.
fn relax_required(set: &mut FileDescriptorSet) {
    for message in set.file.iter_mut().flat_map(|file| file.message_type.iter_mut()) {
        for field in &mut message.field {
            if field.label() == Label::Required {
                field.set_label(Label::Optional);
            }
        }
    }
}

fn generate_structs(set: FileDescriptorSet, out: &Path) -> Result<(), Failure> {
    let mut config = prost_build::Config::new();
    config.out_dir(out);
    config.bytes(["."]);
    config.compile_fds(set)?;
    Ok(())
}

fn schema(set: &FileDescriptorSet) -> Result<String, Failure> {
    let mut code = String::new();
    let mut names = BTreeSet::new();
    for message in set.file.iter().flat_map(|file| &file.message_type) {
        names.insert(message.name().to_owned());
        table(&mut code, message)?;
        body_impl(&mut code, message)?;
    }
    writeln!(code, "/// Every body, ordered by name.\npub static MESSAGES: &[&MessageInfo] = &[")?;
    for name in names {
        writeln!(code, "    &{},", constant(&name))?;
    }
    writeln!(code, "];")?;
    Ok(code)
}

fn table(code: &mut String, message: &DescriptorProto) -> Result<(), Failure> {
    let name = message.name();
    writeln!(code, "/// Fields of `{name}`.\npub static {}: MessageInfo = MessageInfo {{", constant(name))?;
    writeln!(code, "    name: \"{name}\",\n    fields: &[")?;
    for field in &message.field {
        writeln!(
            code,
            "        FieldInfo {{ number: {}, name: \"{}\", json_name: \"{}\", label: Label::{:?}, kind: {} }},",
            field.number(),
            field.name(),
            field.json_name(),
            field.label(),
            kind(field)?
        )?;
    }
    writeln!(code, "    ],\n}};")?;
    Ok(())
}

fn body_impl(code: &mut String, message: &DescriptorProto) -> Result<(), Failure> {
    let name = message.name();
    writeln!(code, "impl Body for body::{name} {{")?;
    writeln!(code, "    const INFO: &'static MessageInfo = &{};", constant(name))?;
    writeln!(code, "    fn missing(&self) -> Option<&'static str> {{")?;
    for field in &message.field {
        let member = member(field.name());
        match (field.label(), field.r#type()) {
            (Label::Repeated, Type::Message) => {
                writeln!(
                    code,
                    "        if let Some(f) = self.{member}.iter().find_map(Body::missing) {{ return Some(f); }}"
                )?;
            }
            (label, Type::Message) => {
                writeln!(code, "        match self.{member}.as_ref() {{")?;
                if label == Label::Required {
                    writeln!(code, "            None => return Some(\"{name}.{}\"),", field.name())?;
                } else {
                    writeln!(code, "            None => {{}}")?;
                }
                writeln!(
                    code,
                    "            Some(inner) => if let Some(f) = inner.missing() {{ return Some(f); }},"
                )?;
                writeln!(code, "        }}")?;
            }
            (Label::Required, _) => {
                writeln!(
                    code,
                    "        if self.{member}.is_none() {{ return Some(\"{name}.{}\"); }}",
                    field.name()
                )?;
            }
            _ => {}
        }
    }
    writeln!(code, "        None\n    }}\n}}")?;
    Ok(())
}

fn kind(field: &FieldDescriptorProto) -> Result<String, Failure> {
    Ok(match field.r#type() {
        Type::Int32 => "Kind::Int32".into(),
        Type::Int64 => "Kind::Int64".into(),
        Type::Bool => "Kind::Bool".into(),
        Type::String => "Kind::Text".into(),
        Type::Bytes => "Kind::Bytes".into(),
        Type::Enum => "Kind::Enum".into(),
        Type::Message => {
            let name = field.type_name().rsplit('.').next().unwrap_or_default();
            format!("Kind::Message(&{})", constant(name))
        }
        other => return Err(format!("rmtp.proto uses {other:?}, which the field table does not know").into()),
    })
}

fn constant(message: &str) -> String {
    let mut name = String::new();
    for (index, letter) in message.chars().enumerate() {
        if letter.is_uppercase() && index > 0 {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

/// prost escapes field names that are Rust keywords.
fn member(field: &str) -> String {
    if field == "type" { "r#type".into() } else { field.into() }
}
