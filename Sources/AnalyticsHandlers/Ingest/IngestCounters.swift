internal import CopilotAnalytics
internal import Locking
internal import LosslessJSON

/// What became of everything that this process was sent, since it began.
///
/// Segment's SDKs are told of no single event, so this is where their rejected events can be seen.
final class IngestCounters: Sendable {
    struct Counts: Sendable {
        var accepted = 0
        var duplicates = 0
        var conflicts = 0
        var queued = 0
        /// By code and field, such as `missingField.userId`; beyond a bound by code alone.
        var rejected: [String: Int] = [:]
        var ignored: [String: Int] = [:]

        private static let maximumReasons = 100

        mutating func add(_ rejection: EventRejection) {
            let code = rejection.code.description
            let reason = rejection.field.map { "\(code).\($0)" } ?? code
            let isListed = rejected[reason] != nil || rejected.count < Counts.maximumReasons
            rejected[isListed ? reason : code, default: 0] += 1
        }
    }

    private let counts = Locked(Counts())

    func add(_ results: [IngestResult]) {
        counts.withLock { counts in
            for result in results {
                switch result {
                case .outcome(_, .accepted): counts.accepted += 1
                case .outcome(_, .duplicate): counts.duplicates += 1
                case .outcome(_, .conflict): counts.conflicts += 1
                case .queued: counts.queued += 1
                case .ignored(let kind): counts.ignored[kind.rawValue, default: 0] += 1
                case .rejected(let rejection): counts.add(rejection)
                case .outcome(_, .forgotten): counts.add(.forgottenUser)
                }
            }
        }
    }

    var current: Counts { counts.withLock { $0 } }
}

extension IngestCounters.Counts {
    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.member("accepted", accepted)
        json.member("duplicates", duplicates)
        json.member("conflicts", conflicts)
        json.member("queued", queued)
        json.name("rejected")
        IngestCounters.Counts.write(rejected, to: &json)
        json.name("ignored")
        IngestCounters.Counts.write(ignored, to: &json)
        json.endObject()
    }

    private static func write(_ counts: [String: Int], to json: inout JSONWriter) {
        json.beginObject()
        for (name, count) in counts.sorted(by: { $0.key < $1.key }) { json.member(name, count) }
        json.endObject()
    }
}
