internal import SigV4

/// 64 bits that stand for one user in distinct counts: the first eight bytes of SHA-256 of the id.
///
/// Two of 100,000 users share a hash with a probability of 3 · 10⁻¹⁰.
public struct UserHash: Sendable, Hashable, Comparable {
    public let value: UInt64

    public init(value: UInt64) { self.value = value }

    public init(userID: String) {
        value = SHA256.hash(utf8: userID).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Big-endian.
    var bytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * $0)) } }

    init?(bytes: [UInt8]) {
        guard bytes.count == 8 else { return nil }
        value = bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    public static func < (left: UserHash, right: UserHash) -> Bool { left.value < right.value }
}
