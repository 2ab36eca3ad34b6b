internal import CurlTransport
internal import LosslessJSON
internal import SigV4

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Credentials of the role of an EC2 instance, from its metadata service by version 2 of its protocol, which asks for
/// a session token first. Version 1 is not used: it would give credentials to whoever can make this host fetch a URL.
struct InstanceCredentials: Sendable {
    enum Outcome: Sendable {
        case found(AWSCredentials)
        /// There is no such service, or it has no role: as on every other computer.
        case absent(reason: String)
    }

    private static let source = "instance metadata"
    private static let path = "/latest/meta-data/iam/security-credentials/"
    let context: CredentialsContext
    let configuration: AWSConfiguration

    func load() async throws(DynamoDBError) -> Outcome {
        if context.environment.flag("AWS_EC2_METADATA_DISABLED") == true {
            return .absent(reason: "switched off by AWS_EC2_METADATA_DISABLED")
        }
        let service = try endpoint()
        let token: String
        switch try await self.token(service) {
        case .found(let value): token = value
        case .absent(let reason): return .absent(reason: reason)
        }
        let profile: String
        if let name = configuration.value("AWS_EC2_INSTANCE_PROFILE_NAME", "ec2_instance_profile_name") {
            profile = name
        } else {
            let answer = try await get(service + InstanceCredentials.path, token: token)
            if answer.status == 404 { return .absent(reason: "the instance has no role") }
            let text = String(decoding: answer.body, as: UTF8.self)
            let name = text.split(whereSeparator: \.isNewline).first.map { String($0).trimming(where: \.isBlank) }
            guard answer.status == 200, let name, !name.isEmpty else { throw refusal("the role's name", answer) }
            profile = name
        }
        let answer = try await get(service + InstanceCredentials.path + STSClient.formEncoded(profile), token: token)
        if answer.status == 404 { return .absent(reason: "the instance has no role") }
        guard answer.status == 200 else { throw refusal("credentials", answer) }
        guard let object = (try? JSONValue.parse(answer.body))?.objectValue else {
            throw DynamoDBError(.credentials, "\(InstanceCredentials.source): the answer is no JSON object")
        }
        // The service says 200 to failures of its own, too.
        if let code = object["Code"]?.stringValue, code != "Success" {
            throw DynamoDBError(
                .credentials,
                "\(InstanceCredentials.source): no credentials for the instance's role: \(ServerWords.line(code))")
        }
        return .found(try CredentialsDocument.parse(object, tokenName: "Token", source: InstanceCredentials.source))
    }

    private enum TokenOutcome {
        case found(String)
        case absent(reason: String)
    }

    private func token(_ service: String) async throws(DynamoDBError) -> TokenOutcome {
        let answer: HTTPResponse
        do throws(TransportError) {
            answer = try await send(
                .PUT, service + "/latest/api/token",
                headers: [(name: "x-aws-ec2-metadata-token-ttl-seconds", value: "21600")])
        } catch {
            if error.code == .cancelled || error.code == .shutDown { throw unreachable(error) }
            return .absent(reason: "no answer")
        }
        switch answer.status {
        case 200:
            let token = String(decoding: answer.body, as: UTF8.self).trimming(where: \.isWhitespace)
            guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                throw refusal("a session token", answer)
            }
            return .found(token)
        case 403: return .absent(reason: "switched off for this instance")
        // Something else may listen at that address where there is no EC2.
        case 404, 405: return .absent(reason: "no metadata service of version 2")
        default: throw refusal("a session token", answer)
        }
    }

    private func get(_ url: String, token: String) async throws(DynamoDBError) -> HTTPResponse {
        do throws(TransportError) {
            return try await send(.GET, url, headers: [(name: "x-aws-ec2-metadata-token", value: token)])
        } catch {
            throw unreachable(error)
        }
    }

    private func send(
        _ method: HTTPRequest.Method, _ url: String, headers: [(name: String, value: String)]
    ) async throws(TransportError) -> HTTPResponse {
        // One second, so that a computer elsewhere finds out soon that it is no instance; a connection that cannot be
        // made counts as that at once.
        let timeout = seconds("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout") ?? .seconds(1)
        let attempts =
            configuration.value("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts")
            .flatMap { Int($0) } ?? 3
        let request = HTTPRequest(
            method: method, url: url, headers: headers, connectTimeout: timeout, timeout: timeout,
            maximumResponseBytes: 1 << 20, usesProxy: false)
        return try await context.send(attempts: max(1, min(attempts, 10)), connectsOnce: true) { request }
    }

    private func endpoint() throws(DynamoDBError) -> String {
        if let text = configuration.value(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint")
        {
            guard let parts = URLComponents(string: text), parts.scheme == "http" || parts.scheme == "https",
                let host = parts.host, !host.isEmpty, parts.user == nil, parts.query == nil
            else {
                throw DynamoDBError(
                    .configuration,
                    "\(InstanceCredentials.source): AWS_EC2_METADATA_SERVICE_ENDPOINT is no http(s) URL")
            }
            return text.hasSuffix("/") ? String(text.dropLast()) : text
        }
        let mode = configuration.value(
            "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode")
        switch mode?.lowercased() {
        case nil, "ipv4": return "http://169.254.169.254"
        case "ipv6": return "http://[fd00:ec2::254]"
        default:
            throw DynamoDBError(
                .configuration,
                "\(InstanceCredentials.source): AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is neither IPv4 nor IPv6")
        }
    }

    private func seconds(_ variable: String, _ property: String) -> Duration? {
        configuration.value(variable, property).flatMap { Double($0) }.flatMap {
            $0 > 0 && $0 <= 60 ? .milliseconds(Int($0 * 1000)) : nil
        }
    }

    private func unreachable(_ error: TransportError) -> DynamoDBError {
        DynamoDBError(
            .credentials, "\(InstanceCredentials.source): no answer: \(error)", transportError: error)
    }

    private func refusal(_ what: String, _ answer: HTTPResponse) -> DynamoDBError {
        DynamoDBError(
            .credentials, "\(InstanceCredentials.source): HTTP status \(answer.status) instead of \(what)",
            status: answer.status)
    }
}
