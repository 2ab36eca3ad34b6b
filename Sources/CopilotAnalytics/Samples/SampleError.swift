/// A kind of error: a text in which ids, numbers, dates and times differ from one occurrence to the next.
struct SampleError: Sendable {
    enum Kind: Int, Sendable {
        case timeout, rateLimit, permission, outOfMemory, ticketClosed, declined, roomTaken, dueDate, orderMissing
        case stockDown, deadlock, rowLimit, columnType
        /// What ends a stream early, and what an incident brings.
        case streamClosed, circuitOpen
    }

    private enum Part: Sendable {
        case text([UInt8])
        /// A number of so many digits.
        case number(digits: Int)
        case hexadecimal, date, time
    }

    let type: StaticString
    let level: StaticString
    private let parts: [Part]

    /// Texts may hold `{3}` (a number of three digits), `{hex}`, `{date}` and `{time}`.
    private init(_ type: StaticString, _ level: StaticString, _ template: StaticString) {
        self.type = type
        self.level = level
        var parts: [Part] = []
        for (index, piece) in template.description.split(separator: "{", omittingEmptySubsequences: false).enumerated()
        {
            guard index > 0, let brace = piece.firstIndex(of: "}") else {
                parts.append(.text(Array(piece.utf8)))
                continue
            }
            switch piece[..<brace] {
            case "hex": parts.append(.hexadecimal)
            case "date": parts.append(.date)
            case "time": parts.append(.time)
            case let digits: parts.append(.number(digits: Int(digits) ?? 1))
            }
            parts.append(.text(Array(piece[piece.index(after: brace)...].utf8)))
        }
        self.parts = parts
    }

    /// Writes one occurrence of the message.
    ///
    /// - Parameter day: Days since the epoch; dates lie after it.
    func append(to text: inout SampleText, day: Int, random: inout SampleRandom) {
        for part in parts {
            switch part {
            case .text(let bytes): text.append(bytes)
            case .number(let digits):
                var low = 1
                for _ in 1..<digits { low *= 10 }
                text.append(random.between(low, 10 * low - 1))
            case .hexadecimal: SampleError.appendIdentifier(to: &text, random: &random)
            case .date:
                let (year, month, day) = CivilDate(daysSinceEpoch: day + random.between(1, 60)).components
                text.append(year)
                text.append("-")
                text.append(padded: month)
                text.append("-")
                text.append(padded: day)
            case .time:
                text.append(padded: random.below(24))
                text.append(":")
                text.append(padded: random.below(60))
            }
        }
    }

    /// Ten hexadecimal digits, a letter and a decimal digit first, so that none reads as a word or as a number.
    private static func appendIdentifier(to text: inout SampleText, random: inout SampleRandom) {
        var bits = random.next()
        text.append(UInt8(ascii: "a") + UInt8(bits & 3))
        text.append(UInt8(ascii: "0") + UInt8(bits >> 2 & 7))
        for _ in 0..<8 {
            bits >>= 4
            let digit = UInt8(bits >> 4 & 15)
            text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }

    static func of(_ kind: Kind) -> SampleError { all[kind.rawValue] }

    /// What a command fails with: an error of its own, or one that can happen to any.
    static func draw(command: Int, random: inout SampleRandom) -> Kind {
        if random.chance(perMille: 550) { return SampleCommand.all[command].error }
        return common[random.below(common.count)]
    }

    private static let common: [Kind] = [
        .timeout, .timeout, .timeout, .rateLimit, .rateLimit, .permission, .permission, .outOfMemory,
    ]

    /// In the order of ``Kind``.
    private static let all = [
        SampleError("TimeoutError", "error", "Upstream did not answer within {5} ms (request {hex})"),
        SampleError("RateLimitError", "warn", "Rate limit exceeded: {3} requests in 60 s, retry after {2} s"),
        SampleError("PermissionError", "warn", "User has no write access to project PRJ-{4}"),
        SampleError("InternalError", "fatal", "Worker {hex} ran out of memory at {4} MB"),
        SampleError("ConflictError", "warn", "Ticket TCK-{6} is closed and cannot be changed"),
        SampleError("PaymentError", "error", "Payment for invoice INV-{6} was declined with code {2}"),
        SampleError("CalendarError", "warn", "Room {3} is already booked on {date} at {time}"),
        SampleError("ValidationError", "warn", "Invalid value for 'due_date': {date} is no working day"),
        SampleError("NotFoundError", "warn", "Order ORD-{5} was not found"),
        SampleError("ServiceError", "error", "GET https://stock.example.com/items/{6} returned 503, {1} attempts made"),
        SampleError("DatabaseError", "error", "Deadlock detected while updating row {5} of shard {2}"),
        SampleError("QueryError", "error", "Query {hex} scanned {7} rows, over the limit of 5000000"),
        SampleError("SchemaError", "error", "Column {2} of dataset ds_{hex} holds text where a number is expected"),
        SampleError("ModelError", "error", "Stream closed by the model after {3} tokens (response {hex})"),
        SampleError("CircuitOpenError", "error", "Circuit breaker open since {time}: {2} of {3} calls failed"),
    ]
}
