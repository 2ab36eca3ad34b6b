import CLibcrypto
import Locking

/// The 32 bytes of a SHA-256 hash, without an allocation.
struct Digest: Sendable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        Swift.withUnsafeBytes(of: words) { body($0) }
    }

    mutating func withUnsafeMutableBytes<R>(_ body: (UnsafeMutableRawBufferPointer) -> R) -> R {
        Swift.withUnsafeMutableBytes(of: &words) { body($0) }
    }

    var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

/// A libcrypto context with SHA-256 bound to it. It is reused, since making one costs more than a short hash, and
/// belongs to one caller at a time.
struct DigestContext: ~Copyable, Sendable {
    /// Unsafe to the compiler only: this value cannot be copied and every use of the pointer is `mutating`, so that
    /// there is one user at a time, which is all that libcrypto asks for.
    private nonisolated(unsafe) let context: OpaquePointer

    init() {
        guard let context = clibcrypto_sha256_context_new() else {
            // Out of memory, or a libcrypto configured without its digests: there is no way to sign anything.
            fatalError("libcrypto offers no SHA-256")
        }
        self.context = context
    }

    deinit {
        clibcrypto_sha256_context_free(context)
    }

    mutating func hash(_ bytes: UnsafeRawBufferPointer) -> Digest {
        hash(bytes, followedBy: UnsafeRawBufferPointer(start: nil, count: 0))
    }

    mutating func hash(_ first: UnsafeRawBufferPointer, followedBy second: UnsafeRawBufferPointer) -> Digest {
        var digest = Digest()
        digest.withUnsafeMutableBytes { output in
            let status = clibcrypto_sha256(
                context, first.baseAddress, first.count, second.baseAddress, second.count,
                output.baseAddress!.assumingMemoryBound(to: UInt8.self)
            )
            precondition(status == 1, "libcrypto failed to compute a SHA-256")
        }
        return digest
    }

    /// HMAC-SHA-256 (RFC 2104): `H(K xor opad, H(K xor ipad, message))`.
    ///
    /// The padded key is hashed anew each time. Copying saved hash states instead would save two of the compression
    /// rounds, but libcrypto allocates for every copy, which costs more.
    mutating func authenticate(_ message: UnsafeRawBufferPointer, key: HMACKey) -> Digest {
        let inner = hash(key.innerBlock, followedBy: message)
        return inner.withUnsafeBytes { hash(key.outerBlock, followedBy: $0) }
    }
}

/// An HMAC-SHA-256 key, padded and masked for its two passes; erased when it goes.
final class HMACKey: Sendable {
    private static let blockLength = Int(CLIBCRYPTO_SHA256_BLOCK_LENGTH)
    /// Unsafe to the compiler only: nothing writes to it between `init` and `deinit`.
    private nonisolated(unsafe) let blocks: UnsafeMutableRawBufferPointer

    /// A key longer than a block is replaced by its hash, as RFC 2104 says.
    init(_ key: UnsafeRawBufferPointer, context: inout DigestContext) {
        let length = HMACKey.blockLength
        blocks = .allocate(byteCount: 2 * length, alignment: 16)
        blocks.initializeMemory(as: UInt8.self, repeating: 0)
        if key.count > length {
            var digest = context.hash(key)
            digest.withUnsafeMutableBytes { hashed in
                blocks.copyMemory(from: UnsafeRawBufferPointer(hashed))
                clibcrypto_cleanse(hashed.baseAddress!, hashed.count)
            }
        } else {
            blocks.copyMemory(from: key)
        }
        for index in 0..<length {
            blocks[length + index] = blocks[index] ^ 0x5c
            blocks[index] ^= 0x36
        }
    }

    deinit {
        clibcrypto_cleanse(blocks.baseAddress!, blocks.count)
        blocks.deallocate()
    }

    var innerBlock: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: blocks[..<HMACKey.blockLength]) }
    var outerBlock: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: blocks[HMACKey.blockLength...]) }
}

/// The context behind ``SHA256`` and ``HMACSHA256``. Callers that find it taken make their own rather than wait.
enum SharedDigestContext {
    private static let shared = Locked(DigestContext())

    static func with<R: Sendable>(_ body: (inout DigestContext) -> R) -> R {
        if let result = shared.withLockIfAvailable({ body(&$0) }) { return result }
        var own = DigestContext()
        return body(&own)
    }
}
