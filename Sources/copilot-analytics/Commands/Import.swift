internal import ArgumentParser
internal import CopilotAnalytics
internal import Foundation
internal import LosslessJSON

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Store events of NDJSON files, each once: safe to run again, and beside others.",
        discussion: """
            One JSON object a line, at most 32 KB; files that end in .gz are decompressed; - is standard input. Lines \
            that are no events are rejected with a reason; the good ones are stored all the same, and the exit status \
            is 1.
            """
    )

    @OptionGroup var store: StoreOptions
    @Option(help: ArgumentHelp("Write rejected lines with their reasons here, as NDJSON.", valueName: "file"))
    var rejects: String?
    @Flag(help: "Print the counts as JSON.") var json = false
    @Argument(help: ArgumentHelp("NDJSON files, or - for standard input.", valueName: "file")) var files: [String]

    func run() async throws {
        // All of them, before anything is written: a misspelt name should not leave half an import behind.
        let inputs = try files.map { try ImportInput($0) }
        let rejects = try RejectWriter(self.rejects, apartFrom: files + store.url().files)
        let store = try await store.open(creating: true)
        let writer = EventWriter(table: store.table, layout: store.layout, onRepair: Terminal.noteRepair)
        var total = ImportReport()
        for input in inputs {
            try await load(input, writer, rejects, &total)
        }
        try rejects.close()
        if json {
            var writer = JSONWriter()
            total.write(to: &writer)
            writer.endLine()
            try Terminal.write(writer.bytes)
        } else {
            try Terminal.print(
                "read \(total.read), accepted \(total.accepted), duplicates \(total.duplicates), "
                    + "rejected \(total.rejected)"
            )
        }
        if let summary = rejects.summary(of: total) { throw Failure(message: summary) }
    }

    private func load(
        _ input: ImportInput,
        _ writer: EventWriter,
        _ rejects: RejectWriter,
        _ total: inout ImportReport
    ) async throws {
        var importer = Importer(writer: writer) { try rejects.write($0, of: input.name) }
        var lines = try input.lines()
        var progress = ProgressBar()
        defer { progress.finish() }
        do {
            try await importer.run(&lines) { report, bytesRead in
                let fraction = input.size.map { Double(bytesRead) / Double(max($0, 1)) }
                progress.update(fraction, "\(input.name): \(report.read) lines")
            }
        } catch {
            throw Self.located(error, input, importer.report)
        }
        total.add(importer.report)
        if importer.report.records > 0 {
            Terminal.note("note: passed over \(importer.report.records) records of \(input.name) that are no events")
        }
        if importer.report.read == 0 { Terminal.note("note: \(input.name) holds no events") }
        for (name, count) in importer.report.unknownFields.sorted(by: { $0.key < $1.key }) {
            let shown = Terminal.oneLine(String(name.prefix(64)))
            Terminal.note("note: dropped the unknown field \(shown) of \(count) events")
        }
    }

    private static func located(_ error: any Error, _ input: ImportInput, _ report: ImportReport) -> any Error {
        guard let error = error as? AnalyticsError, error.code == .input else { return error }
        return Failure(
            message: "\(input.name): \(error.message); \(report.accepted) events of it were stored before that"
        )
    }
}

/// A file, a compressed file or standard input.
struct ImportInput {
    let name: String
    /// Bytes, where they are known.
    let size: Int?
    private let handle: FileHandle
    private let isCompressed: Bool

    init(_ path: String) throws {
        if path == "-" {
            name = "standard input"
            size = nil
            handle = .standardInput
            isCompressed = false
            return
        }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw Failure(message: "\(path) does not exist")
        }
        guard !isDirectory.boolValue else {
            throw Failure(message: "\(path) is a folder: name the files in it")
        }
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw Failure(message: "\(path) cannot be read: check its permissions")
        }
        name = path
        size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? NSNumber)?.intValue
        self.handle = handle
        isCompressed = path.hasSuffix(".gz")
    }

    func lines() throws -> LineReader {
        isCompressed
            ? LineReader(try GzipSource(descriptor: handle.fileDescriptor))
            : LineReader(try FileSource(descriptor: handle.fileDescriptor))
    }
}

extension ImportReport {
    mutating func add(_ other: ImportReport) {
        read += other.read
        accepted += other.accepted
        duplicates += other.duplicates
        rejected += other.rejected
        records += other.records
    }
}
