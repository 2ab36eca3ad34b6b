internal import CurlTransport
internal import SigV4

/// The two operations of the AWS Security Token Service that make credentials of others.
struct STSClient: Sendable {
    /// A role to assume, as a profile describes it.
    struct Role: Sendable, Equatable {
        var arn: String
        var sessionName: String?
        var externalID: String?
        /// Seconds; `nil`: the service's default of an hour.
        var duration: Int?
    }

    let context: CredentialsContext
    let configuration: AWSConfiguration

    func assumeRole(
        _ role: Role, with credentials: AWSCredentials, source: String
    ) async throws(DynamoDBError) -> AWSCredentials {
        var form = self.form("AssumeRole", role)
        if let duration = role.duration { form.append(("DurationSeconds", String(duration))) }
        if let externalID = role.externalID { form.append(("ExternalId", externalID)) }
        return try await call("AssumeRole", role, form, signedBy: credentials, secrets: [], source: source)
    }

    func assumeRoleWithWebIdentity(
        _ role: Role, token: String, source: String
    ) async throws(DynamoDBError) -> AWSCredentials {
        let action = "AssumeRoleWithWebIdentity"
        var form = self.form(action, role)
        if let duration = role.duration { form.append(("DurationSeconds", String(duration))) }
        form.append(("WebIdentityToken", token))
        return try await call(action, role, form, signedBy: nil, secrets: [token], source: source)
    }

    private func form(_ action: String, _ role: Role) -> [(String, String)] {
        // CloudTrail shows the session's name: it should tell who it was when the user has given none.
        let name = role.sessionName ?? "copilot-analytics-\(Int(context.clock.now() * 1000))"
        return [
            ("Action", action), ("Version", "2011-06-15"), ("RoleArn", role.arn), ("RoleSessionName", name),
        ]
    }

    private func call(
        _ action: String, _ role: Role, _ form: [(String, String)], signedBy credentials: AWSCredentials?,
        secrets: [String], source: String
    ) async throws(DynamoDBError) -> AWSCredentials {
        guard let region = configuration.region else {
            throw DynamoDBError(
                .configuration, "\(source): assuming a role needs a region: set AWS_REGION or the profile's region")
        }
        let endpoint = try ServiceEndpoint(.sts, region: region, configuration: configuration)
        let body = Array(form.map { "\($0)=\(STSClient.formEncoded($1))" }.joined(separator: "&").utf8)
        let signer = SigV4Signer(service: "sts", region: region)
        // A clock that is wrong for the service is wrong for STS before.
        let clockSkew = ClockSkew()
        var signingDate = 0
        func request() -> HTTPRequest {
            var headers = [
                (name: "Host", value: endpoint.host),
                (name: "Content-Type", value: "application/x-www-form-urlencoded"),
            ]
            if let credentials {
                let date = SigningDate(secondsSinceEpoch: context.clock.now() + Double(clockSkew.offset))
                signingDate = date.secondsSinceEpoch
                let signed = signer.sign(
                    method: "POST", path: endpoint.path + "/", headers: headers, body: body,
                    credentials: credentials, date: date)
                headers += signed.headers
            }
            return HTTPRequest(
                method: .POST, url: endpoint.url + "/", headers: headers, body: body,
                connectTimeout: .seconds(2), timeout: .seconds(10), maximumResponseBytes: 1 << 20)
        }
        func isWorthAnother(_ answer: HTTPResponse) -> Bool {
            guard let code = DynamoDBError.Code(sts: answer) else { return false }
            if credentials != nil, code.mayBeClockSkew,
                let serverDate = answer.header("date").flatMap(HTTPDate.secondsSinceEpoch)
            {
                let now = SigningDate(secondsSinceEpoch: context.clock.now()).secondsSinceEpoch
                return clockSkew.correct(serverDate: serverDate, signingDate: signingDate, now: now)
            }
            return code.isThrottling || code.isTransient || code.rawValue == "IDPCommunicationError"
        }
        let answer: HTTPResponse
        do throws(TransportError) {
            answer = try await context.send(attempts: 3, isTransient: isWorthAnother, request)
        } catch {
            throw DynamoDBError(
                .credentials, "\(source): no answer from AWS STS for \(role.arn): \(error)", transportError: error)
        }
        let fields = XMLFields(answer.body)
        guard answer.status == 200 else {
            let hidden = secrets + [credentials?.secretAccessKey, credentials?.sessionToken].compactMap { $0 }
            throw STSClient.refusal(
                "\(source): AWS STS refused \(action) of \(role.arn)", fields, status: answer.status, secrets: hidden)
        }
        let path = "\(action)Response/\(action)Result"
        guard let fields, let key = fields["\(path)/Credentials/AccessKeyId"], !key.isEmpty,
            let secret = fields["\(path)/Credentials/SecretAccessKey"], !secret.isEmpty,
            let token = fields["\(path)/Credentials/SessionToken"], !token.isEmpty,
            let expiration = fields["\(path)/Credentials/Expiration"].flatMap(InternetTimestamp.parse)
        else {
            throw DynamoDBError(
                .credentials, "\(source): the answer of AWS STS for \(role.arn) holds no credentials",
                status: answer.status)
        }
        return AWSCredentials(
            accessKeyId: key, secretAccessKey: secret, sessionToken: token,
            // By our clock, which is what will be looked at.
            expiration: expiration - Double(clockSkew.offset),
            accountId: fields["\(path)/AssumedRoleUser/Arn"].flatMap { ARN($0)?.account })
    }

    private static func refusal(
        _ what: String, _ fields: XMLFields?, status: Int, secrets: [String]
    ) -> DynamoDBError {
        let code = fields?["ErrorResponse/Error/Code"].map { ServerWords.line($0) } ?? "HTTP status \(status)"
        let message = fields?["ErrorResponse/Error/Message"].map { ServerWords.line($0, without: secrets) }
        return DynamoDBError(
            .credentials, "\(what): \(code)\(message.map { ": \($0)" } ?? "")", status: status,
            requestID: fields?["ErrorResponse/RequestId"])
    }

    /// All but the unreserved characters of RFC 3986 as `%XX`, which a form may have as well as a query.
    static func formEncoded(_ text: String) -> String { String(decoding: URIEncoding.encode(text.utf8), as: UTF8.self) }
}

extension DynamoDBError.Code {
    /// The error in an answer of STS; `nil` when it is none.
    fileprivate init?(sts answer: HTTPResponse) {
        guard answer.status >= 400, let name = XMLFields(answer.body)?["ErrorResponse/Error/Code"] else { return nil }
        self.init(rawValue: name)
    }
}
