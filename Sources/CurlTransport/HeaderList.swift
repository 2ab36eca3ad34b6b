import CLibcurl

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The request's headers as the linked list that libcurl reads, nodes and texts in one block of memory that is used
/// again for the next request. libcurl neither copies nor frees it.
final class HeaderList {
    private var memory: UnsafeMutableRawPointer?
    private var capacity = 0

    deinit {
        memory?.deallocate()
    }

    /// Writes the list anew.
    ///
    /// - Parameter hasBody: then also what keeps libcurl from adding headers of its own: `Expect`, which can make it
    ///   wait a second for an answer that does not come, and a `Content-Type` of forms.
    func rebuild(
        _ headers: [(name: String, value: String)], hasBody: Bool
    ) throws(InvalidRequest) -> UnsafeMutablePointer<curl_slist>? {
        let suppressed: [StaticString] = ["Expect:", "Content-Type:"]
        let nodeCount = headers.count + (hasBody ? suppressed.count : 0)
        if nodeCount == 0 { return nil }
        let nodesSize = nodeCount * MemoryLayout<curl_slist>.stride
        var textSize = 64
        for header in headers { textSize += header.name.utf8.count + header.value.utf8.count + 3 }
        let base = reserve(nodesSize + textSize)
        let nodes = base.bindMemory(to: curl_slist.self, capacity: nodeCount)
        var text = (base + nodesSize).bindMemory(to: UInt8.self, capacity: textSize)
        var written = 0

        func startNode() {
            let data = UnsafeMutableRawPointer(text).assumingMemoryBound(to: CChar.self)
            (nodes + written).initialize(to: curl_slist(data: data, next: nil))
            if written > 0 { nodes[written - 1].next = nodes + written }
            written += 1
        }

        var givesContentType = false
        var givesExpect = false
        for header in headers {
            startNode()
            let name = text
            HeaderList.append(header.name, to: &text)
            guard HeaderList.isToken(UnsafeBufferPointer(start: name, count: text - name)) else {
                throw InvalidRequest("A header's name is no token of RFC 9110.")
            }
            if header.name.utf8.count == 12 { givesContentType = givesContentType || matches(name, "content-type") }
            if header.name.utf8.count == 6 { givesExpect = givesExpect || matches(name, "expect") }
            if header.value.isEmpty {
                // "Name:" would tell libcurl to leave the header out.
                text.pointee = UInt8(ascii: ";")
                text += 1
            } else {
                text[0] = UInt8(ascii: ":")
                text[1] = UInt8(ascii: " ")
                text += 2
                let value = text
                HeaderList.append(header.value, to: &text)
                for forbidden in [CInt(13), 10, 0] where memchr(value, forbidden, text - value) != nil {
                    throw InvalidRequest("The value of the header \(header.name) has a line break or a NUL in it.")
                }
            }
            text.pointee = 0
            text += 1
        }
        if hasBody {
            for (line, isGiven) in zip(suppressed, [givesExpect, givesContentType]) where !isGiven {
                startNode()
                text.update(from: line.utf8Start, count: line.utf8CodeUnitCount)
                text += line.utf8CodeUnitCount
                text.pointee = 0
                text += 1
            }
        }
        return nodes
    }

    private func reserve(_ count: Int) -> UnsafeMutableRawPointer {
        if let memory, count <= capacity { return memory }
        memory?.deallocate()
        capacity = max(2048, count * 2)
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: capacity, alignment: MemoryLayout<curl_slist>.alignment)
        self.memory = memory
        return memory
    }

    private func matches(_ bytes: UnsafeMutablePointer<UInt8>, _ lowercaseName: StaticString) -> Bool {
        (0..<lowercaseName.utf8CodeUnitCount).allSatisfy { bytes[$0] | 0x20 == lowercaseName.utf8Start[$0] | 0x20 }
    }

    private static func append(_ string: String, to text: inout UnsafeMutablePointer<UInt8>) {
        let start = text
        let isCopied: Void? = string.utf8.withContiguousStorageIfAvailable { bytes in
            if let address = bytes.baseAddress { start.update(from: address, count: bytes.count) }
        }
        if isCopied == nil {
            _ = UnsafeMutableBufferPointer(start: start, count: string.utf8.count).update(from: string.utf8)
        }
        text += string.utf8.count
    }

    private static func isToken(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        !name.isEmpty
            && name.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
                    UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "^"),
                    UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
                    true
                default: false
                }
            }
    }
}

/// A request that cannot be put on the wire; the text says why, without its content.
struct InvalidRequest: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}
