// swift-tools-version:5.9
// Anser for Swift: `Anser` is the facade that apps import, `AnserBindings` the generated half below it.
// `cargo xtask bindings` writes generated/; the library is looked for in ANSER_LIB_DIR, else in lib/.

import Foundation
import PackageDescription

let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path
let library = ProcessInfo.processInfo.environment["ANSER_LIB_DIR"] ?? here + "/lib"

let package = Package(
    name: "Anser",
    platforms: [.macOS(.v12), .iOS(.v15)],
    products: [.library(name: "Anser", targets: ["Anser"])],
    targets: [
        .systemLibrary(name: "AnserFFI", path: "generated/AnserFFI"),
        .target(
            name: "AnserBindings",
            dependencies: ["AnserFFI"],
            path: "generated/AnserBindings",
            linkerSettings: [
                .linkedLibrary("anser"),
                .unsafeFlags(["-L\(library)", "-Xlinker", "-rpath", "-Xlinker", library]),
            ]
        ),
        .target(name: "Anser", dependencies: ["AnserBindings"]),
        .testTarget(name: "AnserTests", dependencies: ["Anser"]),
    ]
)
