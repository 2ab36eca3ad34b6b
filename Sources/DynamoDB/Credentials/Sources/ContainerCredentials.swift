internal import CurlTransport
internal import LosslessJSON
internal import SigV4

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Credentials from the agent of ECS, EKS Pod Identity, Greengrass and CloudShell.
struct ContainerCredentials: Sendable {
    private static let source = "container credentials"
    let context: CredentialsContext

    /// - Returns: `nil` when the environment names no address.
    func load() async throws(DynamoDBError) -> AWSCredentials? {
        guard let url = try ContainerCredentials.url(environment: context.environment) else { return nil }
        // Read anew each time: Kubernetes exchanges the token's file.
        let token = try authorizationToken()
        var headers = [(name: "Accept", value: "application/json")]
        if let token { headers.append((name: "Authorization", value: token)) }
        let request = HTTPRequest(
            method: .GET, url: url, headers: headers, connectTimeout: .seconds(2), timeout: .seconds(5),
            maximumResponseBytes: 1 << 20, usesProxy: false)
        let answer: HTTPResponse
        do throws(TransportError) {
            answer = try await context.send(attempts: 3) { request }
        } catch {
            throw DynamoDBError(
                .credentials, "\(ContainerCredentials.source): no answer: \(error)", transportError: error)
        }
        guard answer.status == 200 else {
            let object = try? JSONValue.parse(answer.body)
            let words = object?["message"]?.stringValue ?? object?["code"]?.stringValue
            let reason = words.map { ": " + ServerWords.line($0, without: token.map { [$0] } ?? []) } ?? ""
            throw DynamoDBError(
                .credentials, "\(ContainerCredentials.source): refused with HTTP status \(answer.status)\(reason)",
                status: answer.status)
        }
        return try CredentialsDocument.parse(answer.body, tokenName: "Token", source: ContainerCredentials.source)
    }

    /// Where to ask. `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` wins over `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    ///
    /// - Throws: when the address is one that must not be sent a token in the clear.
    static func url(environment: [String: String]) throws(DynamoDBError) -> String? {
        if let relative = environment.setting("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            guard relative.hasPrefix("/"), let parts = URLComponents(string: "http://169.254.170.2" + relative),
                parts.host == "169.254.170.2", let url = parts.string
            else {
                throw DynamoDBError(
                    .credentials, "\(source): AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is no path that starts with /")
            }
            return url
        }
        guard let full = environment.setting("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        guard let parts = URLComponents(string: full), let host = parts.host, !host.isEmpty, let url = parts.string
        else {
            throw DynamoDBError(
                .credentials, "\(source): AWS_CONTAINER_CREDENTIALS_FULL_URI is no URL: URI did not specify a host")
        }
        let scheme = parts.scheme?.lowercased()
        guard parts.user == nil, parts.password == nil, scheme == "https" || (scheme == "http" && isTrusted(host))
        else {
            throw DynamoDBError(
                .credentials,
                "\(source): AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of this host "
                    + "(loopback, 169.254.170.2, 169.254.170.23, [fd00:ec2::23])")
        }
        return url
    }

    /// Addresses that never leave the host.
    private static func isTrusted(_ host: String) -> Bool {
        let host = host.lowercased().trimming { "[]".contains($0) }
        if ["localhost", "169.254.170.2", "169.254.170.23", "fd00:ec2::23", "::1"].contains(host) { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        // Written out in full: resolvers read "127.1" and "0177.0.0.1" in ways of their own.
        return numbers.count == 4 && numbers[0] == "127"
            && numbers.allSatisfy { UInt8($0).map { String($0) } == String($0) }
    }

    private func authorizationToken() throws(DynamoDBError) -> String? {
        let token: String?
        if let path = context.environment.setting("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
            let bytes: [UInt8]?
            do throws(FileAccessError) {
                bytes = try context.files.read(path)
            } catch {
                throw DynamoDBError(
                    .credentials, "\(ContainerCredentials.source): the token file \(path): \(error.message)")
            }
            guard let bytes else {
                throw DynamoDBError(
                    .credentials,
                    "\(ContainerCredentials.source): there is no token file \(path): "
                        + "check AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
            }
            token = String(decoding: bytes, as: UTF8.self)
        } else {
            token = context.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        }
        guard let token, !token.isEmpty else { return nil }
        // A line break would end the header and start another.
        guard token.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw DynamoDBError(
                .credentials,
                "\(ContainerCredentials.source): the authorization token has a line break or control character")
        }
        return token
    }
}
