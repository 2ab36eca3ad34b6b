internal import Foundation

/// What one look at a store found.
struct Finding: Sendable, Hashable {
    enum Level: String, Sendable {
        case ok, warn, fail
    }

    var level: Level
    /// What was looked at, in a word or two.
    var check: String
    var message: String
    /// What to do, where something is wrong.
    var advice: String?

    static func ok(_ check: String, _ message: String) -> Finding {
        Finding(level: .ok, check: check, message: message)
    }

    static func warn(_ check: String, _ message: String, _ advice: String) -> Finding {
        Finding(level: .warn, check: check, message: message, advice: advice)
    }

    static func fail(_ check: String, _ message: String, _ advice: String? = nil) -> Finding {
        Finding(level: .fail, check: check, message: message, advice: advice)
    }

    /// What went wrong says itself what to do.
    static func fail(_ check: String, _ error: any Error) -> Finding {
        let text = (error as? Failure)?.message ?? "\(error)"
        guard let end = text.range(of: ": ", options: .backwards) else { return fail(check, text) }
        return fail(check, String(text[..<end.lowerBound]), String(text[end.upperBound...]))
    }
}

/// Looks one after the other, until one finds that the rest would find the same.
struct Findings {
    private(set) var list: [Finding] = []

    mutating func add(_ finding: Finding) { list.append(finding) }
    mutating func add(_ findings: [Finding]) { list += findings }

    func count(_ level: Finding.Level) -> Int { list.count { $0.level == level } }
}
