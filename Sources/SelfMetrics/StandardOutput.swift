#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension EmbeddedMetricFormat {
    /// Writes what is new since the last time to standard output, where CloudWatch finds it. For a function: before the
    /// end of each invocation, since it may be the last.
    public func flush(_ registry: MetricsRegistry) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let timestamp = Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
        for line in lines(of: registry, timestamp: timestamp) {
            // One call a line, so that lines of several threads stay whole.
            var rest = Array((line + "\n").utf8)[...]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
                guard written > 0 else { return }
                rest = rest.dropFirst(written)
            }
        }
    }
}
