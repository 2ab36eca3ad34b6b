import Foundation
import Testing

@testable import DynamoDB

@Suite struct InvocationIDTests {
    @Test func isAVersion4UUIDInLowerCase() throws {
        #expect(InvocationID.text(high: 0, low: 0) == "00000000-0000-4000-8000-000000000000")
        #expect(InvocationID.text(high: .max, low: .max) == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(
            InvocationID.text(high: 0x0123_4567_89ab_cdef, low: 0x0123_4567_89ab_cdef)
                == "01234567-89ab-4def-8123-456789abcdef"
        )
        let next = InvocationID.next()
        #expect(try #require(UUID(uuidString: next)).uuidString.lowercased() == next)
    }

    /// From many threads at once.
    @Test func isNeverTheSame() async {
        let ids = await withTaskGroup(of: Set<String>.self) { tasks in
            for _ in 0..<8 { tasks.addTask { Set((0..<10_000).map { _ in InvocationID.next() }) } }
            return await tasks.reduce(into: Set()) { $0.formUnion($1) }
        }
        #expect(ids.count == 80_000)
    }
}
