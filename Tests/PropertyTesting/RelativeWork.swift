/// Work compared with other work of the same run: no machine is too slow for it, and no time is written down.
public enum RelativeWork {
    /// Whether `work` takes less than `factor` times what `measure` takes; one of three tries may be interrupted.
    public static func isBelow(
        _ factor: Int,
        times measure: () throws -> Void,
        _ work: () throws -> Void
    ) rethrows -> Bool {
        let clock = ContinuousClock()
        for _ in 0..<3 {
            let bound = try clock.measure { try measure() } * factor
            if try clock.measure({ try work() }) < bound { return true }
        }
        return false
    }
}
