#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What a client takes from outside: clocks, chance, waiting and the environment.
struct Surroundings: Sendable {
    /// This machine's idea of the time. Seconds since 1970-01-01T00:00:00Z.
    var date: @Sendable () -> Double
    var now: @Sendable () -> ContinuousClock.Instant
    /// In 0 ..< 1.
    var random: @Sendable () -> Double
    /// Throws when the task is cancelled, and for no other reason.
    var sleep: @Sendable (Duration) async throws -> Void
    var environmentVariable: @Sendable (String) -> String?

    static let process = Surroundings(
        date: { Date().timeIntervalSince1970 },
        now: { ContinuousClock.now },
        random: { Double.random(in: 0..<1) },
        sleep: { try await Task.sleep(for: $0) },
        // Not `ProcessInfo`, which copies all variables at every look.
        environmentVariable: { name in getenv(name).map { String(cString: $0) } }
    )
}
