import Foundation
import SQLiteTable
import Testing

@testable import CopilotAnalytics

@Suite struct ImporterTests {
    private func line(_ id: Int, command: String = "book") -> String {
        #"{"id":"e\#(id)","type":"ACTION_EXECUTED","userId":"u","timestamp":1790846100000,"metadata":{"commandName":"\#(command)"}}"#
    }

    private func run(
        _ source: some ByteSource,
        into writer: EventWriter,
        batchSize: Int = 3
    ) async throws -> (report: ImportReport, rejects: [Importer.Reject]) {
        var rejects: [Importer.Reject] = []
        var importer = Importer(writer: writer, batchSize: batchSize) { rejects.append($0) }
        var reader = LineReader(source)
        try await importer.run(&reader)
        return (importer.report, rejects)
    }

    private func writer() throws -> EventWriter {
        EventWriter(table: try SQLiteTable(.memory), layout: try TableLayout(retention: .forever))
    }

    @Test func countsEveryLineOnce() async throws {
        let writer = try writer()
        let text = [
            "\u{FEFF}" + line(1), "", line(2) + "\r", "   \t", "{", line(1), line(1, command: "other"),
            #"{"type":"A"}"#, line(3), "\u{FEFF}" + line(4), String(repeating: "x", count: 40_000),
            #"{"type":"A","userId":"u","id":"x","timestamp":1790846100000,"color":1,"shape":2}"#,
        ].joined(separator: "\n")
        let (report, rejects) = try await run(PieceSource([Array(text.utf8)]), into: writer)
        #expect(report.read == 10)
        #expect(report.accepted == 4)
        #expect(report.duplicates == 1)
        #expect(report.rejected == 5)
        #expect(report.unknownFields == ["color": 1, "shape": 1])
        // A conflict is known when its batch is written, so rejects are not in the order of lines.
        #expect(rejects.map(\.line).sorted() == [5, 7, 8, 10, 11])
        let codes = Dictionary(uniqueKeysWithValues: rejects.map { ($0.line, $0.rejection.code) })
        #expect(codes == [5: .invalidJSON, 7: .conflict, 8: .missingField, 10: .invalidJSON, 11: .tooLarge])
    }

    @Test func importingAgainCountsNothingAgain() async throws {
        let writer = try writer()
        let text = Array((1...20).map { line($0) }.joined(separator: "\n").utf8)
        #expect(try await run(PieceSource([text]), into: writer, batchSize: 7).report.accepted == 20)
        let again = try await run(PieceSource(text.map { [$0] }), into: writer, batchSize: 20).report
        #expect(again.accepted == 0 && again.duplicates == 20 && again.rejected == 0)
    }

    @Test func emptyInputIsNoEvents() async throws {
        let report = try await run(PieceSource([]), into: try writer()).report
        #expect(report == ImportReport())
    }

    @Test func binaryGarbageIsRejectedLineByLine() async throws {
        let garbage = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7919 &+ $0 / 256) }
        let source = PieceSource([garbage, [10], Array(line(1).utf8)])
        let (report, rejects) = try await run(source, into: try writer())
        #expect(report.accepted == 1)
        #expect(report.rejected == rejects.count && report.rejected > 0)
        #expect(report.read == report.accepted + report.rejected)
    }

    @Test func unknownFieldsAreBounded() async throws {
        let lines = (0..<50).map { #"{"type":"A","userId":"u","id":"\#($0)","timestamp":1790846100000,"f\#($0)":1}"# }
        let report = try await run(PieceSource([Array(lines.joined(separator: "\n").utf8)]), into: try writer()).report
        #expect(report.accepted == 50)
        #expect(report.unknownFields.count == ImportReport.unknownFieldLimit + 1)
        #expect(report.unknownFields["…"] == 30)
        #expect(report.unknownFields.values.reduce(0, +) == 50)
    }
}
