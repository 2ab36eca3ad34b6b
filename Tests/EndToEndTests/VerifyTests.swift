import Foundation
import TestServers
import Testing

@Suite struct VerifyTests {
    @Test(arguments: DataSet.available, StoreKind.allCases)
    func namesWhateverWasTamperedWith(data: DataSet, kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        _ = try await store.importFile(try await data.file())
        let raw = try store.rawItems()
        let target = try Target(try await data.events())
        // Alone where that costs little; a DynamoDB server has those at once that are about different items.
        let rounds = kind == .sqlite ? Tampering.allCases.map { [$0] } : Tampering.rounds
        for round in rounds {
            var changes: [(before: JSON?, after: JSON?, named: [RawItems.Key])] = []
            for tampering in round { changes.append(try await tampering.prepare(raw, target)) }
            for change in changes {
                if let after = change.after {
                    try await raw.put(after)
                } else if let before = change.before {
                    try await raw.delete(before.key)
                }
            }
            let outcome = try await store.run("verify")
            #expect(outcome.end == .exited(1), "\(round)")
            let lines = outcome.text.split(separator: "\n")
            for key in changes.flatMap(\.named) {
                #expect(lines.contains { $0.hasPrefix("\(key): ") }, "\(round): \(key) is not in \(outcome.text)")
            }
            expectOneLine(outcome, saying: "from the recount", "\(round)")
            for change in changes {
                if let before = change.before {
                    try await raw.put(before)
                } else if let after = change.after {
                    try await raw.delete(after.key)
                }
            }
        }
        // Everything is as it was, or what came before proves little.
        let verified = try await store.run("verify")
        #expect(verified.isSuccess, "\(verified.text)")
    }

    /// A range looks at its own days only.
    @Test(arguments: StoreKind.allCases) func looksAtTheRange(kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        _ = try await store.importFile(try await DataSet.generated.file())
        let raw = try store.rawItems()
        let target = try Target(try await DataSet.generated.events())
        let item = try await raw.get(target.commandDay)
        try await raw.put(item.raising("totalExecutions"))
        let inside = try await store.run("verify", "--from", target.day, "--to", target.day)
        #expect(inside.end == .exited(1))
        #expect(inside.text.contains("\(target.commandDay): "))
        let outside = try await store.run("verify", "--from", "2026-10-01", "--to", "2026-10-05")
        #expect(outside.isSuccess, "\(outside.text)")
    }
}

/// The busiest command and the most frequent error of a day in the middle.
private struct Target {
    let day = "2026-10-22"
    let execution: RecordedEvent
    let error: RecordedEvent

    init(_ events: [RecordedEvent]) throws {
        let bounds = try View(from: day, to: day).bounds()
        let ofDay = events.filter { bounds.contains($0.timestamp) }
        guard let execution = ofDay.first(where: { $0.succeeded == true && $0.metadata.executionTime != nil }),
            let error = ofDay.first(where: { $0.type == "ERROR_OCCURRED" })
        else { throw TestFailure("the data set has no execution and error on \(day)") }
        self.execution = execution
        self.error = error
    }

    var commandDay: RawItems.Key {
        .init(pk: "COMMAND#\(execution.metadata.commandName ?? "")", sk: "STATS#\(day)")
    }
    var totalsDay: RawItems.Key { .init(pk: "SUMMARY", sk: "STATS#\(day)") }
    var usersDay: RawItems.Key { .init(pk: "UNIQUES#users", sk: "STATS#\(day)") }
    var errorPartition: String { "ERROR#\(error.metadata.errorType ?? "")" }

    var executionEvent: RawItems.Key {
        .init(pk: "EVENT#\(execution.type)", sk: "\(execution.userId)#\(execution.timestamp)#\(execution.id)")
    }

    /// The quarter of an hour of the execution, in UTC.
    var quarter: String {
        let minutes = execution.timestamp / 60_000 % 1440 / 15 * 15
        func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "QUARTER#\(day)T\(padded(minutes / 60)):\(padded(minutes % 60))"
    }
}

/// Something that no writer does.
private enum Tampering: CaseIterable {
    case day, quarter, totals, bucket, users, pattern, errorDay, deletedRollup, inventedRollup, removedEvent, addedEvent

    static let rounds: [[Tampering]] = [
        [.day, .quarter, .totals, .users, .pattern, .errorDay], [.bucket, .inventedRollup], [.deletedRollup],
        [.removedEvent], [.addedEvent],
    ]

    /// What to put in place of what, and the items that `verify` has to name. Without a new item the old one goes;
    /// without an old one the new one is an addition.
    func prepare(
        _ raw: RawItems,
        _ target: Target
    ) async throws -> (before: JSON?, after: JSON?, named: [RawItems.Key]) {
        func changed(_ key: RawItems.Key, _ name: String) async throws -> (JSON?, JSON?, [RawItems.Key]) {
            let item = try await raw.get(key)
            return (item, try item.raising(name), [key])
        }
        switch self {
        case .day:
            return try await changed(target.commandDay, "totalExecutions")
        case .quarter:
            return try await changed(.init(pk: target.commandDay.pk, sk: target.quarter), "successfulExecutions")
        case .totals:
            return try await changed(target.totalsDay, "totalEvents")
        case .bucket:
            let item = try await raw.get(target.commandDay)
            let bucket = item.members.keys.filter { $0.hasPrefix("h") && Int($0.dropFirst()) != nil }.min()
            return (item, try item.raising(bucket ?? "no bucket"), [item.key])
        case .users:
            let item = try await raw.get(target.usersDay)
            let users = item["u"]?["BS"]?.elements ?? []
            guard users.count > 1 else { throw TestFailure("\(item.key) holds \(users.count) users") }
            var other = item
            other["u"] = .object(["BS": .array(Array(users.dropFirst()))])
            return (item, other, [item.key])
        case .pattern, .errorDay:
            let prefix = self == .pattern ? "PATTERN#" : "STATS#\(target.day)#"
            let items = try await raw.query(target.errorPartition)
            guard let item = items.first(where: { $0.key.sk.hasPrefix(prefix) }) else {
                throw TestFailure("nothing begins with \(prefix)")
            }
            return try await changed(item.key, "count")
        case .deletedRollup:
            return (try await raw.get(target.commandDay), nil, [target.commandDay])
        case .inventedRollup:
            var item = try await raw.get(target.commandDay)
            item["PK"] = .object(["S": .string("COMMAND#invented")])
            return (nil, item, [item.key])
        case .removedEvent:
            return (try await raw.get(target.executionEvent), nil, [target.commandDay, target.totalsDay])
        case .addedEvent:
            var item = try await raw.get(target.executionEvent)
            item["SK"] = .object(["S": .string(target.executionEvent.sk + "-again")])
            return (nil, item, [target.commandDay, target.totalsDay])
        }
    }
}
