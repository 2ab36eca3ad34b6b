/// SHA-256 (FIPS 180-4) of bytes in memory.
public enum SHA256 {
    /// - Returns: the hash, 32 bytes.
    public static func hash(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        SharedDigestContext.with { $0.hash(bytes).bytes }
    }

    /// - Returns: the hash, 32 bytes.
    public static func hash(_ bytes: [UInt8]) -> [UInt8] {
        bytes.withUnsafeBytes { hash($0) }
    }

    /// - Returns: the hash of the text's UTF-8 bytes, 32 bytes.
    public static func hash(utf8 text: String) -> [UInt8] {
        withUTF8Bytes(of: text) { hash($0) }
    }

    /// - Returns: the hash as 64 lower-case hexadecimal digits.
    public static func hexHash(_ bytes: UnsafeRawBufferPointer) -> String {
        Hexadecimal.string(hash(bytes))
    }

    /// - Returns: the hash as 64 lower-case hexadecimal digits.
    public static func hexHash(_ bytes: [UInt8]) -> String {
        Hexadecimal.string(hash(bytes))
    }

    /// - Returns: the hash of the text's UTF-8 bytes as 64 lower-case hexadecimal digits.
    public static func hexHash(utf8 text: String) -> String {
        Hexadecimal.string(hash(utf8: text))
    }
}

/// HMAC (RFC 2104) with SHA-256.
public enum HMACSHA256 {
    /// - Parameter key: of any length; what exceeds 64 bytes is hashed first, as the RFC says.
    /// - Returns: the authentication code, 32 bytes.
    public static func authenticate(_ message: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer) -> [UInt8] {
        SharedDigestContext.with { context in
            let key = HMACKey(key, context: &context)
            return context.authenticate(message, key: key).bytes
        }
    }

    /// - Parameter key: of any length; what exceeds 64 bytes is hashed first, as the RFC says.
    /// - Returns: the authentication code, 32 bytes.
    public static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        message.withUnsafeBytes { message in key.withUnsafeBytes { authenticate(message, key: $0) } }
    }

    /// - Parameter key: of any length; what exceeds 64 bytes is hashed first, as the RFC says.
    /// - Returns: the authentication code as 64 lower-case hexadecimal digits.
    public static func hexAuthenticate(_ message: [UInt8], key: [UInt8]) -> String {
        Hexadecimal.string(authenticate(message, key: key))
    }
}

/// Lower-case hexadecimal digits, as Signature Version 4 wants its hashes.
package enum Hexadecimal {
    package static func string(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { digits in
            for (index, byte) in bytes.enumerated() {
                digits[2 * index] = digit(byte >> 4)
                digits[2 * index + 1] = digit(byte & 15)
            }
            return bytes.count * 2
        }
    }

    static func append(_ digest: Digest, to buffer: inout [UInt8]) {
        digest.withUnsafeBytes { bytes in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 2 * bytes.count) { digits in
                for (index, byte) in bytes.enumerated() {
                    digits[2 * index] = digit(byte >> 4)
                    digits[2 * index + 1] = digit(byte & 15)
                }
                buffer.append(contentsOf: digits)
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
    }
}

/// The bytes of a text without a copy where it has contiguous storage, which native strings do.
func withUTF8Bytes<R>(of text: String, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    text.utf8.withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) }
        ?? Array(text.utf8).withUnsafeBytes { body($0) }
}
