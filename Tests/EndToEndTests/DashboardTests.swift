import CurlTransport
import Foundation
import TestServers
import Testing

@Suite struct DashboardTests {
    @Test(arguments: DataSet.available, StoreKind.allCases)
    func answersAreARecount(data: DataSet, kind: StoreKind) async throws {
        let store = try await FilledStore.with(data, kind).store
        let events = try await data.events()
        for view in View.all {
            let answer = try DashboardAnswer.parse(try await store.dashboard(view))
            let recount = try Recount(events, view)
            // A range without anything would agree with everything.
            try #require(recount.overall.total > 0 && recount.errorCount > 0, "\(view)")
            let comparison = Comparison(answer, recount, view)
            #expect(comparison.problems.isEmpty, "\(view)")
        }
    }

    /// The comparison sees a single event, and the days of another zone.
    @Test(arguments: DataSet.available) func theRecountIsSharp(data: DataSet) async throws {
        let store = try await FilledStore.with(data, .sqlite).store
        let answer = try DashboardAnswer.parse(try await store.dashboard())
        let events = try await data.events()
        func problems(_ events: [RecordedEvent]) throws -> [String] {
            Comparison(answer, try Recount(events, .whole), .whole).problems
        }
        #expect(try problems(events) == [])
        let execution = try #require(events.firstIndex { $0.succeeded == true })
        let error = try #require(events.firstIndex { $0.type == "ERROR_OCCURRED" })
        for index in [execution, error] {
            var fewer = events
            fewer.remove(at: index)
            #expect(try !problems(fewer).isEmpty)
            #expect(try !problems(events + [events[index]]).isEmpty)
        }
        let day = View(from: "2026-10-22", to: "2026-10-22")
        let elsewhere = View(from: day.from, to: day.to, zone: "Pacific/Auckland")
        let ofDay = try DashboardAnswer.parse(try await store.dashboard(day))
        #expect(Comparison(ofDay, try Recount(events, day), day).problems == [])
        // More than the name of the zone.
        #expect(Comparison(ofDay, try Recount(events, elsewhere), elsewhere).problems.count > 1)
    }

    @Test(arguments: DataSet.available, StoreKind.allCases)
    func listsAreThoseOfTheDashboard(data: DataSet, kind: StoreKind) async throws {
        let store = try await FilledStore.with(data, kind).store
        for view in [View.whole, View(from: "2026-10-08", to: "2026-10-13", zone: "Asia/Kolkata")] {
            let dashboard = try JSON.parse(try await store.dashboard(view))
            let commands = try JSON.parse(try await store.output(["commands", "--json"] + view.options))
            #expect(commands["commands"] == dashboard["popularCommands"])
            #expect(commands["range"] == dashboard["range"])
            let errors = try JSON.parse(try await store.output(["errors", "--json"] + view.options))
            #expect(errors["errors"] == dashboard["errorPatterns"])

            let short = try JSON.parse(try await store.output(["dashboard", "--json"] + view.options))
            for list in ["popularCommands", "errorPatterns"] {
                let all = dashboard[list]?.elements ?? []
                #expect(short[list]?.elements == Array(all.prefix(5)), "\(list)")
            }
            #expect(short["summary"] == dashboard["summary"])
        }
    }

    @Test(arguments: DataSet.available)
    func sameBytesFromBothTables(data: DataSet) async throws {
        let sqlite = try await FilledStore.with(data, .sqlite).store
        let dynamodb = try await FilledStore.with(data, .dynamodb).store
        for view in View.all {
            #expect(try await sqlite.dashboard(view) == dynamodb.dashboard(view), "\(view)")
        }
    }

    @Test(arguments: DataSet.available, StoreKind.allCases)
    func sameBytesFromTheAPI(data: DataSet, kind: StoreKind) async throws {
        let store = try await FilledStore.with(data, kind).store
        try await Server.with(store) { server in
            let prefixes = ["/analytics", "/api/v1/analytics", "/api/copilot/analytics"]
            for (index, view) in View.all.enumerated() {
                let expected = try await store.dashboard(view)
                // All of them for the whole range, then one after the other: each meets every zone or every range.
                for prefix in view == .whole ? prefixes : [prefixes[index % prefixes.count]] {
                    let answer = try await server.get("\(prefix)/dashboard?\(view.query)&limit=1000")
                    #expect(answer.status == 200)
                    #expect(Data(answer.body) == expected, "\(prefix), \(view)")
                }
            }
        }
    }

    /// For people: the same numbers in a table, nothing on standard error.
    @Test(arguments: DataSet.available, StoreKind.allCases)
    func tablesForPeople(data: DataSet, kind: StoreKind) async throws {
        let store = try await FilledStore.with(data, kind).store
        let recount = try Recount(try await data.events(), .whole)
        let dashboard = String(decoding: try await store.output(["dashboard"] + View.whole.options), as: UTF8.self)
        #expect(dashboard.contains("\(recount.overall.total) (\(recount.overall.successes) successful, "))
        #expect(dashboard.contains("Active users  \(recount.users.count)"))
        #expect(!dashboard.contains("\u{1B}"))
        let commands = String(decoding: try await store.output(["commands"] + View.whole.options), as: UTF8.self)
        #expect(commands.split(separator: "\n").count == recount.commands.count + 1)
        let errors = String(decoding: try await store.output(["errors"] + View.whole.options), as: UTF8.self)
        #expect(errors.split(separator: "\n").count == recount.errors.count + 1)
    }

    /// The dashboard is read from the rollups, which have seed 001's attributes and the recounted numbers.
    @Test(arguments: DataSet.available, StoreKind.allCases)
    func answersComeFromRollups(data: DataSet, kind: StoreKind) async throws {
        let store = try await TestStore.make(kind)
        _ = try await store.importFile(try await data.file())
        let events = try await data.events()
        let name = data == .airline ? "book_reservation" : "search_knowledge_base"
        // The first of the command's days.
        let first = try #require(events.first { $0.metadata.commandName == name && $0.succeeded != nil })
        let day = Date(timeIntervalSince1970: Double(first.timestamp) / 1000).ISO8601Format().prefix(10)
        let view = View(from: String(day), to: String(day))
        let expected = try #require(try Recount(events, view).commands[name])
        let raw = try store.rawItems()
        let item = try await raw.get(.init(pk: "COMMAND#\(name)", sk: "STATS#\(day)"))
        #expect(item["commandName"]?["S"] == .string(name))
        #expect(item.amount("totalExecutions") == Double(expected.total))
        #expect(item.amount("successfulExecutions") == Double(expected.successes))
        #expect(item.amount("failedExecutions") == Double(expected.failures))
        #expect(item.amount("totalExecutionTime") == expected.times.reduce(0, +))
        #expect(item.amount("lastExecuted") == expected.last.map(Double.init))

        let before = try DashboardAnswer.parse(try await store.dashboard(view))
        try await raw.put(item.raising("totalExecutions").raising("failedExecutions"))
        let after = try DashboardAnswer.parse(try await store.dashboard(view))
        #expect(after.summary.totalExecutions == before.summary.totalExecutions + 1)
        #expect(after.summary.failedExecutions == before.summary.failedExecutions + 1)
        let changed = after.popularCommands.first { $0.commandName == name }
        #expect(changed?.totalExecutions == expected.total + 1)
    }
}
