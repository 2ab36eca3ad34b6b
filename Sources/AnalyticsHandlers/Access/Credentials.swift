#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What `Authorization` carries (RFC 9110, 11.6.2; RFC 6750; RFC 7617).
extension Request {
    /// The token of `Authorization: Bearer`; `nil` when there is none.
    public var bearerToken: String? { authorization(scheme: "bearer").flatMap { $0.isEmpty ? nil : $0 } }

    /// The user name of `Authorization: Basic`, where Segment's SDKs put the write key. Their password is empty.
    var basicUser: String? {
        guard let encoded = authorization(scheme: "basic"), let data = Data(base64Encoded: encoded) else { return nil }
        let pair = String(decoding: data, as: UTF8.self)
        guard let colon = pair.firstIndex(of: ":") else { return nil }
        return String(pair[..<colon])
    }

    private func authorization(scheme: String) -> String? {
        guard let header = headers["authorization"], header.lowercased().hasPrefix("\(scheme) ") else { return nil }
        return header.dropFirst(scheme.count + 1).trimmingPrefix(while: { $0 == " " }).description
    }
}

enum ConstantTime {
    /// Takes a time that depends on the lengths only.
    static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
