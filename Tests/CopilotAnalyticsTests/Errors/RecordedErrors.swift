import Foundation
import LosslessJSON

/// Error texts of a recording beside the package, when there is one: `COPILOT_ANALYTICS_SHARED` or `../shared`.
enum RecordedErrors {
    static let messages: [String] = {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let given = ProcessInfo.processInfo.environment["COPILOT_ANALYTICS_SHARED"].map { URL(fileURLWithPath: $0) }
        let shared = given ?? root.deletingLastPathComponent().appendingPathComponent("shared")
        guard let data = try? Data(contentsOf: shared.appendingPathComponent("data/tau-airline.ndjson")) else {
            return []
        }
        var messages: Set<String> = []
        for line in data.split(separator: UInt8(ascii: "\n")) where line.range(of: Data("errorMessage".utf8)) != nil {
            guard let event = try? JSONValue.parse(line), let text = event["metadata"]?["errorMessage"]?.stringValue
            else {
                continue
            }
            messages.insert(text)
        }
        return messages.sorted()
    }()
}
