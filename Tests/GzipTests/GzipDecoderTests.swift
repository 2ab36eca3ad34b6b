import Foundation
import Gzip
import PropertyTesting
import Testing

@Suite struct GzipDecoderTests {
    private func decode(_ pieces: [[UInt8]]) throws -> [UInt8] {
        var decoder = try GzipDecoder()
        var output: [UInt8] = []
        for piece in pieces {
            try decoder.decode(piece) { chunk in
                #expect(chunk.count <= 64 * 1024)
                output += chunk
            }
        }
        try decoder.finish()
        return output
    }

    /// Made with `gzip -9`: dynamic Huffman codes and distances.
    private static let fox = Array(
        Data(
            base64Encoded:
                "H4sIAAAAAAACAwvJSFUoLM1MzlZIKsovz1NIy69QyCrNLShWyC9LLVIoAUrnJFZVKqTkp+sphIwqHlU8qnhU8ajiUcXDSzEA5sOV"
                + "ZAgHAAA="
        )!
    )
    private static let foxText = Array(
        String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 40).utf8)

    /// Made with `gzip -9` from one megabyte of zeros.
    private static let zeros: [UInt8] =
        [31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 237, 193, 49, 1, 0, 0, 0, 194, 160, 245, 79, 109, 8, 95, 160]
        + [UInt8](repeating: 0, count: 1016) + [62, 3, 28, 234, 56, 167, 0, 0, 16, 0]

    @Test func readsWhatGzipWrote() throws {
        #expect(try decode([GzipDecoderTests.fox]) == GzipDecoderTests.foxText)
    }

    @Test func handsOutABombInBoundedPieces() throws {
        #expect(try decode([GzipDecoderTests.zeros]) == [UInt8](repeating: 0, count: 1 << 20))
        #expect(try decode(GzipDecoderTests.zeros.map { [$0] }).count == 1 << 20)
    }

    @Test(arguments: Seeds.first(20))
    func readsAnyMembersCutAnywhere(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var expected: [UInt8] = []
        var input: [UInt8] = []
        for _ in 0..<random.integer(1...4) {
            if random.chance(0.3) {
                input += GzipDecoderTests.fox
                expected += GzipDecoderTests.foxText
            } else {
                let content = (0..<random.integer(0...3000)).map { _ in UInt8(random.integer(0...255)) }
                input += StoredGzip.member(content, blockBytes: random.integer(1...2000))
                expected += content
            }
        }
        var pieces: [[UInt8]] = []
        var rest = input[...]
        while !rest.isEmpty {
            let piece = rest.prefix(random.integer(0...400))
            pieces.append(Array(piece))
            rest = rest.dropFirst(piece.count)
        }
        #expect(try decode(pieces) == expected)
    }

    @Test func everyCutIsNoticed() {
        for count in 1..<GzipDecoderTests.fox.count {
            let error = #expect(throws: GzipError.self) { try decode([Array(GzipDecoderTests.fox.prefix(count))]) }
            #expect(error?.code == .truncated, "after \(count) bytes")
        }
    }

    @Test func aCutInTheSecondMemberIsNoticed() {
        let input = GzipDecoderTests.fox + StoredGzip.member([1, 2, 3]).dropLast(2)
        let error = #expect(throws: GzipError.self) { try decode([input]) }
        #expect(error?.code == .truncated)
    }

    @Test(arguments: [
        Array("{\"type\":\"x\"}".utf8), [0, 0], [0x1F, 0x8B, 7, 0, 0, 0, 0, 0, 0, 3], [0x1F, 0x8C],
        Array("\u{1F}".utf8) + [0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 7],
    ])
    func refusesWhatIsNotGzip(bytes: [UInt8]) {
        let error = #expect(throws: GzipError.self) { try decode([bytes]) }
        #expect(error?.code == .corrupt)
    }

    @Test(arguments: [8, 7, 6, 5, 4, 3, 2, 1])
    func refusesAWrongChecksumOrLength(fromEnd: Int) {
        var bytes = StoredGzip.member(Array("hello".utf8))
        bytes[bytes.count - fromEnd] ^= 0x10
        let error = #expect(throws: GzipError.self) { try decode([bytes]) }
        #expect(error?.code == .corrupt)
    }

    @Test func nothingIsAnEmptyText() throws {
        #expect(try decode([]) == [])
        #expect(try decode([[]]) == [])
        #expect(try decode([StoredGzip.member([])]) == [])
    }

    @Test func stopsWhenTheReceiverThrows() {
        struct Stop: Error {}
        #expect(throws: Stop.self) {
            var decoder = try GzipDecoder()
            try decoder.decode(GzipDecoderTests.zeros) { _ in throw Stop() }
        }
    }
}
