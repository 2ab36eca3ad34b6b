import Foundation
import SingleTable
import Testing

extension AttributeValue {
    /// Differs whenever DynamoDB tells two values apart, unlike `==` between strings that Unicode holds equivalent.
    var exactText: String {
        func bytes(_ text: String) -> String { "\"\(text.utf8.map { String(format: "%02x", $0) }.joined())\"" }
        switch self {
        case .string(let text): return "S" + bytes(text)
        case .number(let number): return "N\(number.text)"
        case .binary(let data): return "B\(data)"
        case .bool(let flag): return "BOOL \(flag)"
        case .null: return "NULL"
        case .list(let list): return "L[\(list.map(\.exactText).joined(separator: ", "))]"
        case .map(let map):
            return "M{\(map.map { bytes($0.key) + ": " + $0.value.exactText }.sorted().joined(separator: ", "))}"
        case .stringSet(let set): return "SS\(set.map(bytes).sorted())"
        case .numberSet(let set): return "NS\(set.map(\.text).sorted())"
        case .binarySet(let set): return "BS\(set.map { "\($0)" }.sorted())"
        }
    }
}

extension Item {
    var exactText: String { AttributeValue.map(attributes).exactText }
}

extension SingleTable.Table {
    /// Stores an item without a condition.
    func store(_ item: Item, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        #expect(try await put(item, condition: nil) == .written, sourceLocation: sourceLocation)
    }

    func transact(_ writes: Write...) async throws(TableError) -> TransactionOutcome {
        try await transact(writes, token: UUID().uuidString)
    }

    /// Carries out one update, which has to be possible, and returns the item after it.
    func update(
        _ key: Key,
        _ change: (inout Update) -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Item? {
        var update = Update()
        change(&update)
        #expect(try await transact(.update(key, update)) == .committed, sourceLocation: sourceLocation)
        return try await get(key)
    }
}

/// Whether a condition holds, asked without changing anything.
func holds(_ condition: Condition, for key: Key, in table: any SingleTable.Table) async throws -> Bool {
    switch try await table.transact(.check(key, condition: condition)) {
    case .committed: return true
    case .cancelled(let reasons):
        guard reasons.count == 1, case .conditionFailed = reasons[0] else {
            throw UnexpectedAnswer(description: "a check was answered with \(reasons)")
        }
        return false
    }
}

struct UnexpectedAnswer: Error, CustomStringConvertible {
    var description: String
}

/// Checks that work fails with a table error of this code, in one line that holds none of the secrets.
func expectTableError(
    _ code: TableError.Code,
    hiding secrets: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation,
    _ work: () async throws -> Void
) async {
    let error = await #expect(throws: TableError.self, sourceLocation: sourceLocation) { try await work() }
    guard let error else { return }
    #expect(error.code == code, "\(error.message)", sourceLocation: sourceLocation)
    #expect(!error.message.isEmpty && !error.message.contains(where: \.isNewline), sourceLocation: sourceLocation)
    #expect("\(error)" == error.message, sourceLocation: sourceLocation)
    for secret in secrets { #expect(!error.message.contains(secret), sourceLocation: sourceLocation) }
}

/// Checks that a request which can never succeed changes nothing: it fails with `validation`, or its transaction is
/// cancelled because this one write is invalid.
func expectRefusal(
    _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ work: () async throws(TableError) -> TransactionOutcome
) async {
    do throws(TableError) {
        let outcome = try await work()
        guard case .cancelled(let reasons) = outcome, reasons.count == 1, case .invalid = reasons[0] else {
            Issue.record("\(what): answered with \(outcome)", sourceLocation: sourceLocation)
            return
        }
    } catch {
        #expect(error.code == .validation, "\(what): \(error)", sourceLocation: sourceLocation)
    }
}
