internal import Foundation

/// User ids as events hold them: in normalization form C, compared by their bytes.
enum UserID {
    static func isSame(_ left: String, _ right: String) -> Bool {
        left.precomposedStringWithCanonicalMapping.utf8.elementsEqual(right.precomposedStringWithCanonicalMapping.utf8)
    }
}
