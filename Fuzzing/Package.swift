// swift-tools-version:6.2
import PackageDescription

// A package of its own, since everything in it is built with `--sanitize=fuzzer`: `make fuzz`.

let package = Package(
    name: "fuzzing",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "copilot-analytics", path: "..")],
    targets: [
        .executableTarget(
            name: "fuzz-decoders",
            dependencies: [
                .product(name: "CopilotAnalytics", package: "copilot-analytics"),
                .product(name: "LosslessJSON", package: "copilot-analytics"),
                .product(name: "SingleTable", package: "copilot-analytics"),
            ],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                // The fuzzer has the main function.
                .unsafeFlags(["-parse-as-library"]),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
