/// Why what was tracked could not be brought where it was to go. Nothing is lost by it: it is kept, and tried again.
public struct TrackerError: Error, Sendable, CustomStringConvertible {
    /// A closed set, so that a caller can match every case.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        enum Kind: String, Sendable {
            case unavailable, cancelled, spoolInUse, spoolFull, spoolUnreadable, spoolWrite, noSpool, closed
        }
        let kind: Kind
        public var description: String { kind.rawValue }

        /// The table does not take events at present.
        public static let unavailable = Code(kind: .unavailable)
        public static let cancelled = Code(kind: .cancelled)
        /// Another process, or another tracker of this one, has the spool.
        public static let spoolInUse = Code(kind: .spoolInUse)
        /// The spool has as many bytes as it may have.
        public static let spoolFull = Code(kind: .spoolFull)
        /// The folder is not to be opened, or a newer version has written it.
        public static let spoolUnreadable = Code(kind: .spoolUnreadable)
        /// The disk is full or does not answer.
        public static let spoolWrite = Code(kind: .spoolWrite)
        /// What was asked for needs a spool.
        public static let noSpool = Code(kind: .noSpool)
        /// The tracker has been shut down, or runs already.
        public static let closed = Code(kind: .closed)
    }

    public let code: Code
    /// One line for people: what is wrong and what to do. Holds nothing of any event.
    public let message: String
    public let underlying: (any Error)?

    public init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    public var description: String { message }

    static let cancelled = TrackerError(.cancelled, "cancelled; what was tracked is kept and will be sent")
}
