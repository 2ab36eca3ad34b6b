// swift-tools-version:6.2
import PackageDescription

// One block of settings for every target of ours: see CONTRIBUTING.md for what each flag asks of new code.
let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

// The page is part of the program: one binary, no folder of files beside it.
let dashboardFiles = [
    "index.html", "unauthorized.html", "dashboard.css",
    "api.js", "cards.js", "cells.js", "columns.js", "controls.js", "dashboard.js",
    "days.js", "dom.js", "figures.js", "format.js", "loading.js", "snippet.js",
    "state.js", "tables.js", "times.js",
]

let package = Package(
    name: "copilot-analytics",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "LosslessJSON", targets: ["LosslessJSON"]),
        .library(name: "SigV4", targets: ["SigV4"]),
        .library(name: "CurlTransport", targets: ["CurlTransport"]),
        .library(name: "SingleTable", targets: ["SingleTable"]),
        .library(name: "DynamoDB", targets: ["DynamoDB"]),
        .library(name: "SQLiteTable", targets: ["SQLiteTable"]),
        .library(name: "CopilotAnalytics", targets: ["CopilotAnalytics"]),
        .library(name: "Tracker", targets: ["Tracker"]),
        .library(name: "SelfMetrics", targets: ["SelfMetrics"]),
        .library(name: "EventQueue", targets: ["EventQueue"]),
        .library(name: "CopilotHandlers", targets: ["CopilotHandlers"]),
        .library(name: "AnalyticsHandlers", targets: ["AnalyticsHandlers"]),
        .library(name: "LambdaRuntime", targets: ["LambdaRuntime"]),
        .library(name: "JWTAccess", targets: ["JWTAccess"]),
        .library(name: "AnalyticsServer", targets: ["AnalyticsServer"]),
        .executable(name: "example-copilot", targets: ["example-copilot"]),
        .executable(name: "copilot-analytics", targets: ["copilot-analytics"]),
        // Lambda's name for what it starts.
        .executable(name: "bootstrap", targets: ["AnalyticsLambda"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .systemLibrary(name: "CLibcurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Gzip", dependencies: ["CZlib"], swiftSettings: swiftSettings),
        .target(name: "Locking", swiftSettings: swiftSettings),
        .target(name: "SigV4", dependencies: ["CLibcrypto", "Locking"], swiftSettings: swiftSettings),
        .target(name: "CurlTransport", dependencies: ["CLibcurl", "Locking"], swiftSettings: swiftSettings),
        .target(name: "LosslessJSON", swiftSettings: swiftSettings),
        .target(name: "SingleTable", dependencies: ["LosslessJSON"], swiftSettings: swiftSettings),
        .target(
            name: "DynamoDB",
            dependencies: [
                "CLibcrypto", "CurlTransport", "Locking", "LosslessJSON", "SigV4", "SingleTable",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "SQLiteTable",
            dependencies: [
                "Locking", "LosslessJSON", "SingleTable", .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "CopilotAnalytics",
            dependencies: [
                "Gzip", "Locking", "LosslessJSON", "SigV4", "SingleTable",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Tracker",
            dependencies: [
                "CZlib", "CopilotAnalytics", "Locking", "LosslessJSON", "SingleTable",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "SelfMetrics",
            dependencies: [
                "Locking", "LosslessJSON", .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "EventQueue",
            dependencies: [
                "CopilotAnalytics", "CurlTransport", "DynamoDB", "LosslessJSON", "SingleTable",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "AnalyticsHandlers",
            dependencies: ["CopilotAnalytics", "Gzip", "Locking", "LosslessJSON", "SigV4", "SingleTable"],
            resources: [.embedInCode("openapi.json")],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "CopilotHandlers",
            dependencies: [
                "CopilotAnalytics", "DynamoDB", "EventQueue", "LambdaRuntime", "Locking", "LosslessJSON", "SelfMetrics",
                "SigV4", "Tracker",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "LambdaRuntime",
            dependencies: [
                "CurlTransport", "Locking", "LosslessJSON", .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "AnalyticsLambda",
            dependencies: [
                "AnalyticsHandlers", "CopilotAnalytics", "CopilotHandlers", "DynamoDB", "EventQueue", "LambdaRuntime",
                "LosslessJSON", "SelfMetrics", "SingleTable",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        // Apart from the handlers: who verifies no tokens builds no cryptography besides libcrypto.
        .target(
            name: "JWTAccess",
            dependencies: [
                "AnalyticsHandlers", "CopilotAnalytics", "CurlTransport", "LosslessJSON",
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "AnalyticsServer",
            dependencies: [
                "AnalyticsHandlers",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            resources: dashboardFiles.map { .embedInCode("Dashboard/\($0)") },
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "copilot-analytics",
            dependencies: [
                "AnalyticsHandlers", "AnalyticsServer", "CopilotAnalytics", "CurlTransport", "DynamoDB", "JWTAccess",
                "LosslessJSON", "SQLiteTable", "SelfMetrics", "SingleTable",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings
        ),
        // A copilot that runs in Lambda: an example, and what is tried in local functions.
        .executableTarget(
            name: "example-copilot",
            dependencies: ["CopilotAnalytics", "CopilotHandlers", "LambdaRuntime"],
            path: "Examples/Copilot",
            swiftSettings: swiftSettings
        ),
        // Seeded random values for property tests.
        .target(name: "PropertyTesting", path: "Tests/PropertyTesting", swiftSettings: swiftSettings),
        .testTarget(name: "GzipTests", dependencies: ["Gzip", "PropertyTesting"], swiftSettings: swiftSettings),
        .testTarget(
            name: "LosslessJSONTests",
            dependencies: ["LosslessJSON", "PropertyTesting"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "SingleTableTests",
            dependencies: ["LosslessJSON", "PropertyTesting", "SingleTable"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "CopilotAnalyticsTests",
            dependencies: [
                "CopilotAnalytics", "DynamoDB", "Locking", "LosslessJSON", "PropertyTesting", "SQLiteTable",
                "SingleTable",
                "TestServers",
            ],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "TestServers",
            dependencies: ["CurlTransport", "DynamoDB", "EventQueue", "LosslessJSON", "SigV4"],
            path: "Tests/TestServers",
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "TableWriter",
            dependencies: ["SQLiteTable", "SingleTable"],
            path: "Tests/TableWriter",
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "TableContractTests",
            dependencies: [
                "DynamoDB", "SQLiteTable", "SigV4", "SingleTable", "TableWriter", "TestServers",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "SpoolWriter",
            dependencies: ["CopilotAnalytics", "SQLiteTable", "SingleTable", "Tracker"],
            path: "Tests/SpoolWriter",
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "TrackerTests",
            dependencies: [
                "CopilotAnalytics", "DynamoDB", "Locking", "PropertyTesting", "SQLiteTable", "SingleTable",
                "SpoolWriter",
                "TestServers", "Tracker",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: swiftSettings
        ),
        // A function for tests of the runtime.
        .executableTarget(
            name: "LambdaProbe",
            dependencies: [
                "LambdaRuntime", "LosslessJSON", .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/LambdaProbe",
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "LambdaRuntimeTests",
            dependencies: ["LambdaProbe", "LosslessJSON", "TestServers"],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "SelfMetricsTests",
            dependencies: [
                "LosslessJSON", "SelfMetrics", .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "EventQueueTests",
            dependencies: [
                "CopilotAnalytics", "DynamoDB", "EventQueue", "Locking", "LosslessJSON", "SigV4", "SingleTable",
                "TestServers",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "CopilotHandlersTests",
            dependencies: [
                "CopilotAnalytics", "CopilotHandlers", "DynamoDB", "EventQueue", "LambdaRuntime", "Locking",
                "LosslessJSON", "SigV4", "SingleTable", "TestServers", "Tracker",
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "AnalyticsHandlersTests",
            dependencies: [
                "AnalyticsHandlers", "CopilotAnalytics", "Gzip", "Locking", "LosslessJSON", "PropertyTesting",
                "SQLiteTable", "SelfMetrics", "SingleTable",
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "JWTAccessTests",
            dependencies: [
                "AnalyticsHandlers", "CopilotAnalytics", "JWTAccess", "Locking", "LosslessJSON", "SQLiteTable",
                "SingleTable",
            ],
            resources: [.embedInCode("vectors.json")],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "AnalyticsLambda", "CopilotAnalytics", "CurlTransport", "DynamoDB", "EventQueue", "LosslessJSON",
                "SigV4",
                "SingleTable", "TestServers", "copilot-analytics", "example-copilot",
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "FaultStorm",
            dependencies: ["CurlTransport", "DynamoDB", "Locking", "PropertyTesting", "SingleTable", "TestServers"],
            path: "Tests/FaultStorm",
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "ClientFaultTests",
            dependencies: [
                "CLibcurl", "CurlTransport", "DynamoDB", "FaultStorm", "Locking", "PropertyTesting", "SigV4",
                "SingleTable", "TestServers",
            ],
            swiftSettings: swiftSettings
        ),
        // The official test cases, where they are at hand.
        .target(
            name: "ConformanceVectors",
            dependencies: ["LosslessJSON"],
            path: "Tests/ConformanceVectors",
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "DynamoDBTests",
            dependencies: [
                "ConformanceVectors", "CurlTransport", "DynamoDB", "Locking", "LosslessJSON", "SigV4", "SingleTable",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "InMemoryLogging", package: "swift-log"),
                .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "Tracing", package: "swift-distributed-tracing"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "CredentialsTests",
            dependencies: ["ConformanceVectors", "CurlTransport", "DynamoDB", "Locking", "LosslessJSON", "SigV4"],
            swiftSettings: swiftSettings
        ),
        // Against the official Python client.
        .testTarget(
            name: "DifferentialTests",
            dependencies: [
                "CurlTransport", "DynamoDB", "Locking", "LosslessJSON", "PropertyTesting", "SigV4", "SingleTable",
                "TestServers",
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(name: "SigV4Tests", dependencies: ["ConformanceVectors", "SigV4"], swiftSettings: swiftSettings),
        .testTarget(
            name: "CurlTransportTests",
            dependencies: ["CurlTransport", "Locking"],
            swiftSettings: swiftSettings
        ),
    ],
    swiftLanguageModes: [.v6]
)
