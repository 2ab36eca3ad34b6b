/// When which fault strikes. The head of `Tests/Support/fault_proxy.py` says how rules combine.
public struct FaultRule: Sendable, Hashable {
    public enum Fault: String, Sendable, Hashable, CaseIterable, Codable, CodingKeyRepresentable {
        /// A transaction in the way of some items: nothing is written.
        case conflict
        /// A transaction cancelled by throttling of some of its items: nothing is written.
        case throttle
        case throttlingException
        case provisionedThroughput
        case internalError
        /// A load balancer's page instead of an answer: nothing is written.
        case html503
        /// A policy that does not allow the operation: nothing is written.
        case accessDenied
        /// The connection is closed: nothing is written.
        case lostRequest
        /// Written, then the connection is closed without a byte.
        case lostAnswer
        /// Written, then half of an answer.
        case truncate
        /// Written, with a checksum that does not fit the answer.
        case badCRC
        /// Sent on after a while, see ``FaultRule/delayed(_:by:_:)``.
        case delay
    }

    public enum Frequency: Sendable, Hashable {
        case always
        /// The first requests that match, and then no more.
        case first(Int)
        case every(Int)
        case probability(Double)
    }

    private var fault: Fault
    private var operation: String?
    private var times: Int?
    private var every: Int?
    private var probability: Double?
    private var delay: Double?

    /// - Parameter operation: As `PutItem`. `nil`: every operation that can meet the fault.
    public init(_ fault: Fault, on operation: String? = nil, _ frequency: Frequency = .always) {
        self.fault = fault
        self.operation = operation
        switch frequency {
        case .always: break
        case .first(let count): times = count
        case .every(let count): every = count
        case .probability(let probability): self.probability = probability
        }
    }

    /// Requests that the server gets later: time for a client to give up.
    public static func delayed(
        _ operation: String,
        bySeconds seconds: Double,
        _ frequency: Frequency = .always
    ) -> FaultRule {
        var rule = FaultRule(.delay, on: operation, frequency)
        rule.delay = seconds
        return rule
    }
}

// Absent members are left out, as the proxy wants it.
extension FaultRule: Encodable {}
