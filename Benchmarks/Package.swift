// swift-tools-version:6.2
import PackageDescription

// A package of its own: who uses the library never resolves, sees or builds any of this.

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "copilot-analytics", path: "..")
    ],
    targets: [
        // Runs the suites and writes what they find.
        .executableTarget(name: "bench", swiftSettings: swiftSettings),
        // What a worker says of itself, and how it talks with the runner.
        .target(name: "CUsage", cSettings: [.define("_GNU_SOURCE")]),
        .target(name: "Worker", dependencies: ["CUsage"], swiftSettings: swiftSettings),
        // Workers, each a process of its own that bench starts, tells how much to do and asks what it cost.
        .executableTarget(
            name: "dynamodb-put",
            dependencies: [
                "Worker",
                .product(name: "CurlTransport", package: "copilot-analytics"),
                .product(name: "DynamoDB", package: "copilot-analytics"),
                .product(name: "SigV4", package: "copilot-analytics"),
                .product(name: "SingleTable", package: "copilot-analytics"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "track-calls",
            dependencies: [
                .product(name: "CopilotAnalytics", package: "copilot-analytics"),
                .product(name: "SQLiteTable", package: "copilot-analytics"),
                .product(name: "Tracker", package: "copilot-analytics"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "write-events",
            dependencies: [
                .product(name: "CopilotAnalytics", package: "copilot-analytics"),
                .product(name: "DynamoDB", package: "copilot-analytics"),
                .product(name: "Tracker", package: "copilot-analytics"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "raw-curl-put",
            dependencies: ["CUsage"],
            cSettings: [.define("_GNU_SOURCE")],
            linkerSettings: [.linkedLibrary("curl")]
        ),
        // What they all talk to.
        .executableTarget(
            name: "stub-server",
            cSettings: [.define("_GNU_SOURCE")],
            linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]
        ),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17
)
