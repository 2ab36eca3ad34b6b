/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same values on every machine.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed &* 0xD134_2543_DE82_EF95 &+ 0x9E37_79B9_7F4A_7C15 }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    public mutating func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    public mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

    public mutating func element<Choices: RandomAccessCollection>(_ choices: Choices) -> Choices.Element {
        choices[choices.index(choices.startIndex, offsetBy: integer(0...choices.count - 1))]
    }

    public mutating func letters(_ count: ClosedRange<Int>) -> String {
        String((0..<integer(count)).map { _ in element(Array("abcdefghijklmnopqrstuvwxyz")) })
    }

    public mutating func digits(_ count: Int) -> String {
        String((0..<count).map { _ in element(Array("0123456789")) })
    }

    /// Text made to break what reads it: separators, quotes, control and combining characters, emoji, all planes.
    public mutating func hostileText(_ count: ClosedRange<Int>, controls: Bool = true) -> String {
        var text = ""
        for _ in 0..<integer(count) {
            switch integer(0...9) {
            case 0...2: text += letters(1...4)
            case 3: text += digits(2)
            case 4, 5: text.unicodeScalars.append(element(Array("#/%\"'\\,;=+-@ .:_<>{}[]|`~\u{7FE}".unicodeScalars)))
            case 6:
                text += element(["\u{301}", "\u{FE0F}\u{20E3}", "e\u{301}", "é", "ß", "İ", "中", "\u{200D}", "👩‍💻", "🇩🇪"])
            case 7: text += element(["%23", "%2F", "%25", "%", "##", "//", "#\u{301}"])
            case 8 where controls: text.unicodeScalars.append(Unicode.Scalar(UInt8(integer(0...31))))
            default:
                let value = UInt32(integer(1...0x10FFFF))
                if let scalar = Unicode.Scalar(value), controls || (value >= 0x20 && !(0x7F...0x9F).contains(value)) {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return text
    }
}
