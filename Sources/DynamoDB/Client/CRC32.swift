/// CRC-32 (IEEE 802.3, reflected polynomial 0xEDB88320), as `x-amz-crc32` and gzip use it.
enum CRC32 {
    /// Eight tables, so that eight bytes are taken a step ("slicing by 8", Intel 2006).
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
            tables[byte] = value
        }
        for slice in 1..<8 {
            for byte in 0..<256 {
                let previous = tables[(slice - 1) * 256 + byte]
                tables[slice * 256 + byte] = previous >> 8 ^ tables[Int(previous & 0xFF)]
            }
        }
        return tables
    }()

    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBufferPointer { bytes in
            tables.withUnsafeBufferPointer { tables in
                var value: UInt32 = 0xFFFF_FFFF
                var index = 0
                while index + 8 <= bytes.count {
                    value ^=
                        UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
                        | UInt32(bytes[index + 3]) << 24
                    value =
                        tables[7 * 256 + Int(value & 0xFF)] ^ tables[6 * 256 + Int(value >> 8 & 0xFF)]
                        ^ tables[5 * 256 + Int(value >> 16 & 0xFF)] ^ tables[4 * 256 + Int(value >> 24)]
                        ^ tables[3 * 256 + Int(bytes[index + 4])] ^ tables[2 * 256 + Int(bytes[index + 5])]
                        ^ tables[256 + Int(bytes[index + 6])] ^ tables[Int(bytes[index + 7])]
                    index += 8
                }
                while index < bytes.count {
                    value = value >> 8 ^ tables[Int((value ^ UInt32(bytes[index])) & 0xFF)]
                    index += 1
                }
                return value ^ 0xFFFF_FFFF
            }
        }
    }
}
