extension EventType {
    /// The type of an event whose name people wrote: `Command Executed`, `commandExecuted` and `agent.created` become
    /// `COMMAND_EXECUTED` and `AGENT_CREATED`. Letters lose their accents; what is no letter or digit of ASCII then
    /// separates words.
    public init(named name: String) throws(EventRejection) {
        // Nothing that long can become a name; it is not worth the work.
        guard name.utf8.count <= EventLimits.nameBytes else { throw EventType.unusable("is too long") }
        var words: [UInt8] = []
        var previous = EventType.Letter.none
        let letters = EventType.asciiLetters(of: name)
        for (index, byte) in letters.enumerated() {
            let letter = Letter(byte)
            if letter == .none {
                previous = .none
                continue
            }
            let next = index + 1 < letters.count ? Letter(letters[index + 1]) : .none
            // `commandExecuted` and `HTTPError` are two words each.
            let begins =
                previous == .none || (letter == .capital && previous == .small)
                || (letter == .capital && previous == .capital && next == .small)
            if begins, !words.isEmpty { words.append(UInt8(ascii: "_")) }
            words.append(letter == .small ? byte - 0x20 : byte)
            // `tool2Used` is two words, `V2` one.
            previous = letter == .digit && previous != .none ? previous : letter
        }
        guard let first = words.first else { throw EventType.unusable("has no letter of A to Z") }
        guard Letter(first) == .capital else { throw EventType.unusable("does not begin with a letter") }
        guard words.count <= EventType.maximumLength else {
            throw EventType.unusable("is longer than \(EventType.maximumLength) characters")
        }
        self.init(rawValue: String(decoding: words, as: UTF8.self))
    }

    private enum Letter {
        case capital, small, digit, none

        init(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): self = .capital
            case UInt8(ascii: "a")...UInt8(ascii: "z"): self = .small
            case UInt8(ascii: "0")...UInt8(ascii: "9"): self = .digit
            default: self = .none
            }
        }
    }

    /// Marks that combine with a letter are left out; every other character beyond ASCII separates.
    private static func asciiLetters(of name: String) -> [UInt8] {
        if name.utf8.allSatisfy({ $0 < 0x80 }) { return Array(name.utf8) }
        var bytes: [UInt8] = []
        for scalar in CanonicalForm.decomposed(name) {
            if scalar.isASCII {
                bytes.append(UInt8(scalar.value))
            } else if scalar.properties.generalCategory != .nonspacingMark {
                bytes.append(UInt8(ascii: " "))
            }
        }
        return bytes
    }

    private static func unusable(_ problem: String) -> EventRejection {
        EventRejection(
            .invalidField,
            field: "event",
            "the event's name \(problem): use a name such as Command Executed, which is stored as COMMAND_EXECUTED"
        )
    }
}
