internal import CZlib

/// How a spool's segments are written, in little-endian numbers.
///
/// ```
/// segment = "CASPOOL" version:1 first:8 record…
/// record  = FF 'E' 'V' FE  length:4 sequence:8 crc:4 payload
/// ```
///
/// `crc` is the CRC-32 of length, sequence and payload. The mark holds bytes that no UTF-8 has, and payloads are JSON: a
/// reader that has lost its way finds the next record by it. Records are numbered without gaps, so that what is missing
/// is known by number. A record without payload stands for one that was removed.
enum SpoolRecord {
    static let mark: [UInt8] = [0xFF, UInt8(ascii: "E"), UInt8(ascii: "V"), 0xFE]
    static let headerBytes = 20
    /// An event in the form in which it is spooled may be a little longer than it came.
    static let maximumPayload = 128 * 1024

    static let segmentMagic = Array("CASPOOL".utf8)
    static let segmentVersion: UInt8 = 1
    static let segmentHeaderBytes = 16

    static func segmentHeader(first: UInt64) -> [UInt8] {
        segmentMagic + [segmentVersion] + littleEndian(first)
    }

    static func append(_ payload: [UInt8], sequence: UInt64, to bytes: inout [UInt8]) {
        let numbers = littleEndian(UInt32(payload.count)) + littleEndian(sequence)
        bytes += mark
        bytes += numbers
        bytes += littleEndian(checksum(numbers[...], payload[...]))
        bytes += payload
    }

    /// What a reader finds from an offset on.
    enum Found: Equatable {
        case record(sequence: UInt64, payload: Range<Int>)
        /// Nothing valid any more: torn, or damaged to the end.
        case nothing
    }

    /// The next valid record at or behind `offset` with a sequence above `sequence`.
    static func next(in bytes: [UInt8], from offset: Int, after sequence: UInt64) -> Found {
        var offset = offset
        while offset + headerBytes <= bytes.count {
            if let record = record(in: bytes, at: offset), record.sequence > sequence {
                return .record(sequence: record.sequence, payload: record.payload)
            }
            guard let next = bytes[(offset + 1)...].firstIndex(of: mark[0]) else { return .nothing }
            offset = next
        }
        return .nothing
    }

    private static func record(in bytes: [UInt8], at offset: Int) -> (sequence: UInt64, payload: Range<Int>)? {
        let payload = offset + headerBytes
        guard payload <= bytes.count, bytes[offset..<offset + 4].elementsEqual(mark) else { return nil }
        let length = Int(UInt32(littleEndian: bytes[offset + 4..<offset + 8]))
        guard length <= maximumPayload, payload + length <= bytes.count else { return nil }
        let expected = UInt32(littleEndian: bytes[offset + 16..<offset + 20])
        let range = payload..<payload + length
        guard checksum(bytes[offset + 4..<offset + 16], bytes[range]) == expected else { return nil }
        return (UInt64(littleEndian: bytes[offset + 8..<offset + 16]), range)
    }

    private static func checksum(_ numbers: ArraySlice<UInt8>, _ payload: ArraySlice<UInt8>) -> UInt32 {
        var value: UInt = 0
        for part in [numbers, payload] {
            // Given a null pointer, as that of nothing may be, zlib starts anew.
            guard !part.isEmpty else { continue }
            value = part.withUnsafeBufferPointer { UInt(crc32_z(uLong(value), $0.baseAddress, $0.count)) }
        }
        return UInt32(truncatingIfNeeded: value)
    }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}

extension FixedWidthInteger {
    fileprivate init(littleEndian bytes: ArraySlice<UInt8>) {
        self = bytes.reversed().reduce(0) { $0 << 8 | Self(truncatingIfNeeded: $1) }
    }
}
