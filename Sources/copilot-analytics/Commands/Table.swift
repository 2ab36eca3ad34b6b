internal import ArgumentParser
internal import CopilotAnalytics
internal import LosslessJSON
internal import SingleTable

struct Table: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make, show or delete the table.",
        subcommands: [Create.self, Describe.self, SetLanes.self, Delete.self]
    )

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the table with its index and expiry."
        )

        @OptionGroup var store: StoreOptions
        @Option(
            help: ArgumentHelp("Whose days the daily statistics are; cannot be changed later.", valueName: "zone")
        )
        var timeZone: String = "UTC"
        @Option(
            help: ArgumentHelp("Copies of each statistic that several writers share out among them.", valueName: "n")
        )
        var lanes: Int = 1

        func validate() throws { try Table.check(lanes: lanes) }

        func run() async throws {
            let url = try store.url()
            let zone: Zone
            do {
                zone = try Zone(timeZone)
            } catch {
                throw ValidationError(error.message)
            }
            let table = try await Store.create(url)
            try await TableSettings(reportingZone: zone, lanes: Lanes(count: lanes)).store(in: table)
            try Terminal.print("made \(url), its days are days of \(zone.identifier)")
        }
    }

    struct SetLanes: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lanes",
            abstract: "Raise the number of lanes, for many writers at once; it never shrinks.",
            discussion: """
                Each writer counts in one lane, so that writers in different lanes do not wait for each other; each \
                answer reads all of them. Writers that are running keep theirs until they are started again.
                """
        )

        @OptionGroup var store: StoreOptions
        @Argument(help: ArgumentHelp("1 to \(Lanes.maximum).", valueName: "n")) var lanes: Int

        func validate() throws { try Table.check(lanes: lanes) }

        func run() async throws {
            let store = try await store.open(creating: false)
            try await TableSettings.raiseLanes(to: lanes, in: store.table)
            try Terminal.print("\(store.url) has \(lanes) \(lanes == 1 ? "lane" : "lanes")")
        }
    }

    private static func check(lanes: Int) throws {
        do throws(AnalyticsError) {
            try Lanes.check(lanes)
        } catch {
            throw ValidationError(error.message)
        }
    }

    struct Describe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show what the table is like.")

        @OptionGroup var store: StoreOptions
        @Flag(help: "As JSON.") var json = false

        func run() async throws {
            let store = try await store.open(creating: false)
            let description = try await store.table.describe()
            var writer = JSONWriter()
            writer.beginObject()
            writer.name("name")
            writer.string(description.name)
            writer.name("status")
            writer.string(description.status.rawValue)
            writer.name("indexes")
            writer.array(description.indexes) { $0.string($1) }
            writer.name("timeToLiveAttribute")
            if let name = description.timeToLiveAttribute { writer.string(name) } else { writer.null() }
            writer.member("itemCount", description.itemCount)
            writer.member("sizeBytes", description.sizeBytes)
            writer.name("reportingTimeZone")
            writer.string(store.layout.zone.identifier)
            writer.member("lanes", store.layout.lanes.count)
            writer.endObject()
            writer.endLine()
            if json {
                try Terminal.write(writer.bytes)
                return
            }
            try Terminal.print(
                """
                Table      \(description.name) (\(description.status.rawValue))
                Indexes    \(description.indexes.joined(separator: ", "))
                Expiry     \(description.timeToLiveAttribute.map { "by \($0)" } ?? "off")
                Items      \(description.itemCount), \(description.sizeBytes) bytes
                Days of    \(store.layout.zone.identifier)
                Lanes      \(store.layout.lanes.count)
                """
            )
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Delete the table and everything in it.")

        @OptionGroup var store: StoreOptions
        @Flag(help: "Really delete all events and statistics.") var yes = false

        func run() async throws {
            let url = try store.url()
            guard yes else { throw ValidationError("this deletes \(url) for good: say --yes") }
            try await Store.table(url, creating: false).destroy()
            try Terminal.print("deleted \(url)")
        }
    }
}
