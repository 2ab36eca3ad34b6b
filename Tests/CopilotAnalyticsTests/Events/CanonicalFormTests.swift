import Foundation
import PropertyTesting
import Testing

@testable import CopilotAnalytics

/// Against Foundation's normal forms, but for what these get wrong: a Hangul syllable of two letters and a third letter
/// are one syllable (UAX #15, and the standard library).
@Suite struct CanonicalFormTests {
    @Test func everyScalar() {
        for value in UInt32(0)...0x2FA1F {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = String(scalar)
            guard scalar.properties.generalCategory != .unassigned else { continue }
            #expect(
                CanonicalForm.composed(text).unicodeScalars.elementsEqual(
                    text.precomposedStringWithCanonicalMapping.unicodeScalars), "U+\(String(value, radix: 16))")
        }
    }

    @Test func hangul() {
        #expect(CanonicalForm.composed("\u{AC00}\u{11A8}").unicodeScalars.elementsEqual(["\u{AC01}"]))
        #expect(CanonicalForm.composed("\u{1100}\u{1161}\u{11A8}").unicodeScalars.elementsEqual(["\u{AC01}"]))
        #expect(CanonicalForm.decomposed("\u{AC01}") == ["\u{1100}", "\u{1161}", "\u{11A8}"])
    }

    @Test func mixtures() {
        let pool: [Unicode.Scalar] = [
            "e", "u", "\u{301}", "\u{308}", "\u{323}", "\u{327}", "\u{1E69}", "\u{AC00}", "\u{1100}", "\u{1161}",
            "\u{3099}", "か", "\u{F900}", "\u{2126}", "\u{0344}", "🇩", "ß",
        ]
        var random = SeededGenerator(seed: 5)
        for _ in 0..<5000 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...8, using: &random) { scalars.append(pool.randomElement(using: &random)!) }
            let text = String(scalars)
            let composed = CanonicalForm.composed(text)
            #expect(composed.utf8.elementsEqual(text.precomposedStringWithCanonicalMapping.utf8), "\(Array(scalars))")
            #expect(
                CanonicalForm.decomposed(text).elementsEqual(text.decomposedStringWithCanonicalMapping.unicodeScalars))
        }
    }
}
