internal import Synchronization

/// How far the service's clock is ahead of this machine's, once the service has refused a request for its date.
///
/// AWS takes signatures within 5 minutes (15 with some services) of its own clock. A machine whose clock is wrong is
/// common enough that the SDKs sign by the service's.
final class ClockSkew: Sendable {
    /// Below that, the date is not what was wrong with a signature. Seconds.
    static let tolerance = 300

    private let seconds = Atomic<Int>(0)

    /// To be added to this machine's time to get the service's. Seconds.
    var offset: Int { seconds.load(ordering: .relaxed) }

    /// Learns from an answer that refused a signature.
    ///
    /// - Parameters:
    ///   - serverDate: The answer's `Date`.
    ///   - signingDate: The date in the signature, by which another request may have been corrected meanwhile.
    ///   - now: This machine's time. All three in seconds since 1970-01-01T00:00:00Z.
    /// - Returns: Whether the date was wrong, so that another attempt has a better one.
    func correct(serverDate: Int, signingDate: Int, now: Int) -> Bool {
        let (difference, overflows) = serverDate.subtractingReportingOverflow(signingDate)
        guard !overflows, difference.magnitude > ClockSkew.tolerance.magnitude else { return false }
        seconds.store(serverDate - now, ordering: .relaxed)
        return true
    }
}
