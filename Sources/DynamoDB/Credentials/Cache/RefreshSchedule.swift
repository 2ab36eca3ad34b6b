internal import SigV4

/// When credentials are handed out as they are and when they are fetched anew. Pure: it reads no clock and calls
/// nothing.
struct RefreshSchedule: Sendable {
    /// With less than this left, in seconds, one refresh runs while everybody goes on with what there is.
    static let advisoryWindow: Double = 15 * 60
    /// With less than this left everybody waits for the refresh.
    static let mandatoryWindow: Double = 10 * 60
    /// How long, in seconds, still valid credentials are used after a refresh of them has failed, or has brought ones
    /// that are about to end. Without it each request would come with a refresh of its own.
    static let pause: Double = 5

    private(set) var credentials: AWSCredentials?
    private(set) var isRefreshing = false
    private var advisory = advisoryWindow
    private var mandatory = mandatoryWindow
    /// Seconds since 1970-01-01T00:00:00Z before which no other refresh starts as long as the credentials will do.
    private var notBefore = -Double.infinity
    /// The source itself gave credentials that had ended. The instance metadata service does so while it has trouble,
    /// and services accept them then.
    private var wereExpiredOnArrival = false

    struct Answer: Sendable {
        let credentials: AWSCredentials
        /// Whether the caller is the one to start a refresh.
        let startsRefresh: Bool
    }

    /// - Returns: `nil` when the caller has to wait for a refresh.
    mutating func answer(now: Double) -> Answer? {
        guard let credentials else { return nil }
        guard let expiration = credentials.expiration else {
            return Answer(credentials: credentials, startsRefresh: false)
        }
        let left = expiration - now
        if left > advisory { return Answer(credentials: credentials, startsRefresh: false) }
        let isPaused = now < notBefore
        if left > mandatory {
            let starts = !isPaused && beginRefresh()
            return Answer(credentials: credentials, startsRefresh: starts)
        }
        if isPaused, !isRefreshing, left > 0 || wereExpiredOnArrival {
            return Answer(credentials: credentials, startsRefresh: false)
        }
        return nil
    }

    /// - Returns: whether it was the caller who began it; false: one is under way.
    mutating func beginRefresh() -> Bool {
        if isRefreshing { return false }
        isRefreshing = true
        return true
    }

    mutating func succeeded(_ credentials: AWSCredentials, now: Double) {
        isRefreshing = false
        self.credentials = credentials
        guard let expiration = credentials.expiration else { return }
        let lifetime = expiration - now
        wereExpiredOnArrival = lifetime <= 0
        // Credentials of a short life would else be in the last window from the beginning.
        advisory = max(0, min(RefreshSchedule.advisoryWindow, lifetime / 2))
        mandatory = max(0, min(RefreshSchedule.mandatoryWindow, lifetime / 3))
        notBefore = now + RefreshSchedule.pause
    }

    /// - Returns: what those who wait can go on with; `nil`: nothing, they get the error.
    mutating func failed(now: Double) -> AWSCredentials? {
        isRefreshing = false
        guard let credentials, let expiration = credentials.expiration, expiration > now else { return nil }
        notBefore = now + RefreshSchedule.pause
        wereExpiredOnArrival = false
        return credentials
    }
}
