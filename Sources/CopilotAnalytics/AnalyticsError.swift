/// What a caller asked for and cannot have.
public struct AnalyticsError: Error, Sendable, CustomStringConvertible {
    /// A closed set, so that a caller can match every case.
    public struct Code: Sendable, Hashable {
        enum Kind: Sendable { case invalidArgument, notFound, contention, damaged, input }
        let kind: Kind
        /// A date, zone, limit or name that makes no sense.
        public static let invalidArgument = Code(kind: .invalidArgument)
        public static let notFound = Code(kind: .notFound)
        /// Other writers held the same items for all attempts; nothing was written.
        public static let contention = Code(kind: .contention)
        /// An item of the table is not what this code writes.
        public static let damaged = Code(kind: .damaged)
        /// A file that cannot be read.
        public static let input = Code(kind: .input)
    }

    public let code: Code
    /// One line for people: what is wrong and what to do.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
