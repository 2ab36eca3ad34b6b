internal import Locking
internal import SingleTable

/// Items that were read lately, by their text: what it says never changes, so nothing here can be out of date.
///
/// A dashboard reads the same thousand statistics again and again, of which writers change a few meanwhile.
final class DecodedItems: Sendable {
    private struct State {
        var recent: [Text: Item] = [:]
        /// Those of before; what is read again moves to the recent ones, the others go.
        var former: [Text: Item] = [:]
        var recentBytes = 0
    }

    private let state = Locked(State())

    /// Bytes of text of either half. An item takes some ten times as much as its text.
    private static let mostBytes = 2 * 1024 * 1024

    func item(_ content: String, _ decode: (String) throws -> Item) rethrows -> Item {
        let text = Text(content)
        if let known = state.withLock({ $0.recent[text] }) { return known }
        let former = state.withLock { $0.former[text] }
        let item = try former ?? decode(content)
        state.withLock { state in
            guard state.recent.updateValue(item, forKey: text) == nil else { return }
            state.recentBytes += content.utf8.count
            guard state.recentBytes > DecodedItems.mostBytes else { return }
            state.former = state.recent
            state.recent = [:]
            state.recentBytes = 0
        }
        return item
    }

    /// A text as the bytes that it is: Swift takes two spellings of an accent for the same, a table does not.
    private struct Text: Hashable {
        private let bytes: ContiguousArray<UInt8>

        init(_ text: String) { bytes = ContiguousArray(text.utf8) }

        func hash(into hasher: inout Hasher) {
            bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }
}
