import SingleTable

@testable import CopilotAnalytics

/// Everything that a table holds, apart from what may depend on the order of arrival.
enum TableState {
    /// How often an item was updated, the sample of users, and what receivers add.
    private static let dependsOnOrder: Set<String> = ["n", "affectedUsers", "receivedAt", "lastReceived"]

    static func read(_ table: any Table) async throws -> [Key: [String: AttributeValue]] {
        var state: [Key: [String: AttributeValue]] = [:]
        for item in try await items(table) {
            guard let key = item.key else { continue }
            state[key] = item.attributes.filter { !dependsOnOrder.contains($0.key) }
        }
        return state
    }

    static func items(_ table: any Table) async throws -> [Item] {
        var items: [Item] = []
        var start: PageToken?
        repeat {
            let page = try await table.scan(start: start)
            items += page.items
            start = page.next
        } while start != nil
        return items
    }

    /// Names of what differs, for a failure that can be read.
    static func differences(_ one: [Key: [String: AttributeValue]], _ other: [Key: [String: AttributeValue]])
        -> [String]
    {
        Set(one.keys).union(other.keys).compactMap { key in
            guard let left = one[key], let right = other[key] else { return "\(key): only in one of them" }
            let names = Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }
            return names.isEmpty ? nil : "\(key): \(names.sorted().joined(separator: ", "))"
        }
        .sorted()
    }
}
