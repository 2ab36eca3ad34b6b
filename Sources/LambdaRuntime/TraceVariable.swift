#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// `_X_AMZN_TRACE_ID`, where SDKs of other makers look for the trace of the invocation at hand.
///
/// Not `setenv`: the C library keeps every value that a variable ever had. Here two blocks of memory take turns, so that
/// somebody who still reads the last value reads it whole.
struct TraceVariable: ~Copyable {
    private static let name = "_X_AMZN_TRACE_ID"
    /// Bytes of name, value and what ends them. AWS's own values have some hundred.
    private static let capacity = 2048

    // Never freed: the environment refers to them for as long as the process lives.
    private let blocks = (
        UnsafeMutablePointer<CChar>.allocate(capacity: capacity),
        UnsafeMutablePointer<CChar>.allocate(capacity: capacity)
    )
    private var usesSecond = false

    /// - Parameter value: Longer ones than are possible count as none.
    mutating func set(_ value: String?) {
        let text = "\(TraceVariable.name)=\(value ?? "")"
        guard value != nil, text.utf8.count < TraceVariable.capacity else {
            unsetenv(TraceVariable.name)
            return
        }
        usesSecond.toggle()
        let block = usesSecond ? blocks.1 : blocks.0
        _ = text.withCString { strcpy(block, $0) }
        putenv(block)
    }
}
