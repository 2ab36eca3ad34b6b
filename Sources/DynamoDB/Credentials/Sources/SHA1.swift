internal import CLibcrypto
internal import SigV4

/// SHA-1 (FIPS 180-4), which names the files of the SSO token cache. It protects nothing here.
enum SHA1 {
    /// - Returns: 40 lower-case hexadecimal digits; `nil` where libcrypto is configured without the algorithm.
    static func hexHash(utf8 text: String) -> String? {
        let message = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: Int(CLIBCRYPTO_SHA1_LENGTH))
        guard clibcrypto_sha1(message, message.count, &digest) == 1 else { return nil }
        return Hexadecimal.string(digest)
    }
}
