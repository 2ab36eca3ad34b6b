// swift-tools-version:6.2
import PackageDescription

// One block of settings for every target of ours: see CONTRIBUTING.md for what each flag asks of new code.
let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "copilot-analytics",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "SigV4", targets: ["SigV4"]),
        .library(name: "CurlTransport", targets: ["CurlTransport"]),
        .library(name: "SingleTable", targets: ["SingleTable"]),
        .library(name: "DynamoDB", targets: ["DynamoDB"]),
        .library(name: "SQLiteTable", targets: ["SQLiteTable"]),
        .library(name: "CopilotAnalytics", targets: ["CopilotAnalytics"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .systemLibrary(name: "CLibcurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibcrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "Gzip", dependencies: ["CZlib"], swiftSettings: swiftSettings),
        .target(name: "SigV4", dependencies: ["CLibcrypto"], swiftSettings: swiftSettings),
        .target(name: "CurlTransport", dependencies: ["CLibcurl"], swiftSettings: swiftSettings),
        .target(name: "LosslessJSON", swiftSettings: swiftSettings),
        .target(name: "SingleTable", dependencies: ["LosslessJSON"], swiftSettings: swiftSettings),
        .target(
            name: "DynamoDB",
            dependencies: ["CurlTransport", "LosslessJSON", "SigV4", "SingleTable"],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "SQLiteTable",
            dependencies: ["LosslessJSON", "SingleTable", .product(name: "GRDB", package: "GRDB.swift")],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "CopilotAnalytics",
            dependencies: ["Gzip", "LosslessJSON", "SigV4", "SingleTable"],
            swiftSettings: swiftSettings
        ),
    ],
    swiftLanguageModes: [.v6]
)
