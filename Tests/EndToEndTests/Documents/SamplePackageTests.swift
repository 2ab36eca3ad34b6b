import Foundation
import SigV4
import TestServers
import Testing

/// `Tests/SamplePackage` is what somebody writes who takes the DynamoDB client, or the tracker, and nothing else. `make test` builds it.
@Suite struct SamplePackageTests {
    private static let sources = Program.package.appending(path: "Tests/SamplePackage/Sources")
    private static let products = Program.package.appending(path: ".build/sample/debug")

    /// Whatever has to be built for it, modules of C libraries aside.
    @Test func nothingElseComesAlong() throws {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: SamplePackageTests.products.appending(path: "Modules").path
        )
        let modules = Set(files.filter { $0.hasSuffix(".swiftmodule") }.map { String($0.prefix { $0 != "." }) })
        #expect(
            modules == [
                "DynamoDB", "CurlTransport", "SigV4", "SingleTable", "LosslessJSON", "Locking",
                "Logging", "CoreMetrics", "Tracing", "Instrumentation", "ServiceContextModule", "orders",
                // What the tracker adds.
                "Tracker", "CopilotAnalytics", "Gzip", "ServiceLifecycle", "ConcurrencyHelpers", "UnixSignals",
                "AsyncAlgorithms", "DequeModule", "OrderedCollections", "InternalCollectionsUtilities",
                "ContainersPreview", "backend",
            ]
        )
    }

    @Test func theTrackerRuns() async throws {
        let server = try await Ministack.shared
        let folder = try Scratch.folder()
        let outcome = try await Program.run(
            executable: SamplePackageTests.products.appending(path: "backend"),
            [folder.appending(path: "spool").path],
            environment: [
                "AWS_ENDPOINT_URL_DYNAMODB": server.endpoint,
                "AWS_ACCESS_KEY_ID": server.credentials.accessKeyId,
                "AWS_SECRET_ACCESS_KEY": server.credentials.secretAccessKey,
                "AWS_REGION": server.region,
            ]
        )
        #expect(outcome.isSuccess, "\(outcome.errors)")
        #expect(outcome.text == "executions: 1\nerrors: 1\n")
    }

    @Test func theExamplesRun() async throws {
        let server = try await Ministack.shared
        let outcome = try await Program.run(
            executable: SamplePackageTests.products.appending(path: "orders"),
            [],
            environment: [
                "AWS_ENDPOINT_URL_DYNAMODB": server.endpoint,
                "AWS_ACCESS_KEY_ID": server.credentials.accessKeyId,
                "AWS_SECRET_ACCESS_KEY": server.credentials.secretAccessKey,
                "AWS_REGION": server.region,
            ]
        )
        #expect(outcome.isSuccess, "\(outcome.errors)")
        let lines = outcome.text.split(separator: "\n").map { String($0) }
        #expect(
            lines == [
                "total: 375", "placed: 2026-11-20", "placed: 2026-11-21", "orders in this page: 2", "payments: 1",
                "paid already: 1",
            ]
        )
    }

    /// `ExampleCopilotTests` deploy it and talk to it.
    @Test func theReadmeShowsTheExampleCopilot() throws {
        func text(_ path: String) throws -> String {
            try String(contentsOf: Program.package.appending(path: path), encoding: .utf8)
        }
        let source = try text("Examples/Copilot/Concierge.swift")
        let start = try #require(source.range(of: "struct Concierge")?.lowerBound)
        let end = try #require(source.range(of: "\n\nstruct NoTable")?.lowerBound)
        #expect(try text("README.md").contains("```swift\n\(source[start..<end])\n```"))
    }

    /// What the documents show is what the test above runs.
    @Test(
        arguments: [
            ("README.md", "orders", 5), ("Sources/DynamoDB/DynamoDB.docc/DynamoDB.md", "orders", 5),
            ("README.md", "backend", 2),
        ]
    )
    func documentsShowTheExamples(path: String, program: String, count: Int) throws {
        let document = try String(contentsOf: Program.package.appending(path: path), encoding: .utf8)
        let folder = SamplePackageTests.sources.appending(path: program)
        let examples = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0 != "\(program.capitalized).swift" }
        #expect(examples.count == count)
        for example in examples {
            let source = try String(contentsOf: folder.appending(path: example), encoding: .utf8)
            let start = try #require(source.range(of: "\n\nfunc ")?.lowerBound)
            let function = source[start...].drop { $0.isNewline }
            #expect(document.contains("```swift\n\(function)```"), "\(example)")
        }
    }
}
