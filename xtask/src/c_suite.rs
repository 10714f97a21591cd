//! The C suite: a real conversation through anser.h, plainly and under valgrind.

use std::process::Command;

use crate::artefacts::folder_of;
use crate::test::{Built, Outcome};
use crate::tools::{exists, run as start};

pub(crate) fn run(built: &Built) -> Outcome {
    if !exists("gcc") || !exists("g++") {
        return Outcome::Skipped { lacks: "C and C++ compiler", install: "apt-get install gcc g++" };
    }
    let mut script = Command::new("bindings/c/tests/run.sh");
    script.env("ANSER_LIB_DIR", folder_of(&built.library)).env("ANSER_SERVER", &built.server);
    start(&mut script).into()
}
