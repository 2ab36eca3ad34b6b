/// Why a request got no answer. An answer with an error status is not a transport error.
///
/// It names the host at most: never the path, headers or a body, which may hold credentials or personal data.
public struct TransportError: Error, Sendable, Equatable {
    /// The kinds of failure. The set is closed but for ``other(curlCode:)``.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: Sendable, Hashable {
            case couldNotResolveHost, connectionRefused, couldNotConnect, connectTimedOut, timedOut, connectionClosed
            case tlsFailed, responseTooLarge, queueFull, cancelled, shutDown, invalidRequest
            case other(Int)
        }

        private let kind: Kind

        /// The name look-up failed.
        public static let couldNotResolveHost = Code(kind: .couldNotResolveHost)
        /// Nothing listens at the host's port.
        public static let connectionRefused = Code(kind: .connectionRefused)
        /// No connection for another reason: no route, no descriptors left, a proxy that refused.
        public static let couldNotConnect = Code(kind: .couldNotConnect)
        /// The connection, TLS included, was not ready in time.
        public static let connectTimedOut = Code(kind: .connectTimedOut)
        /// The request as a whole took longer than ``HTTPRequest/timeout``.
        public static let timedOut = Code(kind: .timedOut)
        /// The connection ended before the answer did: reset, no answer at all, or a part of one.
        public static let connectionClosed = Code(kind: .connectionClosed)
        /// The handshake failed, or the server's certificate is not trusted.
        public static let tlsFailed = Code(kind: .tlsFailed)
        /// The body was larger than ``HTTPRequest/maximumResponseBytes``, or the headers were larger than 1 MiB.
        public static let responseTooLarge = Code(kind: .responseTooLarge)
        /// As many requests were under way and waiting as the configuration allows.
        public static let queueFull = Code(kind: .queueFull)
        /// The calling task was cancelled.
        public static let cancelled = Code(kind: .cancelled)
        /// The transport was shut down before or while the request was under way.
        public static let shutDown = Code(kind: .shutDown)
        /// The URL, a header or the combination of method and body cannot be sent.
        public static let invalidRequest = Code(kind: .invalidRequest)

        /// Any other failure that libcurl reports, such as an answer that is not HTTP.
        ///
        /// - Parameter curlCode: a `CURLcode`, see libcurl-errors(3).
        public static func other(curlCode: Int) -> Code { Code(kind: .other(curlCode)) }

        public var description: String {
            if case .other(let code) = kind { return "curl error \(code)" }
            return "\(kind)"
        }
    }

    public var code: Code
    /// One sentence for a person.
    public var message: String
    /// Host, with the port where the URL has one.
    public var host: String
    /// False only when it is certain that no byte of the request reached the server, so that sending it again cannot
    /// do anything twice.
    public var requestMayHaveBeenSent: Bool
    /// With ``Code/tlsFailed``: the server's certificate was refused, or the file of trusted ones is of no use. It ends the
    /// same way until somebody changes something, whereas a handshake that was cut off may well succeed the next time.
    public var certificateWasRejected: Bool

    public init(
        code: Code, message: String, host: String = "", requestMayHaveBeenSent: Bool,
        certificateWasRejected: Bool = false
    ) {
        self.code = code
        self.message = message
        self.host = host
        self.requestMayHaveBeenSent = requestMayHaveBeenSent
        self.certificateWasRejected = certificateWasRejected
    }
}

extension TransportError: CustomStringConvertible {
    public var description: String {
        host.isEmpty ? "\(code): \(message)" : "\(code) (\(host)): \(message)"
    }
}
