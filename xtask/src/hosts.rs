//! The suites of the languages above C, each by its own tool, each against a real server.

use std::path::Path;
use std::process::Command;

use crate::artefacts::folder_of;
use crate::test::{Built, Outcome};
use crate::tools::{exists, run};

pub(crate) fn python(built: &Built) -> Outcome {
    if !exists("python3") {
        return Outcome::Skipped { lacks: "Python", install: "apt-get install python3" };
    }
    let mut suite = Command::new("python3");
    suite.arg("bindings/python/tests/run.py");
    run(suite.env("ANSER_LIB_DIR", folder_of(&built.library)).env("ANSER_SERVER", &built.server)).into()
}

pub(crate) fn kotlin(built: &Built) -> Outcome {
    if !exists("mvn") || !exists("javac") {
        return Outcome::Skipped {
            lacks: "JDK 17 with Maven",
            install: "apt-get install openjdk-17-jdk maven",
        };
    }
    let mut suite = Command::new("mvn");
    suite.args(["--batch-mode", "--no-transfer-progress", "--file", "bindings/kotlin/pom.xml"]);
    suite.arg(format!("-Danser.lib.dir={}", folder_of(&built.library).display()));
    suite.arg(format!("-Danser.server={}", built.server.display()));
    run(suite.arg("test")).into()
}

pub(crate) fn swift(built: &Built) -> Outcome {
    if !exists("swift") {
        let install = "install Swift from https://www.swift.org/install, or carry target/swift-pack \
                       (`cargo xtask bindings --pack swift`) to a machine that has it";
        return Outcome::Skipped { lacks: "Swift", install };
    }
    let mut suite = Command::new("swift");
    suite.args(["test", "--package-path", "bindings/swift"]);
    run(suite.env("ANSER_LIB_DIR", folder_of(&built.library)).env("ANSER_SERVER", &built.server)).into()
}

pub(crate) fn node(_: &Built) -> Outcome {
    if !exists("node") || !exists("npm") {
        return Outcome::Skipped { lacks: "Node with npm", install: "apt-get install nodejs npm" };
    }
    let script = Path::new("tests/websdk/run.sh");
    run(&mut Command::new(script)).into()
}
