import Foundation
import LosslessJSON
import Testing

/// The official cases: the folder `vectors` in what `COPILOT_ANALYTICS_SHARED` names, else in `shared` beside the
/// package. Without it there are no cases, and the tests that need none remain.
enum Vectors {
    static let folder: URL? = {
        let shared =
            ProcessInfo.processInfo.environment["COPILOT_ANALYTICS_SHARED"].map { URL(fileURLWithPath: $0) }
            ?? URL(fileURLWithPath: #filePath).appending(path: "../../../../shared").standardizedFileURL
        let folder = shared.appending(path: "vectors")
        return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
    }()

    /// `nil` when the file is not there. One that is there and cannot be read is told by ``VectorFileTests``.
    static func file(_ path: String) -> JSONValue? {
        guard let folder, let data = try? Data(contentsOf: folder.appending(path: path)) else { return nil }
        return try? JSONValue.parse([UInt8](data))
    }

    /// The members of a file's `cases`.
    static func cases(_ path: String) -> [VectorCase] {
        guard let members = file(path)?["cases"]?.objectValue?.members else { return [] }
        return members.map { VectorCase(name: $0.name, content: $0.value) }
    }
}

struct VectorCase: Sendable, CustomTestStringConvertible {
    let name: String
    let content: JSONValue

    var testDescription: String { name }
}

/// An empty list of cases passes; these tests see to it that it is empty only where there is no folder.
@Suite(.enabled(if: Vectors.folder != nil)) struct VectorFileTests {
    @Test(arguments: [
        "endpoints/dynamodb-rules.json", "retry/standard_v2_1.json", "retry/standard_legacy.json",
        "retry/adaptive.json", "awsJson1_0/input.json", "awsJson1_0/output.json",
    ])
    func hasCases(path: String) {
        #expect(!Vectors.cases(path).isEmpty)
    }

    @Test func hasConfiguredEndpoints() {
        #expect(!ConfiguredEndpointCase.all.isEmpty)
    }
}

extension JSONValue {
    var intValue: Int? { numberText.flatMap { Int($0) } }
    var doubleValue: Double? { numberText.flatMap { Double($0) } }
    /// The string members of an object.
    var texts: [String: String] {
        var texts: [String: String] = [:]
        for (name, value) in objectValue?.members ?? [] { texts[name] = value.stringValue }
        return texts
    }
}
