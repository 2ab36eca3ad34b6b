internal import CurlTransport
internal import SigV4

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// The time, as far as credentials need it.
struct CredentialsClock: Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    var now: @Sendable () -> Double
    /// Returns early, without an error, when the task is cancelled.
    var sleep: @Sendable (Duration) async -> Void

    static let system = CredentialsClock(
        now: { Date().timeIntervalSince1970 },
        sleep: { try? await Task.sleep(for: $0) }
    )
}

/// The world outside, as the sources of credentials see it.
struct CredentialsContext: Sendable {
    var environment: [String: String]
    var files: any FileAccess
    var transport: any HTTPTransport
    var clock: CredentialsClock
    var processes: any ProcessRunner

    /// Sends a request until it is answered well, or as often as allowed.
    ///
    /// - Parameters:
    ///   - attempts: at least 1.
    ///   - connectsOnce: not to try again when there was no connection.
    ///   - isTransient: whether an answer is worth another attempt, besides 5xx and 429.
    ///   - request: called for every attempt, so that each is signed anew.
    func send(
        attempts: Int, connectsOnce: Bool = false, isTransient: (HTTPResponse) -> Bool = { _ in false },
        _ request: () -> HTTPRequest
    ) async throws(TransportError) -> HTTPResponse {
        var attempt = 1
        while true {
            let reason: RetryReason
            do throws(TransportError) {
                let answer = try await transport.send(request())
                let isWorthMore = answer.status >= 500 || answer.status == 429 || isTransient(answer)
                if !isWorthMore || attempt >= attempts { return answer }
                reason = answer.status == 429 ? .throttling : .transient
            } catch {
                let isFinal = attempt >= attempts || (connectsOnce && !error.requestMayHaveBeenSent)
                guard !isFinal, !Task.isCancelled, let passing = error.retryReason else { throw error }
                reason = passing
            }
            await clock.sleep(
                RetryPolicy.otherServices.delay(
                    after: reason,
                    attempt: attempt,
                    retryAfterMilliseconds: nil,
                    random: Double.random(in: 0..<1)
                )
            )
            attempt += 1
        }
    }
}

/// Makes a server's words fit for an error: one line, of limited length, without the secrets that were sent.
enum ServerWords {
    static func line(_ text: String, without secrets: [String] = [], maximumLength: Int = 300) -> String {
        var text = text
        for secret in secrets where secret.count >= 4 {
            text = text.replacing(secret, with: "<redacted>")
        }
        let words = text.unicodeScalars.split { scalar in
            scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
        }
        return String(words.map { String($0) }.joined(separator: " ").prefix(maximumLength))
    }
}
