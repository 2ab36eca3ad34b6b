#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// An http(s) URL of a service, taken apart for what is sent and signed.
struct ServerURL: Sendable {
    let scheme: String
    /// As the `Host` header has it: with a port that is not the scheme's own.
    let host: String
    /// Percent-encoded; empty where the URL has none.
    let path: String

    /// - Returns: `nil` for what is no http(s) URL of a host, and for one with a query, a fragment or a user.
    init?(_ text: String) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parts.host, !host.isEmpty,
            parts.query == nil, parts.fragment == nil, parts.user == nil
        else { return nil }
        let standardPort = scheme == "https" ? 443 : 80
        let port = parts.port.flatMap { $0 == standardPort ? nil : ":\($0)" } ?? ""
        // Versions of Foundation differ in whether they keep the brackets of an IPv6 address.
        let isBareIPv6 = host.utf8.contains(UInt8(ascii: ":")) && !host.hasPrefix("[")
        self.scheme = scheme
        self.host = (isBareIPv6 ? "[\(host)]" : host) + port
        path = parts.percentEncodedPath
    }
}
