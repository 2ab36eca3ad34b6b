internal import CopilotAnalytics

/// The keys of an issuer, read again when they are old or a token names one that is not there, and not more often than
/// every half minute: tokens with invented key ids must not make us a nuisance to the issuer.
actor KeySetCache {
    /// Milliseconds after which keys are read again.
    static let refreshAge: Int64 = 600_000
    /// Milliseconds between two attempts.
    static let attemptInterval: Int64 = 30_000
    /// Milliseconds for which keys are relied on while the issuer cannot be reached.
    static let maximumAge: Int64 = 86_400_000

    private let reader: @Sendable () async throws -> [UInt8]
    private let clock: @Sendable () -> Timestamp
    private let onFailure: @Sendable (any Error) -> Void
    private var keys: KeySet?
    private var readAt: Timestamp?
    private var attemptedAt: Timestamp?
    /// Whoever needs keys while they are being read waits for the same answer.
    private var reading: Task<Void, Never>?

    init(
        clock: @escaping @Sendable () -> Timestamp,
        onFailure: @escaping @Sendable (any Error) -> Void,
        reader: @escaping @Sendable () async throws -> [UInt8]
    ) {
        self.reader = reader
        self.clock = clock
        self.onFailure = onFailure
    }

    /// The keys, with the one of that id if it can be had.
    ///
    /// - Throws: ``JWTAccessError`` when there are none at all.
    func keys(having id: String) async throws -> KeySet {
        let now = clock()
        let isOld = readAt.map { now.milliseconds - $0.milliseconds > KeySetCache.refreshAge } ?? true
        if isOld || keys?.contains(id) != true { await refresh(now) }
        guard let keys, let readAt, now.milliseconds - readAt.milliseconds <= KeySetCache.maximumAge else {
            throw JWTAccessError(.keys, "the issuer's keys cannot be read; the server's log says why")
        }
        return keys
    }

    /// Reads the keys now.
    ///
    /// - Throws: When they cannot be read.
    func load() async throws {
        attemptedAt = clock()
        keys = try await read()
        readAt = clock()
    }

    private func refresh(_ now: Timestamp) async {
        if let reading { return await reading.value }
        if let attemptedAt, now.milliseconds - attemptedAt.milliseconds < KeySetCache.attemptInterval { return }
        let task = Task {
            do { try await load() } catch { onFailure(error) }
        }
        reading = task
        await task.value
        reading = nil
    }

    private func read() async throws -> KeySet {
        guard let set = KeySet(try await reader()) else {
            throw JWTAccessError(.keys, "the issuer's keys are no JSON Web Key Set")
        }
        guard !set.isEmpty else {
            throw JWTAccessError(.keys, "the issuer's key set has no key that could sign a token")
        }
        return set
    }
}
