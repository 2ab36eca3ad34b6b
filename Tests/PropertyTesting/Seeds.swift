import Foundation

/// Seeds of property tests. Swift Testing names the failing argument, so a failure says its own seed.
public enum Seeds {
    /// Runs every property test with this seed only.
    public static let variable = "COPILOT_ANALYTICS_TEST_SEED"

    public static func first(_ count: Int) -> [UInt64] {
        if let text = ProcessInfo.processInfo.environment[variable], let seed = UInt64(text) { return [seed] }
        return (1...UInt64(count)).map { $0 }
    }
}
