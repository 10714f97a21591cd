//! `module-map.json`: which message of `rmtp.proto` a module of the vectors is, and the number of each
//! field name that they use.

use std::collections::{BTreeMap, BTreeSet};

use anser::wire::schema::{self, MessageInfo};
use serde_json::{Map, Value};

use super::files::map;
use super::notes::{Note, TableNote};
use super::report::{Check, FileReport};
use super::typed;

/// All modules.
#[derive(Default)]
pub(crate) struct ModuleMap {
    modules: BTreeMap<String, Module>,
}

struct Module {
    message: String,
    fields: BTreeMap<String, u32>,
}

/// By which names the fields of a recorded body go.
#[derive(Clone, Copy)]
pub(crate) enum Names<'a> {
    /// Those of the outermost body, a module.
    Module(&'a ModuleMap, &'a str),
    /// Those of a body inside, which may be several modules.
    Inner(&'a ModuleMap),
    /// Those of `rmtp.proto`.
    Proto,
}

impl ModuleMap {
    /// Reads the file.
    pub(crate) fn parse(json: &Value) -> Result<Self, String> {
        let file = json.as_object().ok_or("not a JSON object")?;
        let numbers = map(map(file, "native")?, "fields")?;
        let mut modules = BTreeMap::new();
        for (name, message) in file.iter().filter(|(name, _)| *name != "native") {
            let message = message.as_str().ok_or_else(|| format!("{name} is not the name of a message"))?;
            let fields = match numbers.get(name) {
                None => BTreeMap::new(),
                Some(fields) => numbers_of(name, fields)?,
            };
            modules.insert(name.clone(), Module { message: message.into(), fields });
        }
        match numbers.keys().find(|name| !modules.contains_key(*name)) {
            Some(name) => Err(format!("numbers for {name}, which is no module")),
            None => Ok(Self { modules }),
        }
    }

    /// The message of a module.
    pub(crate) fn message(&self, module: &str) -> Result<&'static MessageInfo, String> {
        let known = self.modules.get(module).ok_or_else(|| format!("module {module} is not in the map"))?;
        schema::find(&known.message)
            .ok_or_else(|| format!("module {module} is to be {}, which does not exist", known.message))
    }
}

fn numbers_of(module: &str, fields: &Value) -> Result<BTreeMap<String, u32>, String> {
    let fields = fields.as_object().ok_or_else(|| format!("the numbers of {module} are no object"))?;
    fields
        .iter()
        .map(|(name, number)| {
            let number = number.as_u64().and_then(|number| u32::try_from(number).ok());
            Ok((name.clone(), number.ok_or_else(|| format!("{module}.{name} has no number"))?))
        })
        .collect()
}

impl Names<'_> {
    /// The number of a recorded field name.
    pub(crate) fn number(&self, info: &'static MessageInfo, name: &str) -> Result<u32, String> {
        let missing = || format!("no number is known for {}.{name}", info.name);
        if let Self::Proto = self {
            let field = info.fields.iter().find(|field| field.name == name);
            return field.map(|field| field.number).ok_or_else(missing);
        }
        let numbers: BTreeSet<u32> =
            self.candidates(info).iter().filter_map(|module| module.fields.get(name)).copied().collect();
        match numbers.len() {
            1 => numbers.first().copied().ok_or_else(missing),
            0 => Err(missing()),
            _ => Err(format!("{}.{name} has several numbers: {numbers:?}", info.name)),
        }
    }

    /// Whether whoever recorded the vectors knows the field of this number.
    pub(crate) fn knows(&self, info: &'static MessageInfo, number: u32) -> bool {
        match self {
            Self::Proto => info.field(number).is_some(),
            _ => self.candidates(info).iter().any(|module| module.fields.values().any(|n| *n == number)),
        }
    }

    /// The names of a body inside this one.
    pub(crate) fn inner(&self) -> Self {
        match self {
            Self::Module(map, _) | Self::Inner(map) => Self::Inner(map),
            Self::Proto => Self::Proto,
        }
    }

    fn candidates(&self, info: &'static MessageInfo) -> Vec<&Module> {
        match self {
            Self::Module(map, module) => map.modules.get(*module).into_iter().collect(),
            Self::Inner(map) => map.modules.values().filter(|module| module.message == info.name).collect(),
            Self::Proto => Vec::new(),
        }
    }
}

/// Every module has its message, with a type, and every number is a field of it. The name that the
/// vectors use for it is its name in the JSON form, which the web clients read and write.
pub(crate) fn check_file(file: &Map<String, Value>, report: &mut FileReport) -> Check {
    let table = TableNote::of(file)?.ok_or("the table has no note")?;
    let modules = ModuleMap::parse(&Value::Object(file.clone()))?;
    for name in file.keys().filter(|name| *name != "native") {
        match table.note(name) {
            Err(error) => report.fail(name, error),
            Ok(note) => report.check(name, &note, || match note {
                Note::Same => check_module(&modules, name),
                _ => Err("a module can only be the same".into()),
            }),
        }
    }
    Ok(())
}

fn check_module(modules: &ModuleMap, name: &str) -> Check {
    let info = modules.message(name)?;
    typed::find(info.name)?;
    let module = modules.modules.get(name).ok_or("not in the map")?;
    for (field, number) in &module.fields {
        let known = info.field(*number).ok_or_else(|| format!("{} has no field {number}", info.name))?;
        if known.json_name != field {
            return Err(format!("field {number} of {} is {}, not {field}", info.name, known.json_name));
        }
    }
    Ok(())
}
