import PropertyTesting
import Testing

@testable import CopilotAnalytics

/// Hands out bytes in given pieces and knows how many were asked for.
struct PieceSource: ByteSource {
    var pieces: ArraySlice<[UInt8]>
    private(set) var bytesRead = 0

    init(_ pieces: [[UInt8]]) { self.pieces = pieces.filter { !$0.isEmpty }[...] }

    mutating func read() throws(AnalyticsError) -> [UInt8] {
        let piece = pieces.popFirst() ?? []
        bytesRead += piece.count
        return piece
    }
}

@Suite struct LineReaderTests {
    private func lines(_ source: some ByteSource, limit: Int = 1000) throws -> [LineReader.Line] {
        var reader = LineReader(source, limit: limit)
        var lines: [LineReader.Line] = []
        while let line = try reader.next() { lines.append(line) }
        #expect(try reader.next() == nil)
        return lines
    }

    private func line(_ text: String) -> LineReader.Line { .line(Array(text.utf8)) }

    static let texts: [(text: String, lines: [String])] = [
        ("", []), ("a", ["a"]), ("a\n", ["a"]), ("\n", [""]), ("\n\n", ["", ""]), ("a\nb", ["a", "b"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\r\n\r\nb", ["a", "", "b"]), ("a\rb\n", ["a\rb"]), ("a\r\r\n", ["a\r"]), ("a\r", ["a"]), ("\r\n", [""]),
        ("é\nü\r\n👩‍💻", ["é", "ü", "👩‍💻"]),
    ]

    @Test(arguments: texts)
    func linesOfAnyPieces(text: String, lines expected: [String]) throws {
        let bytes = Array(text.utf8)
        #expect(try lines(PieceSource([bytes])) == expected.map(line))
        #expect(try lines(PieceSource(bytes.map { [$0] })) == expected.map(line))
        for cut in 0...bytes.count {
            #expect(try lines(PieceSource([Array(bytes[..<cut]), Array(bytes[cut...])])) == expected.map(line))
        }
    }

    @Test(arguments: Seeds.first(50))
    func piecesNeverMatter(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let limit = random.integer(1...40)
        var expected: [LineReader.Line] = []
        var bytes: [UInt8] = []
        for _ in 0..<random.integer(0...20) {
            let content = [UInt8](
                repeating: UInt8(ascii: "x"), count: max(0, limit + random.integer(-limit...limit * 3)))
            expected.append(content.count > limit ? .tooLong : .line(content))
            bytes += content + (random.chance(0.5) ? [13, 10] : [10])
        }
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(random.integer(1...limit * 4))
            pieces.append(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        #expect(try lines(PieceSource(pieces), limit: limit) == expected)
    }

    @Test(arguments: [9, 10, 11, 12, 100])
    func theLastLineMayBeTooLongAsWell(count: Int) throws {
        let content = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        let expected: LineReader.Line = count > 10 ? .tooLong : .line(content)
        #expect(try lines(PieceSource([content]), limit: 10) == [expected])
        #expect(try lines(PieceSource(content.map { [$0] }), limit: 10) == [expected])
        #expect(try lines(PieceSource([content + [13]]), limit: 10) == [expected])
    }

    /// A line of a gigabyte must pass through, not into memory: the source shows how far the reader looks ahead.
    @Test func aLineThatIsTooLongIsNotKept() throws {
        struct Endless: ByteSource {
            var remaining = 100_000
            var bytesRead = 0
            mutating func read() throws(AnalyticsError) -> [UInt8] {
                guard remaining > 0 else { return [] }
                remaining -= 1
                bytesRead += 64
                if remaining == 1 { return Array("\nnext\n".utf8) }
                return [UInt8](repeating: UInt8(ascii: "x"), count: 64)
            }
        }
        var reader = LineReader(Endless(), limit: 1000)
        #expect(try reader.next() == .tooLong)
        // Arrays grow by doubling.
        #expect(bufferedBytes(reader) <= 4 * 1000)
        #expect(try reader.next() == .line(Array("next".utf8)))
        #expect(reader.bytesRead >= 6_000_000)
    }

    private func bufferedBytes(_ reader: LineReader) -> Int {
        Mirror(reflecting: reader).children.compactMap { ($0.value as? [UInt8])?.capacity }.reduce(0, +)
    }

    @Test func aFailureOfTheSourceIsPassedOn() {
        struct Broken: ByteSource {
            var bytesRead = 0
            mutating func read() throws(AnalyticsError) -> [UInt8] { throw AnalyticsError(.input, "gone") }
        }
        var reader = LineReader(Broken())
        #expect(throws: AnalyticsError.self) { try reader.next() }
    }
}
