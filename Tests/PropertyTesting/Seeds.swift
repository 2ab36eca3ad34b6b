import Foundation

/// Seeds of property tests. Swift Testing names the failing argument, so a failure says its own seed.
public enum Seeds {
    /// Runs every property test with this seed only.
    public static let variable = "COPILOT_ANALYTICS_TEST_SEED"

    /// Runs them with so many seeds, where that is more.
    public static let countVariable = "COPILOT_ANALYTICS_TEST_SEEDS"

    public static func first(_ count: Int) -> [UInt64] {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment[variable].flatMap({ UInt64($0) }) { return [seed] }
        let wanted = environment[countVariable].flatMap { Int($0) } ?? 0
        return (1...UInt64(max(count, wanted))).map { $0 }
    }
}
