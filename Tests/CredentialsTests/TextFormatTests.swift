import Testing

@testable import DynamoDB

/// The small formats that answers come in.
@Suite struct TextFormatTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0.0), ("2009-02-13T23:31:30Z", 1_234_567_890),
        ("2022-05-02T18:36:00+00:00", 1_651_516_560),
        ("2022-05-02T20:36:00+02:00", 1_651_516_560), ("2022-05-02T18:36:00.5Z", 1_651_516_560.5),
        ("2020-02-29T00:00:00UTC", 1_582_934_400), ("2199-11-14T04:05:45Z", 7_253_985_945),
    ])
    func timestamp(text: String, seconds: Double) {
        #expect(InternetTimestamp.parse(text) == seconds)
    }

    @Test(arguments: [
        "", "2022-05-02", "2022-05-02T18:36:00", "2022-13-02T18:36:00Z", "2022-05-02T24:36:00Z",
        "2022-05-02T18:36:00Zx",
        "2022-05-02T18:36:00.Z", "1651516560",
    ])
    func noTimestamp(text: String) {
        #expect(InternetTimestamp.parse(text) == nil)
    }

    @Test(arguments: [0.0, 951_782_400, 951_868_799, 1_234_567_890, 4_102_444_799, 7_253_985_945])
    func writtenTimestampsCanBeRead(seconds: Double) {
        #expect(InternetTimestamp.parse(InternetTimestamp.text(seconds)) == seconds)
    }

    @Test func xml() throws {
        let text = """
            <?xml version="1.0"?><!-- a > b -->
            <n:A x='>' y="/"><B>1 &lt; 2 &amp;&#x41;&#66;</B><C/><D><![CDATA[<x>&amp;]]></D><B>second</B></n:A>
            """
        let fields = try #require(XMLFields(Array(text.utf8)))
        #expect(fields["A/B"] == "1 < 2 &AB")
        #expect(fields["A/C"] == "")
        #expect(fields["A/D"] == "<x>&amp;")
        #expect(fields["A/E"] == nil)
    }

    @Test(arguments: [
        "", "no xml", "<A>", "<A></B>", "<A><B></A></B>", "</A>", "<A>&unknown;</A>", "<A", "<!DOCTYPE x><A/>",
        "<A>&#xD800;</A>",
        String(repeating: "<a>", count: 100_000),
    ])
    func noXML(text: String) {
        #expect(XMLFields(Array(text.utf8)) == nil)
    }

    @Test func serverWordsAreOneLineWithoutSecrets() {
        #expect(ServerWords.line("a\r\n b\tTOKEN1 c", without: ["TOKEN1"]) == "a b <redacted> c")
        #expect(ServerWords.line(String(repeating: "x", count: 1000)).count == 300)
    }
}
