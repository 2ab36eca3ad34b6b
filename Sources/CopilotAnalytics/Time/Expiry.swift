internal import SingleTable

/// When items cease to count. The service removes expired ones days later: readers pass over them.
enum Expiry {
    /// - Parameter seconds: Since 1970, any number: what is stored may have been tampered with.
    static func isPast(_ seconds: Int, _ now: Timestamp) -> Bool {
        seconds <= floorDivide(now.milliseconds, 1000)
    }

    static func isPast(_ item: Item, _ now: Timestamp) -> Bool {
        item["ttl"]?.intValue.map { isPast($0, now) } ?? false
    }
}
