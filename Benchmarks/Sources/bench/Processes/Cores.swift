import Foundation

/// Who measures and who serves have a core each: what the server costs must not slow the client down.
enum Cores {
    static let client = 0
    /// On a machine with one core they have to share it.
    static var server: Int { min(1, ProcessInfo.processInfo.processorCount - 1) }
}
