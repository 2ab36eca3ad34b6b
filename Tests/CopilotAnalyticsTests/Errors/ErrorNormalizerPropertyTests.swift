import PropertyTesting
import Testing

@testable import CopilotAnalytics

@Suite struct ErrorNormalizerPropertyTests {
    @Test(arguments: Seeds.first(100))
    func otherDigitsAreTheSameError(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let message = random.message()
            let other = random.otherDigits(message)
            #expect(ErrorNormalizer.normalize(message) == ErrorNormalizer.normalize(other), "\(message) / \(other)")
        }
    }

    @Test(arguments: Seeds.first(100))
    func anotherWordIsAnotherError(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let before = random.message(parts: 0...3)
            let after = random.message(parts: 0...3)
            let word = random.letters(1...12)
            let other = word + random.letters(1...2)
            let one = ErrorNormalizer.normalize("\(before) \(word) \(after)")
            #expect(one != ErrorNormalizer.normalize("\(before) \(other) \(after)"), "\(word) / \(other)")
            #expect(one.contains(word))
        }
    }

    @Test(arguments: Seeds.first(100))
    func normalizingAgainChangesNothing(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20 {
            let message = random.message()
            let once = ErrorNormalizer.normalize(message)
            #expect(ErrorNormalizer.normalize(once) == once, "\(message)")
        }
    }

    /// Whatever is thrown at it: bounded, trimmed, and the same each time.
    @Test(arguments: Seeds.first(100))
    func anyTextHasAPattern(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<10 {
            let text = random.hostileText(0...200)
            let pattern = ErrorNormalizer.normalize(text)
            #expect(pattern.utf8.count <= ErrorNormalizer.maximumLength)
            #expect(!pattern.hasPrefix(" ") && !pattern.hasSuffix(" ") && !pattern.contains("  "))
            #expect(pattern == ErrorNormalizer.normalize(text))
        }
    }

    @Test(arguments: RecordedErrors.messages)
    func recordedErrorsGroupByTheirWords(message: String) {
        var random = SeededGenerator(seed: UInt64(message.utf8.count))
        let pattern = ErrorNormalizer.normalize(message)
        #expect(ErrorNormalizer.normalize(random.otherDigits(message)) == pattern)
        #expect(ErrorNormalizer.normalize(pattern) == pattern)
        #expect(!pattern.contains { $0.isNumber })
    }

    @Test(.enabled(if: !RecordedErrors.messages.isEmpty))
    func recordedErrorsAreFewPatterns() {
        let patterns = Set(RecordedErrors.messages.map(ErrorNormalizer.normalize))
        #expect(patterns.count < RecordedErrors.messages.count)
    }
}

extension SeededGenerator {
    /// Words and what varies between them, as in real messages.
    fileprivate mutating func message(parts: ClosedRange<Int> = 1...8) -> String {
        (0..<integer(parts)).map { _ in part() }.joined(separator: element([" ", ", ", "; ", ": ", "  "]))
    }

    private mutating func part() -> String {
        switch integer(0...15) {
        case 0...5: letters(1...10)
        case 6: digits(integer(1...12))
        case 7: "\(letters(3...5).uppercased())\(digits(3))"
        case 8: "\(letters(3...8))_\(digits(integer(1...7)))"
        case 9: "20\(digits(2))-\(digits(2))-\(digits(2))"
        case 10: "\(digits(2)):\(digits(2))"
        case 11: "\(digits(2)).\(digits(1)).\(digits(3)).\(digits(2))"
        case 12: "'\(letters(1...5)) \(digits(2))'"
        case 13: "\(digits(3))\(element(["ms", "s", "kb", "x"]))"
        case 14: "\(digits(1)),\(digits(3)).\(digits(2))"
        default: "\(hex(8))-\(hex(4))-\(hex(4))-\(hex(4))-\(hex(12))"
        }
    }

    private mutating func hex(_ count: Int) -> String {
        // With a digit at the front: a group without one is a word like any other.
        digits(1) + String((1..<count).map { _ in element(Array("0123456789abcdef")) })
    }

    fileprivate mutating func otherDigits(_ message: String) -> String {
        String(message.map { $0.isASCII && $0.isNumber ? element(Array("0123456789")) : $0 })
    }
}
