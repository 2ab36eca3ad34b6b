/// Why something that was sent is not an event that can be counted.
public struct EventRejection: Error, Sendable, Hashable, CustomStringConvertible {
    /// A closed set, so that a sender can match every case.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        enum Kind: String, Sendable {
            case invalidJSON, notAnObject, tooLarge, missingField, invalidField, tooOld, inFuture, conflict, forgotten,
                exportRecord
        }
        let kind: Kind
        public var description: String { kind.rawValue }

        public static let invalidJSON = Code(kind: .invalidJSON)
        public static let notAnObject = Code(kind: .notAnObject)
        public static let tooLarge = Code(kind: .tooLarge)
        public static let missingField = Code(kind: .missingField)
        public static let invalidField = Code(kind: .invalidField)
        /// Older than the retention of raw events less a day.
        public static let tooOld = Code(kind: .tooOld)
        /// More than an hour ahead of the receiver's clock, after correction of the sender's.
        public static let inFuture = Code(kind: .inFuture)
        /// An event of the same identity but other content is stored; the first one stays.
        public static let conflict = Code(kind: .conflict)
        /// The user was forgotten after the event happened.
        public static let forgotten = Code(kind: .forgotten)
        /// A line of an export that is no event and says so.
        public static let exportRecord = Code(kind: .exportRecord)
    }

    public let code: Code
    /// The field at fault, when there is one.
    public let field: String?
    /// What is wrong and what to do; never quotes contents of the event.
    public let message: String

    init(_ code: Code, field: String? = nil, _ message: String) {
        self.code = code
        self.field = field
        self.message = message
    }

    public var description: String { message }

    public static let tooLarge = EventRejection(.tooLarge, "longer than \(EventLimits.eventBytes / 1024) KB")

    /// What was an event once and is not to be read any more.
    package static let unreadable = EventRejection(.invalidJSON, "cannot be read back as the event that it was")

    static let conflicting = EventRejection(
        .conflict,
        "an event with the same type, userId, timestamp and id but other content is stored already; the first one stays"
    )

    /// Its user was forgotten: events from before that are not taken again.
    public static let forgottenUser = EventRejection(
        .forgotten,
        field: "userId",
        "the user was forgotten after this event happened: it is not stored again"
    )
}
