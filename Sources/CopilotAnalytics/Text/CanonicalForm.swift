#if canImport(FoundationEssentials)
    // The standard library has the normal forms, and shows them to Foundation and its like only. Foundation itself would
    // bring thirty megabytes of ICU.
    @_spi(_Unicode) import Swift
#else
    internal import Foundation
#endif

/// Canonical normal forms of Unicode (UAX #15).
enum CanonicalForm {
    /// Form C.
    static func composed(_ text: String) -> String {
        #if canImport(FoundationEssentials)
            var result = ""
            result.unicodeScalars.append(contentsOf: text._nfc)
            return result
        #else
            text.precomposedStringWithCanonicalMapping
        #endif
    }

    /// Form D.
    static func decomposed(_ text: String) -> [Unicode.Scalar] {
        #if canImport(FoundationEssentials)
            Array(text._nfd)
        #else
            Array(text.decomposedStringWithCanonicalMapping.unicodeScalars)
        #endif
    }
}
