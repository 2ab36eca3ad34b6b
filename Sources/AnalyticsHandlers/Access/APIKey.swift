internal import SigV4

/// An API key as it is written: `cak_<id>_<secret>`, 16 and 64 hexadecimal digits.
///
/// The id finds the key in the table and may be shown; the secret is 256 random bits. The table has only the secret's
/// SHA-256. A slow hash protects what people choose, because that can be guessed; there is nothing to guess in 256
/// random bits, and a slow hash at each request would only help whoever wants to keep the server busy.
public struct APIKey: Sendable {
    public let id: String
    private let secret: String

    static let prefix = "cak_"
    private static let idDigits = 16
    private static let secretDigits = 64

    /// Makes a new key.
    public init() {
        var generator = SystemRandomNumberGenerator()
        func digits(_ count: Int) -> String {
            (0..<count / 16).map { _ in
                let digits = String(generator.next() as UInt64, radix: 16)
                return String(repeating: "0", count: 16 - digits.count) + digits
            }
            .joined()
        }
        id = digits(APIKey.idDigits)
        secret = digits(APIKey.secretDigits)
    }

    /// - Returns: `nil` when the text has not the form of a key.
    init?(_ text: String) {
        guard text.hasPrefix(APIKey.prefix) else { return nil }
        let parts = text.dropFirst(APIKey.prefix.count).split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, APIKey.isHexadecimal(parts[0], APIKey.idDigits),
            APIKey.isHexadecimal(parts[1], APIKey.secretDigits)
        else { return nil }
        id = String(parts[0])
        secret = String(parts[1])
    }

    /// The key itself: for whom it was made, and for nobody else.
    public var text: String { "\(APIKey.prefix)\(id)_\(secret)" }

    /// What the table has instead of the secret.
    var hexHash: String { SHA256.hexHash(utf8: secret) }

    /// Whether a text could be a key's id.
    static func isID(_ text: String) -> Bool { isHexadecimal(text[...], idDigits) }

    private static func isHexadecimal(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
