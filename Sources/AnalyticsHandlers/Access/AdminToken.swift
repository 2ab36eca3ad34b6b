/// One secret that opens everything: what `serve` prints at its start.
public struct AdminToken: Authorizer {
    /// Browsers keep cookies by host, not by port: servers on one machine need names of their own.
    public let cookieName: String
    private let token: [UInt8]

    public init(_ token: String, cookieName: String = "copilot_analytics") {
        self.token = Array(token.utf8)
        self.cookieName = cookieName
    }

    /// Whether somebody's own choice is good enough: at least 16 characters, all of which fit a URL and a cookie.
    public static func isUsable(_ token: String) -> Bool {
        token.utf8.count >= 16
            && token.utf8.allSatisfy { byte in
                byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26
                    || "-_.~".utf8.contains(byte)
            }
    }

    /// Looks at `Authorization: Bearer`, `X-API-Key`, and for reading only at the cookie that the
    /// page sets and the query parameter `token` of the printed link.
    public func principal(of request: Request) async throws -> Principal? {
        candidates(in: request).contains(where: accepts) ? Principal(role: .admin) : nil
    }

    /// Compares in a time that depends on the lengths only.
    public func accepts(_ candidate: String) -> Bool {
        !token.isEmpty && ConstantTime.isEqual(Array(candidate.utf8), token)
    }

    private func candidates(in request: Request) -> [String] {
        var found = [request.bearerToken, request.headers["x-api-key"]].compactMap { $0 }
        // A browser sends its cookie along with whatever another site makes it send: reading only.
        guard request.method == "GET" || request.method == "HEAD" else { return found }
        for pair in (request.headers["cookie"] ?? "").split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            if parts.count == 2, parts[0].trimmingPrefix(while: { $0 == " " }) == cookieName[...] {
                found.append(String(parts[1]))
            }
        }
        if let token = request.parameter("token") { found.append(token) }
        return found
    }
}
