/// Why a table could not do what it was asked.
public struct TableError: Error, Sendable, CustomStringConvertible {
    /// A closed set, so that a caller can match every case.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        enum Kind: String, Sendable {
            case tableNotFound, tableExists, accessDenied, validation, itemTooLarge, throttled, conflict, unavailable
            case timedOut, corrupt, readOnly, full, cancelled, internalError
        }
        let kind: Kind
        public var description: String { kind.rawValue }

        public static let tableNotFound = Code(kind: .tableNotFound)
        public static let tableExists = Code(kind: .tableExists)
        /// Credentials are missing, wrong, expired, or do not allow the operation.
        public static let accessDenied = Code(kind: .accessDenied)
        /// The request can never succeed as it is.
        public static let validation = Code(kind: .validation)
        public static let itemTooLarge = Code(kind: .itemTooLarge)
        public static let throttled = Code(kind: .throttled)
        /// Another writer was at the same item, and stayed there for all attempts.
        public static let conflict = Code(kind: .conflict)
        /// The table cannot be reached or answers with a server error.
        public static let unavailable = Code(kind: .unavailable)
        /// Waiting longer was given up: what is in the way does not pass by itself soon.
        public static let timedOut = Code(kind: .timedOut)
        /// What is stored is not what this code writes.
        public static let corrupt = Code(kind: .corrupt)
        public static let readOnly = Code(kind: .readOnly)
        /// No room is left on the device.
        public static let full = Code(kind: .full)
        public static let cancelled = Code(kind: .cancelled)
        public static let internalError = Code(kind: .internalError)
    }

    public let code: Code
    /// One line for people: what is wrong and what to do. Holds neither credentials nor contents of items.
    public let message: String
    public let underlying: (any Error)?

    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    public var description: String { message }
}

extension TableError {
    /// The same request may succeed later, as it is.
    public var isTransient: Bool {
        switch code {
        case .throttled, .conflict, .unavailable: true
        default: false
        }
    }
}
