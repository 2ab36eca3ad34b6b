internal import CopilotAnalytics
internal import DynamoDB
internal import Foundation
internal import SingleTable

/// Tries everything that the program does to a table, with reads of what is not there and writes that cannot happen.
struct PermissionChecks {
    let table: any SingleTable.Table
    private let probe: Key

    /// No item is there and is not there.
    private static let never = Condition.all([.itemExists, .itemIsNew])

    init(table: any SingleTable.Table, keys: Keyspace) {
        self.table = table
        probe = Key(keys.prefix + "DOCTOR", "PROBE")
    }

    func run() async -> [Finding] {
        var findings: [Finding] = []
        var allowed: [String] = []
        func attempt(_ action: String, _ what: String, isNeeded: Bool = true, _ body: () async throws -> Void) async {
            do {
                try await body()
                allowed.append(action)
            } catch {
                findings.append(finding(action, what, isNeeded, error))
            }
        }
        await attempt("GetItem", "answers") { _ = try await table.get(probe) }
        await attempt("BatchGetItem", "answers") { _ = try await table.batchGet([probe]) }
        await attempt("Query", "answers") { _ = try await table.query(Query(partition: probe.partition, limit: 1)) }
        await attempt("Query on GSI1", "exports") {
            _ = try await table.query(Query(partition: probe.partition, index: .gsi1, limit: 1))
        }
        await attempt("Scan", "`verify`, `rebuild` and `copy`", isNeeded: false) {
            _ = try await table.scan(start: nil)
        }
        var update = Update()
        update.set("probe", true)
        let never = PermissionChecks.never
        let writes: [(String, String, Bool, Write)] = [
            ("PutItem", "new events", true, .put(Item(key: probe), condition: never)),
            ("UpdateItem", "new events", true, .update(probe, update, condition: never)),
            ("ConditionCheckItem", "new events", true, .check(probe, condition: never)),
            ("DeleteItem", "`forget-user` and `rebuild`", false, .delete(probe, condition: never)),
        ]
        for (action, what, isNeeded, write) in writes {
            await attempt(action, what, isNeeded: isNeeded) { try await refuse(write) }
        }
        let names = allowed.joined(separator: ", ")
        return findings + (allowed.isEmpty ? [] : [.ok("permissions", names)])
    }

    /// Whether anything can be written at all.
    func writing() async -> [Finding] {
        do {
            try await refuse(.delete(probe, condition: PermissionChecks.never))
            return [.ok("writing", "the file can be written")]
        } catch {
            return [.fail("writing", error)]
        }
    }

    /// Sends a write that comes to nothing.
    private func refuse(_ write: Write) async throws {
        guard case .cancelled(let reasons) = try await table.transact([write], token: UUID().uuidString) else { return }
        if case .invalid(let message) = reasons.first { throw Failure(message: message) }
    }

    private func finding(_ action: String, _ what: String, _ isNeeded: Bool, _ error: any Error) -> Finding {
        guard let table = error as? TableError, table.code == .accessDenied else { return .fail("permissions", error) }
        let name = action.split(separator: " ").first.map(String.init) ?? action
        let advice =
            "allow dynamodb:\(name) for the table" + (action.hasSuffix("GSI1") ? "'s index (…/index/GSI1)" : "")
            + " in the policy of this user or role"
        let message = "\(action) is not allowed, and needed for \(what)"
        return isNeeded ? .fail("permissions", message, advice) : .warn("permissions", message, advice)
    }
}
