import CurlTransport
import Foundation
import Locking
import LosslessJSON
import Testing

@testable import DynamoDB

/// A recording of another SDK's requests and the answers to them, played to ours.
final class RecordedTraffic: HTTPTransport {
    struct Exchange: Sendable {
        var method = ""
        var uri = ""
        var headers: [String: String] = [:]
        var body = ""
        var status: Int?
        var answer: [UInt8] = []
    }

    private struct State {
        var next = 0
        /// In what way requests were other than recorded.
        var differences: [String] = []
    }

    /// In the order of their requests.
    let exchanges: [Exchange]
    /// What the case gives: its files, its environment and the recorded answers.
    ///
    /// Before some recordings were published, tokens and accounts were replaced in these, but not in the requests. What
    /// the case does not give cannot be asked of us.
    private let sources: [String]
    private let state = Locked(State())

    init(_ recording: JSONValue, sources: [String]) {
        var exchanges: [String: Exchange] = [:]
        var order: [String] = []
        for event in recording["events"]?.arrayValue ?? [] {
            let id = event["connection_id"]?.numberText ?? ""
            guard let action = event["action"] else { continue }
            if let request = action["Request"]?["request"] {
                order.append(id)
                var exchange = Exchange()
                exchange.method = request["method"]?.stringValue ?? ""
                exchange.uri = request["uri"]?.stringValue ?? ""
                for (name, values) in request["headers"]?.objectValue?.members ?? [] {
                    exchange.headers[name.lowercased()] = values.arrayValue?.first?.stringValue
                }
                exchanges[id] = exchange
            } else if let response = action["Response"]?["response"]?["Ok"] {
                exchanges[id]?.status = response["status"]?.numberText.flatMap { Int($0) }
            } else if let data = action["Data"], let text = data["data"]?["Utf8"]?.stringValue {
                if data["direction"]?.stringValue == "Request" {
                    exchanges[id]?.body += text
                } else {
                    exchanges[id]?.answer += Array(text.utf8)
                }
            }
        }
        self.exchanges = order.compactMap { exchanges[$0] }
        self.sources = sources + self.exchanges.map { String(decoding: $0.answer, as: UTF8.self) }
    }

    private func isGiven(_ value: String) -> Bool {
        sources.contains { $0.contains(value.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    var differences: [String] { state.withLock { $0.differences } }
    var sent: Int { state.withLock { $0.next } }

    /// When the first signed request was recorded: our signature's scope has to name the same day.
    var date: Double? {
        exchanges.lazy.compactMap { $0.headers["x-amz-date"] }.first.flatMap { text in
            let digits = Array(text)
            guard digits.count == 16 else { return nil }
            let date = "\(String(digits[0..<4]))-\(String(digits[4..<6]))-\(String(digits[6..<8]))"
            let time = "\(String(digits[9..<11])):\(String(digits[11..<13])):\(String(digits[13..<15]))"
            return InternetTimestamp.parse("\(date)T\(time)Z")
        }
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let index = state.withLock { state in
            defer { state.next += 1 }
            return state.next
        }
        // A recording that ends early is a server that has gone.
        guard index < exchanges.count else { throw TransportError.refused }
        let exchange = exchanges[index]
        compare(request, exchange)
        guard let status = exchange.status else { throw TransportError.refused }
        return HTTPResponse(status: status, body: exchange.answer)
    }

    private func compare(_ request: HTTPRequest, _ expected: Exchange) {
        check("method", request.method.rawValue, expected.method)
        let (ours, theirs) = (RecordedTraffic.parts(request.url), RecordedTraffic.parts(expected.uri))
        check("URL", ours.base, theirs.base)
        check("query", ours.query, theirs.query)
        for name in [
            "accept", "content-type", "x-amz-sso_bearer_token", "x-aws-ec2-metadata-token",
            "x-aws-ec2-metadata-token-ttl-seconds",
        ] where expected.headers[name] != nil {
            check(name, request.header(name), expected.headers[name])
        }
        check(
            "signature", RecordedTraffic.scope(request.header("authorization")) != nil,
            RecordedTraffic.scope(expected.headers["authorization"]) != nil)
        check(
            "session token", request.header("x-amz-security-token") != nil,
            expected.headers["x-amz-security-token"] != nil)
        compareForm(request.form, HTTPRequest.parameters(expected.body))
        if let token = expected.headers["x-amz-security-token"], isGiven(token) {
            check("security token", request.header("x-amz-security-token"), token)
        }
        if let scope = RecordedTraffic.scope(expected.headers["authorization"]),
            let key = scope.split(separator: "/").first, isGiven(String(key))
        {
            check("scope", RecordedTraffic.scope(request.header("authorization")), scope)
        }
    }

    private func compareForm(_ ours: [String: String], _ theirs: [String: String]) {
        check("parameters", ours.keys.sorted(), theirs.keys.sorted())
        for (name, value) in theirs {
            // Each SDK has its own name for a session that the user gave none.
            if name == "RoleSessionName", value.contains("assume-role-") || value.hasPrefix("web-identity-") {
                continue
            }
            if ["RoleArn", "WebIdentityToken"].contains(name), !isGiven(value) { continue }
            // The other SDK sends the line feed at the end of a token's file as a part of the token.
            check(name, ours[name], value.trimmingCharacters(in: .newlines))
        }
    }

    private func check<T: Equatable>(_ what: String, _ ours: T, _ theirs: T) {
        if ours != theirs { state.withLock { $0.differences.append("\(what): \(ours), recorded: \(theirs)") } }
    }

    private static func parts(_ url: String) -> (base: String, query: [String: String]) {
        let parts = url.split(separator: "?", maxSplits: 1)
        var base = String(parts[0])
        // "http://host" and "http://host/" are the same request.
        if base.filter({ $0 == "/" }).count == 2 { base += "/" }
        return (base, parts.count > 1 ? HTTPRequest.parameters(parts[1]) : [:])
    }

    /// Key, day, region and service of a signature.
    private static func scope(_ authorization: String?) -> String? {
        // A container's token is in a header of that name, too.
        guard let authorization, authorization.hasPrefix("AWS4-HMAC-SHA256 ") else { return nil }
        return authorization.split(separator: "Credential=").last?.split(separator: ",").first.map(String.init)
    }
}
