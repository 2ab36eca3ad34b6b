import CLibcurl

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Runs all transfers of a transport, on a thread of its own. Only that thread touches it or any libcurl handle.
final class TransferWorker {
    private let multi: UnsafeMutableRawPointer
    private let mailbox: Mailbox
    private let configuration: CurlTransport.Configuration
    private let caFile: String?
    /// All handles, made when first needed.
    private var slots: [TransferSlot] = []
    /// Those without a transfer; the last one used first, since its memory is warm.
    private var free: [TransferSlot] = []
    /// Transfers that ended and whose tasks have not been told yet.
    private var completions: [Completion] = []

    init(multi: UnsafeMutableRawPointer, mailbox: Mailbox, configuration: CurlTransport.Configuration) {
        self.multi = multi
        self.mailbox = mailbox
        self.configuration = configuration
        caFile = configuration.caFile ?? CurlTransport.Configuration.systemCAFile()
    }

    /// Works until shut down, then frees everything.
    func run() {
        while true {
            // A place counts as free before the task that had it is told: it may send its next request at once.
            let ended = completions
            completions.removeAll(keepingCapacity: true)
            var work = mailbox.exchange(finished: ended.count, places: places, mayWait: ended.isEmpty)
            Completion.deliver(ended)
            if let milliseconds = work.wait {
                wait(milliseconds)
                work = mailbox.exchange(finished: 0, places: places, mayWait: false)
            }
            Completion.deliver(work.dropped)
            if work.isShutDown { break }
            for id in work.cancelled { cancel(id) }
            for id in work.resumed { resume(id) }
            for transfer in work.started { start(transfer) }
            perform()
        }
        shutDown()
    }

    private var places: Int { configuration.maximumConcurrentTransfers - (slots.count - free.count) }

    private func wait(_ milliseconds: Int32) {
        if curl_multi_poll(multi, nil, 0, milliseconds, nil) != CURLM_OK {
            // Out of memory or descriptors. It passes; a loop that spins would not help.
            usleep(1000)
        }
    }

    private func start(_ transfer: Transfer) {
        var timeout = 0
        if let deadline = transfer.deadline {
            let left = deadline - ContinuousClock.now
            guard left > .zero else {
                completions.append(transfer.failUnsent(.timedOut, "The time was up before the request was sent."))
                return
            }
            timeout = left.wholeMilliseconds
        }
        guard let slot = takeSlot() else {
            completions.append(
                transfer.failUnsent(.other(curlCode: Int(CURLE_OUT_OF_MEMORY.rawValue)), "libcurl has no handle."))
            return
        }
        do {
            try slot.prepare(transfer, timeout: timeout)
        } catch {
            completions.append(transfer.failUnsent(.invalidRequest, error.message))
            free.append(slot)
            return
        }
        if curl_multi_add_handle(multi, slot.easy) != CURLM_OK {
            collect(slot.finish(CURLE_OUT_OF_MEMORY), from: slot)
        }
    }

    private func takeSlot() -> TransferSlot? {
        if let slot = free.popLast() { return slot }
        guard let slot = TransferSlot(caFile: caFile, configuration) else { return nil }
        slots.append(slot)
        return slot
    }

    private func perform() {
        var running: Int32 = 0
        curl_multi_perform(multi, &running)
        var context: UnsafeMutableRawPointer?
        var result = CURLE_OK
        while clibcurl_next_finished(multi, &context, &result) {
            guard let context else { continue }
            let slot = Unmanaged<TransferSlot>.fromOpaque(context).takeUnretainedValue()
            // The outcome is read first: some of what libcurl knows of a transfer goes when the handle is removed.
            let completion = slot.finish(result)
            curl_multi_remove_handle(multi, slot.easy)
            collect(completion, from: slot)
        }
    }

    private func cancel(_ id: UInt64) {
        guard let slot = slots.first(where: { $0.transfer?.id == id }) else { return }
        abandon(slot, .cancelled, "The task was cancelled.")
    }

    private func resume(_ id: UInt64) {
        guard let slot = slots.first(where: { $0.transfer?.id == id }) else { return }
        curl_easy_pause(slot.easy, CURLPAUSE_CONT)
    }

    /// Ends a transfer and its connection, which is in the middle of an exchange; other connections stay.
    private func abandon(_ slot: TransferSlot, _ code: TransportError.Code, _ message: String) {
        let completion = slot.abandon(code, message)
        curl_multi_remove_handle(multi, slot.easy)
        collect(completion, from: slot)
    }

    private func collect(_ completion: Completion?, from slot: TransferSlot) {
        if let completion { completions.append(completion) }
        if slot.isWornOut {
            // The connections are the multi handle's and stay.
            slots.removeAll { $0 === slot }
        } else {
            free.append(slot)
        }
    }

    private func shutDown() {
        mailbox.close()
        for slot in slots where slot.transfer != nil {
            abandon(slot, .shutDown, "The transport was shut down.")
        }
        Completion.deliver(completions)
        completions = []
        free = []
        slots = []
        curl_multi_cleanup(multi)
        mailbox.finish()
    }
}
