import Testing

@testable import CurlTransport

@Suite struct MailboxTests {
    /// Who comes to wait for a place does not wake the worker, which therefore has to look at deadlines by itself.
    @Test func aFullWorkerLooksAtDeadlinesAsOftenAsPromised() throws {
        let multi = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)
        defer { multi.deallocate() }
        nonisolated(unsafe) let handle = multi
        let mailbox = Mailbox(limit: 10, multi: handle)
        #expect(try #require(mailbox.exchange(finished: 0, places: 0, mayWait: true).wait) <= 100)
        #expect(try #require(mailbox.exchange(finished: 0, places: 1, mayWait: true).wait) > 100)
    }
}
