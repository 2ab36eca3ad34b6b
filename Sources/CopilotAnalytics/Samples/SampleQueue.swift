/// The conversations under way, in the order of their next events: a binary heap over slots that are used again.
struct SampleQueue: Sendable {
    private struct Entry: Sendable {
        var time: Int64
        /// Breaks ties, so that the order never depends on how the heap came about.
        var number: Int
        var slot: Int

        func precedes(_ other: Entry) -> Bool {
            time != other.time ? time < other.time : number < other.number
        }
    }

    private var heap: [Entry] = []
    private var slots: [SampleConversation] = []
    private var free: [Int] = []

    var nextTime: Int64? { heap.first?.time }

    mutating func insert(_ conversation: SampleConversation) {
        let slot: Int
        if let used = free.popLast() {
            slot = used
            slots[slot] = conversation
        } else {
            slot = slots.count
            slots.append(conversation)
        }
        heap.append(Entry(time: conversation.time, number: conversation.number, slot: slot))
        rise(from: heap.count - 1)
    }

    /// Lets the conversation whose event is next act.
    ///
    /// - Parameter body: Returns whether the conversation goes on, at its then `time`.
    /// - Returns: `nil` when there is none.
    mutating func withNext<Result>(_ body: (inout SampleConversation) -> (Result, goesOn: Bool)) -> Result? {
        guard let entry = heap.first else { return nil }
        let (result, goesOn) = body(&slots[entry.slot])
        if goesOn {
            heap[0].time = slots[entry.slot].time
        } else {
            free.append(entry.slot)
            let last = heap.removeLast()
            if heap.isEmpty { return result }
            heap[0] = last
        }
        sink()
        return result
    }

    private mutating func rise(from start: Int) {
        var index = start
        let entry = heap[index]
        while index > 0 {
            let parent = (index - 1) / 2
            guard entry.precedes(heap[parent]) else { break }
            heap[index] = heap[parent]
            index = parent
        }
        heap[index] = entry
    }

    private mutating func sink() {
        var index = 0
        let entry = heap[0]
        while true {
            var child = 2 * index + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].precedes(heap[child]) { child += 1 }
            guard heap[child].precedes(entry) else { break }
            heap[index] = heap[child]
            index = child
        }
        heap[index] = entry
    }
}
