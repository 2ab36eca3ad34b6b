// swift-tools-version:6.2
import PackageDescription

// What somebody writes who takes the DynamoDB client, or the tracker, and nothing else. SamplePackageTests builds and runs
// it, and sees to it that neither a server nor a database comes along. The documents show its sources.
let package = Package(
    name: "sample",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "copilot-analytics", path: "../..")
    ],
    targets: [
        .executableTarget(
            name: "orders",
            dependencies: [
                .product(name: "DynamoDB", package: "copilot-analytics"),
                .product(name: "SingleTable", package: "copilot-analytics"),
            ]
        ),
        .executableTarget(
            name: "backend",
            dependencies: [
                .product(name: "CopilotAnalytics", package: "copilot-analytics"),
                .product(name: "DynamoDB", package: "copilot-analytics"),
                .product(name: "Tracker", package: "copilot-analytics"),
            ]
        ),
    ],
    swiftLanguageModes: [.v6]
)
