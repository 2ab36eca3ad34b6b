import PropertyTesting
import Testing

@testable import CopilotAnalytics

@Suite struct CSVWriterTests {
    @Test(arguments: Seeds.first(100))
    func readsBackByTheRFC(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var csv = CSVWriter()
        var expected: [[String]] = []
        let columns = random.integer(2...6)
        for _ in 0..<random.integer(1...10) {
            var cells: [CSVWriter.Cell] = []
            var texts: [String] = []
            for _ in 0..<columns {
                switch random.integer(0...3) {
                case 0:
                    cells.append(.empty)
                    texts.append("")
                case 1:
                    let number = "\(random.chance(0.5) ? "-" : "")\(random.digits(3)).5"
                    cells.append(.number(number))
                    texts.append(number)
                default:
                    let text = random.hostileText(0...6)
                    cells.append(.text(text))
                    texts.append(guarded(text))
                }
            }
            csv.row(cells)
            expected.append(texts)
        }
        let rows = try #require(CSVParser.rows(csv.bytes))
        #expect(rows.map { $0.map { Array($0.utf8) } } == expected.map { $0.map { Array($0.utf8) } })
    }

    @Test(arguments: [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK(\"http://x\",\"y\")", "=\u{301}1",
    ])
    func makesFormulasHarmless(text: String) throws {
        var csv = CSVWriter()
        csv.row([.text("a"), .text(text)])
        let cell = try #require(CSVParser.rows(csv.bytes)?.first?.last)
        #expect(Array(cell.utf8) == Array("'\(text)".utf8))
    }

    @Test func numbersStayNumbers() {
        var csv = CSVWriter()
        csv.row([.number("-12.5"), .empty, .text("plain"), .text("a,b"), .text("say \"x\"")])
        #expect(String(decoding: csv.take(), as: UTF8.self) == "-12.5,,plain,\"a,b\",\"say \"\"x\"\"\"\r\n")
        #expect(csv.bytes.isEmpty)
    }

    private func guarded(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, "=+-@\t\r\n".unicodeScalars.contains(first) else { return text }
        return "'" + text
    }
}
