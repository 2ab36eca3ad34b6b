internal import Synchronization

/// The value of `amz-sdk-invocation-id`: a random UUID (RFC 9562, version 4), in lower case.
///
/// It has to be unique, not secret. Asking the system for each one, as `UUID()` does by opening `/dev/urandom`, takes
/// longer than to sign the request; so the system gives a starting point, and a generator goes on from there.
enum InvocationID {
    /// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014): an additive counter
    /// through a bijective hash. Two of them, so that all 122 bits depend on what the system gave.
    private static let high = Atomic(UInt64.random(in: .min ... .max))
    private static let low = Atomic(UInt64.random(in: .min ... .max))

    static func next() -> String {
        text(high: draw(high), low: draw(low))
    }

    private static func draw(_ counter: borrowing Atomic<UInt64>) -> UInt64 {
        var value = counter.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }

    /// `xxxxxxxx-xxxx-4xxx-[89ab]xxx-xxxxxxxxxxxx`.
    static func text(high: UInt64, low: UInt64) -> String {
        let high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { digits in
            var position = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    digits[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = index < 16 ? high : low
                let value = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * (index % 16))) & 15
                digits[position] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") - 10 + value
                position += 1
            }
            return position
        }
    }
}
