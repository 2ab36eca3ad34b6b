/// The headers of the canonical request: names in lower case and sorted, values trimmed, repeated names joined.
struct CanonicalHeaders {
    /// `name:value\n` for each header.
    let block: [UInt8]
    /// The names, separated by semicolons.
    let names: [UInt8]

    /// Headers that are not signed: the signer's own results, what a proxy may change, and what a transport sets.
    private static let unsigned: Set<String> = [
        "authorization", "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization",
        "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent", "x-amzn-trace-id",
    ]

    /// - Parameter replaced: names, in lower case, of headers that the signer sets itself; the caller's are left out.
    init(_ headers: [(name: String, value: String)], replaced: Set<String>, added: [(name: String, value: String)]) {
        let own = headers.lazy
            .map { (name: $0.name.lowercased(), value: $0.value) }
            .filter { !CanonicalHeaders.unsigned.contains($0.name) && !replaced.contains($0.name) }
        let all = Array(own) + added
        // Values of a repeated header keep their order; `sorted` alone does not promise that.
        let sorted = all.enumerated().sorted { left, right in
            left.element.name == right.element.name
                ? left.offset < right.offset
                : left.element.name.utf8.lexicographicallyPrecedes(right.element.name.utf8)
        }
        var block: [UInt8] = []
        var names: [UInt8] = []
        var previous: String?
        for (_, header) in sorted {
            if header.name == previous {
                block.append(UInt8(ascii: ","))
            } else {
                if previous != nil {
                    block.append(UInt8(ascii: "\n"))
                    names.append(UInt8(ascii: ";"))
                }
                names.append(contentsOf: header.name.utf8)
                block.append(contentsOf: header.name.utf8)
                block.append(UInt8(ascii: ":"))
                previous = header.name
            }
            CanonicalHeaders.append(value: header.value, to: &block)
        }
        if previous != nil { block.append(UInt8(ascii: "\n")) }
        self.block = block
        self.names = names
    }

    /// Trims, and makes each run of white space one space. Line breaks count, so a folded header is one line.
    private static func append(value: String, to block: inout [UInt8]) {
        var isFirst = true
        for word in value.utf8.split(whereSeparator: { $0 == UInt8(ascii: " ") || (9...13).contains($0) }) {
            if !isFirst { block.append(UInt8(ascii: " ")) }
            block.append(contentsOf: word)
            isFirst = false
        }
    }
}
