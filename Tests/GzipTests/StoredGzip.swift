/// Writes gzip members whose blocks are stored, not compressed (RFC 1951, 3.2.4): an encoder for tests that shares
/// nothing with the decoder under test.
enum StoredGzip {
    static func member(_ content: [UInt8], blockBytes: Int = 60_000) -> [UInt8] {
        var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
        var rest = content[...]
        repeat {
            let block = rest.prefix(blockBytes)
            rest = rest.dropFirst(block.count)
            let count = UInt16(block.count)
            bytes += [
                rest.isEmpty ? 1 : 0, UInt8(count & 255), UInt8(count >> 8), UInt8(~count & 255), UInt8(~count >> 8),
            ]
            bytes += block
        } while !rest.isEmpty
        for word in [crc32(content), UInt32(truncatingIfNeeded: content.count)] {
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
        }
        return bytes
    }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var crc = UInt32.max
        for byte in bytes {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
        }
        return ~crc
    }
}
