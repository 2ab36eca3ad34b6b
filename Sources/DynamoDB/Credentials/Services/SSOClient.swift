internal import CurlTransport
internal import LosslessJSON
internal import SigV4

/// The calls to IAM Identity Center: a role's credentials for an access token, and a new access token.
struct SSOClient: Sendable {
    let context: CredentialsContext
    let configuration: AWSConfiguration
    let region: String
    let source: String

    /// `GetRoleCredentials` of the portal.
    func roleCredentials(
        accountID: String, roleName: String, accessToken: String, login: String
    ) async throws(DynamoDBError) -> AWSCredentials {
        let endpoint = try ServiceEndpoint(.ssoPortal, region: region, configuration: configuration)
        let query =
            "role_name=\(STSClient.formEncoded(roleName))&account_id=\(STSClient.formEncoded(accountID))"
        let answer = try await send("the SSO portal") {
            HTTPRequest(
                method: .GET, url: "\(endpoint.url)/federation/credentials?\(query)",
                headers: [
                    (name: "Host", value: endpoint.host), (name: "Accept", value: "application/json"),
                    (name: "x-amz-sso_bearer_token", value: accessToken),
                ],
                connectTimeout: .seconds(2), timeout: .seconds(10), maximumResponseBytes: 1 << 20)
        }
        guard answer.status == 200 else {
            let hint = answer.status == 401 ? "run `\(login)`" : "check sso_account_id and sso_role_name"
            throw refusal("the SSO portal refused the role \(roleName)", answer, hint: hint, secrets: [accessToken])
        }
        guard let role = (try? JSONValue.parse(answer.body))?["roleCredentials"],
            let key = role["accessKeyId"]?.stringValue, !key.isEmpty,
            let secret = role["secretAccessKey"]?.stringValue, !secret.isEmpty,
            let token = role["sessionToken"]?.stringValue,
            let milliseconds = role["expiration"]?.numberText.flatMap(Double.init)
        else {
            throw DynamoDBError(
                .credentials, "\(source): the SSO portal's answer holds no credentials", status: answer.status)
        }
        return AWSCredentials(
            accessKeyId: key, secretAccessKey: secret, sessionToken: token, expiration: milliseconds / 1000,
            accountId: accountID)
    }

    /// `CreateToken` of the OIDC service with a refresh token.
    func refreshed(_ token: SSOToken) async throws(DynamoDBError) -> SSOToken {
        let endpoint = try ServiceEndpoint(.ssoOIDC, region: region, configuration: configuration)
        let parameters = JSONValue.object([
            ("clientId", token.clientID), ("clientSecret", token.clientSecret), ("grantType", "refresh_token"),
            ("refreshToken", token.refreshToken),
        ])
        let body = Array(parameters.jsonText.utf8)
        let answer = try await send("the SSO login service") {
            HTTPRequest(
                method: .POST, url: "\(endpoint.url)/token",
                headers: [
                    (name: "Host", value: endpoint.host), (name: "Content-Type", value: "application/json"),
                    (name: "Accept", value: "application/json"),
                ],
                body: body, connectTimeout: .seconds(2), timeout: .seconds(10), maximumResponseBytes: 1 << 20)
        }
        guard answer.status == 200 else {
            let secrets = [token.accessToken, token.refreshToken, token.clientSecret].compactMap { $0 }
            throw refusal(
                "the SSO session could not be renewed", answer, hint: "log in again with `aws sso login`",
                secrets: secrets)
        }
        guard let object = try? JSONValue.parse(answer.body), let access = object["accessToken"]?.stringValue,
            let seconds = object["expiresIn"]?.numberText.flatMap(Double.init)
        else {
            throw DynamoDBError(
                .credentials, "\(source): the SSO login service's answer holds no token", status: answer.status)
        }
        var token = token
        token.accessToken = access
        token.expiration = context.clock.now() + seconds
        if let refresh = object["refreshToken"]?.stringValue { token.refreshToken = refresh }
        return token
    }

    private func send(
        _ service: String, _ request: () -> HTTPRequest
    ) async throws(DynamoDBError) -> HTTPResponse {
        do throws(TransportError) {
            return try await context.send(attempts: 3, request)
        } catch {
            throw DynamoDBError(
                .credentials, "\(source): no answer from \(service): \(error)", transportError: error)
        }
    }

    private func refusal(_ what: String, _ answer: HTTPResponse, hint: String, secrets: [String]) -> DynamoDBError {
        let object = try? JSONValue.parse(answer.body)
        let words =
            object?["message"]?.stringValue ?? object?["error_description"]?.stringValue
            ?? object?["error"]?.stringValue
        let reason = words.map { ServerWords.line($0, without: secrets) } ?? "HTTP status \(answer.status)"
        return DynamoDBError(.credentials, "\(source): \(what) (\(reason)): \(hint)", status: answer.status)
    }
}

extension JSONValue {
    /// An object without the members that have no value.
    fileprivate static func object(_ members: [(String, String?)]) -> JSONValue {
        var object = JSONObject()
        for (name, value) in members { object[name] = value.map(JSONValue.string) }
        return .object(object)
    }
}
