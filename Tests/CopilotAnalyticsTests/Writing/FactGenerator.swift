import Foundation
import PropertyTesting

/// Random facts of a few users, commands and errors around changes of the clock.
struct FactGenerator {
    var random: SeededGenerator
    private var count = 0
    /// First instants of the days that facts are from: 2026-03-07 (New York changes) and 2026-10-23 (Berlin).
    private static let weeks: [Int64] = [1_772_841_600_000, 1_792_713_600_000]
    private let week: Int64
    private let users: Int
    private let commands: Int

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        week = random.element(FactGenerator.weeks)
        users = random.integer(1...30)
        commands = random.integer(1...8)
    }

    /// The days that facts lie in, as UTC midnights, with one more on either side.
    var firstDay: Int { Int(week / 86_400_000) - 1 }
    var lastDay: Int { firstDay + 6 }

    mutating func fact() -> Fact {
        count += 1
        let timestamp = week + Int64(random.integer(0...4 * 86_400_000 - 1))
        return Fact(
            // In form C, as the decoder makes them.
            id: random.chance(0.1)
                ? (random.hostileText(1...3, controls: false) + "-\(count)").precomposedStringWithCanonicalMapping
                : "f-\(count)",
            user: random.chance(0.1) ? "_system" : "user-\(random.integer(1...users))",
            timestamp: timestamp,
            corrected: random.chance(0.1) ? timestamp + Int64(random.integer(-7_200_000...7_200_000)) : nil,
            received: timestamp + Int64(random.integer(0...5000)),
            what: what()
        )
    }

    mutating func facts(_ count: Int) -> [Fact] { (0..<count).map { _ in fact() } }

    /// The same event as another receiver took it.
    mutating func resent(_ fact: Fact) -> Fact {
        var fact = fact
        if random.chance(0.5) { fact.received += 1_000_000 }
        return fact
    }

    /// An event of the same identity that says something else.
    mutating func contradicting(_ fact: Fact) -> Fact {
        var fact = fact
        switch fact.what {
        case .execution(_, let succeeded, _):
            fact.what = .execution(command: "contradiction", succeeded: succeeded, time: random.integer(0...1_000_000))
        case .error(let type, _, _): fact.what = .error(type: type, message: "contradiction", pattern: "contradiction")
        case .other(let type, let tokens): fact.what = .other(type: type, tokens: tokens + 1)
        }
        return fact
    }

    private mutating func what() -> Fact.What {
        switch random.integer(0...9) {
        case 0...4:
            return .execution(
                command: random.chance(0.05) ? "a/b #1 %é" : "command-\(random.integer(1...commands))",
                succeeded: random.chance(0.8),
                time: random.chance(0.9) ? executionTime() : nil
            )
        case 5...7:
            let (message, pattern) = error()
            return .error(
                type: random.chance(0.1) ? nil : random.element(["Timeout", "NotFound", "a#b/c"]), message: message,
                pattern: pattern)
        default:
            return .other(
                type: random.element(["MESSAGE_SENT", "MESSAGE_RECEIVED", "CUSTOM_1"]), tokens: random.integer(0...999))
        }
    }

    private mutating func executionTime() -> Int {
        switch random.integer(0...4) {
        case 0: 0
        case 1: random.integer(0...5_000_000)
        case 2: random.integer(0...1_000_000_000_000)
        default: random.integer(1...5000) * 1_000_000
        }
    }

    private mutating func error() -> (message: String, pattern: String) {
        switch random.integer(0...3) {
        case 0: ("timed out after \(random.integer(1...9999))ms", "timed out after <number>ms")
        case 1:
            (
                "flight HAT\(random.digits(3)) not found on 2026-10-\(random.digits(2))",
                "flight <id> not found on <date>"
            )
        case 2: ("field '\(random.letters(1...9))' is missing", "field <string> is missing")
        default: ("", "")
        }
    }
}

extension FactGenerator {
    /// Facts with repeats and contradictions of earlier ones, in some order.
    mutating func traffic(_ count: Int, contradictions: Bool = true) -> [Fact] {
        var traffic = facts(count)
        for _ in 0..<count / 3 { traffic.append(resent(random.element(traffic))) }
        if contradictions {
            for _ in 0..<count / 12 { traffic.append(contradicting(random.element(traffic))) }
        }
        return traffic.shuffled(using: &random)
    }

    /// Cut into batches of any size.
    mutating func batches(_ facts: [Fact], most: Int) -> [[Fact]] {
        var batches: [[Fact]] = []
        var rest = facts[...]
        while !rest.isEmpty {
            let batch = Array(rest.prefix(random.integer(1...most)))
            rest = rest.dropFirst(batch.count)
            batches.append(batch)
        }
        return batches
    }
}
