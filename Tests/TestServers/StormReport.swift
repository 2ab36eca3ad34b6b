/// What `FaultStorm` prints.
public struct StormReport: Sendable, Codable {
    public var seed: UInt64
    public var calls = 0
    /// As the scripts say; the server has counted the same.
    public var attempts = 0
    public var successes = 0
    /// Calls by the error that they ended with, as ``FaultScript/name(of:)`` spells it.
    public var failures: [String: Int] = [:]
    /// Attempts that libcurl sent again.
    public var resent = 0
    public var descriptorsBefore = 0
    public var descriptorsAfter = 0
    public var threadsBefore = 0
    public var threadsAfter = 0
    /// Resident memory after half of the calls, and after all of them. Bytes.
    public var memoryAtHalf = 0
    public var memoryAtEnd = 0
    /// The longest call. Seconds.
    public var longestCall = 0.0
    /// The first of what is not as it has to be, one line each.
    public var complaints: [String] = []

    public init(seed: UInt64) { self.seed = seed }

    public mutating func complain(_ text: String) {
        if complaints.count < 20 { complaints.append(text) }
    }
}
