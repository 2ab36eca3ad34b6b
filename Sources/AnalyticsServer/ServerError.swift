internal import Foundation
internal import NIOCore

/// Why a server could not listen.
public struct ServerError: Error, Sendable, Hashable, CustomStringConvertible {
    public struct Code: Sendable, Hashable {
        enum Kind: Sendable { case addressInUse, notAllowed, addressNotAvailable, other }
        let kind: Kind
        public static let addressInUse = Code(kind: .addressInUse)
        public static let notAllowed = Code(kind: .notAllowed)
        /// The address is none of this machine's.
        public static let addressNotAvailable = Code(kind: .addressNotAvailable)
        public static let other = Code(kind: .other)
    }

    public let code: Code
    /// One line: what is wrong and what to do.
    public let description: String

    init(_ error: IOError, _ configuration: AnalyticsServer.Configuration) {
        let place = "port \(configuration.port) of \(configuration.host)"
        switch error.errnoCode {
        case EADDRINUSE:
            code = .addressInUse
            description = "\(place) is in use: choose another one with --port"
        case EACCES, EPERM:
            code = .notAllowed
            description = "\(place) may not be listened at: choose one from 1024 on with --port"
        case EADDRNOTAVAIL:
            code = .addressNotAvailable
            description = "\(configuration.host) is no address of this machine: choose another one with --host"
        default:
            code = .other
            description = "cannot listen at \(place): \(String(cString: strerror(error.errnoCode)))"
        }
    }
}
