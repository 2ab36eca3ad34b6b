import Locking

/// Signs HTTP requests with AWS Signature Version 4 (`AWS4-HMAC-SHA256`).
///
/// Pure: it does no I/O and reads no clock; the date is an argument. One signer serves a service in a region for any
/// number of threads and credentials, and keeps the last few signing keys, which are good for a day each.
///
/// Source of the rules: "Signature Version 4 signing process" in the AWS IAM User Guide.
public final class SigV4Signer: Sendable {
    /// Where services differ.
    public struct Options: Sendable, Equatable {
        /// Encode the path a second time in the canonical request, as all services but S3 do. Default: true.
        public var doubleURIEncoding: Bool
        /// Remove `.`, `..` and empty segments from the path in the canonical request, as all services but S3 do. The
        /// path that is sent stays as it is. Default: true.
        public var normalizePath: Bool
        /// Add `x-amz-content-sha256`, the hash of the body, to the headers and sign it, as S3 wants. The body's hash
        /// is part of the signature in any case. It does not apply to presigned queries. Default: false.
        public var signBody: Bool
        /// Send the session token without signing it, as few services want. Default: false.
        public var omitSessionTokenFromSignature: Bool

        public init(
            doubleURIEncoding: Bool = true, normalizePath: Bool = true, signBody: Bool = false,
            omitSessionTokenFromSignature: Bool = false
        ) {
            self.doubleURIEncoding = doubleURIEncoding
            self.normalizePath = normalizePath
            self.signBody = signBody
            self.omitSessionTokenFromSignature = omitSessionTokenFromSignature
        }
    }

    /// What is expensive to make and cheap to use again.
    struct Workspace: ~Copyable, Sendable {
        var context = DigestContext()
        var keys = SigningKeyCache()
        var buffer: [UInt8] = []
    }

    static let algorithm = "AWS4-HMAC-SHA256"

    /// For example `dynamodb`.
    public let service: String
    /// For example `eu-central-1`.
    public let region: String
    public let options: Options
    let workspace: Locked<Workspace>

    /// - Parameters:
    ///   - service: the name in the credential scope, for example `dynamodb`.
    ///   - region: for example `eu-central-1`.
    public init(service: String, region: String, options: Options = Options()) {
        self.service = service
        self.region = region
        self.options = options
        workspace = Locked(Workspace())
    }

    var scope: ServiceScope { ServiceScope(region: region, service: service) }
}

/// The headers that make a request a signed one.
public struct SignedHeaders: Sendable {
    /// To be added to the request, replacing headers of the same names: `X-Amz-Security-Token` with temporary
    /// credentials, `X-Amz-Date`, `x-amz-content-sha256` where asked for, `Authorization`.
    public let headers: [(name: String, value: String)]
    /// 64 lower-case hexadecimal digits.
    public let signature: String
}

/// The texts a signature was made from, to be compared with those in a server's `SignatureDoesNotMatch` answer. They
/// contain the session token: not for logs.
package struct SigningTrace: Sendable {
    package let canonicalRequest: String
    package let stringToSign: String
    package let signature: String
}

extension SigV4Signer {
    /// Signs a request in its headers.
    ///
    /// All headers given are signed, save those that proxies and transports change (`Connection`, `Expect`,
    /// `Transfer-Encoding`, `User-Agent`, `X-Amzn-Trace-Id` and their like). `Host` must be among them: every service
    /// requires its signature.
    ///
    /// - Parameters:
    ///   - method: in upper case.
    ///   - path: as it is sent, without the query. Empty means `/`.
    ///   - query: as it is sent, without the question mark.
    ///   - headers: all headers of the request; names in any case, repeated ones in their order. The value of an
    ///     `x-amz-content-sha256` among them, such as `UNSIGNED-PAYLOAD`, is signed as the hash of the body, unless
    ///     ``Options/signBody`` replaces it.
    ///   - body: the whole body.
    public func sign(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)], body: [UInt8] = [],
        credentials: AWSCredentials, date: SigningDate
    ) -> SignedHeaders {
        signWithTrace(
            method: method, path: path, query: query, headers: headers, body: body, credentials: credentials, date: date
        ).headers
    }

    /// ``sign(method:path:query:headers:body:credentials:date:)``, with the texts that were signed.
    package func signWithTrace(
        method: String, path: String, query: String, headers: [(name: String, value: String)], body: [UInt8],
        credentials: AWSCredentials, date: SigningDate
    ) -> (headers: SignedHeaders, trace: SigningTrace) {
        let bodyHash = bodyHash(body, headers)
        var added: [(name: String, value: String)] = []
        var signed: [(name: String, value: String)] = []
        if let token = credentials.effectiveSessionToken {
            added.append(("X-Amz-Security-Token", token))
            if !options.omitSessionTokenFromSignature { signed.append(("x-amz-security-token", token)) }
        }
        added.append(("X-Amz-Date", date.timestamp))
        signed.append(("x-amz-date", date.timestamp))
        if options.signBody {
            added.append(("x-amz-content-sha256", bodyHash))
            signed.append(("x-amz-content-sha256", bodyHash))
        }
        let replaced = Set(added.map { $0.name.lowercased() })
        let canonicalHeaders = CanonicalHeaders(headers, replaced: replaced, added: signed)
        let request = canonicalRequest(
            method: method, path: path, parameters: CanonicalParameter.parse(query: query), headers: canonicalHeaders,
            bodyHash: bodyHash
        )
        let (trace, credentialScope) = signature(over: request, credentials: credentials, date: date)
        let names = String(decoding: canonicalHeaders.names, as: UTF8.self)
        added.append(
            (
                "Authorization",
                "\(SigV4Signer.algorithm) Credential=\(credentialScope), SignedHeaders=\(names), "
                    + "Signature=\(trace.signature)"
            )
        )
        return (SignedHeaders(headers: added, signature: trace.signature), trace)
    }

    /// Signs a request in its query, so that whoever has the URL can send it until it expires.
    ///
    /// - Parameters:
    ///   - method: in upper case.
    ///   - path: as it will be sent, without the query. Empty means `/`.
    ///   - query: as it will be sent, without the question mark and without parameters of a signature.
    ///   - headers: those that the sender must send as they are, `Host` among them.
    ///   - expires: seconds from `date` on, 1 to 604,800 (seven days); other numbers are moved to the nearer end.
    /// - Returns: the query to send, without the question mark: the given one, followed by the signature's parameters.
    public func presign(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)], body: [UInt8] = [],
        credentials: AWSCredentials, date: SigningDate, expires: Int
    ) -> String {
        presignWithTrace(
            method: method, path: path, query: query, headers: headers, body: body, credentials: credentials,
            date: date, expires: expires
        ).query
    }

    /// ``presign(method:path:query:headers:body:credentials:date:expires:)``, with the texts that were signed.
    package func presignWithTrace(
        method: String, path: String, query: String, headers: [(name: String, value: String)], body: [UInt8],
        credentials: AWSCredentials, date: SigningDate, expires: Int
    ) -> (query: String, trace: SigningTrace) {
        let canonicalHeaders = CanonicalHeaders(
            headers, replaced: ["x-amz-date", "x-amz-security-token"], added: [])
        let credentialScope = "\(credentials.accessKeyId)/\(date.day)/\(region)/\(service)/aws4_request"
        var added = [
            CanonicalParameter(name: "X-Amz-Algorithm", value: SigV4Signer.algorithm),
            CanonicalParameter(name: "X-Amz-Credential", value: credentialScope),
            CanonicalParameter(name: "X-Amz-Date", value: date.timestamp),
            CanonicalParameter(name: "X-Amz-Expires", value: String(min(max(expires, 1), 604_800))),
            CanonicalParameter(
                name: "X-Amz-SignedHeaders", value: String(decoding: canonicalHeaders.names, as: UTF8.self)),
        ]
        var signed = CanonicalParameter.parse(query: query) + added
        if let token = credentials.effectiveSessionToken {
            let parameter = CanonicalParameter(name: "X-Amz-Security-Token", value: token)
            added.append(parameter)
            if !options.omitSessionTokenFromSignature { signed.append(parameter) }
        }
        let request = canonicalRequest(
            method: method, path: path, parameters: signed, headers: canonicalHeaders,
            bodyHash: bodyHash(body, headers))
        let (trace, _) = signature(over: request, credentials: credentials, date: date)
        added.append(CanonicalParameter(name: "X-Amz-Signature", value: trace.signature))

        var sent = Array(query.utf8)
        for parameter in added {
            if !sent.isEmpty { sent.append(UInt8(ascii: "&")) }
            parameter.append(to: &sent)
        }
        return (String(decoding: sent, as: UTF8.self), trace)
    }

    /// What a service compares the body with: the header, where there is one.
    private func bodyHash(_ body: [UInt8], _ headers: [(name: String, value: String)]) -> String {
        let given = headers.first { $0.name.lowercased() == "x-amz-content-sha256" }?.value
        return options.signBody ? SHA256.hexHash(body) : given ?? SHA256.hexHash(body)
    }

    private func canonicalRequest(
        method: String, path: String, parameters: [CanonicalParameter], headers: CanonicalHeaders, bodyHash: String
    ) -> [UInt8] {
        let newline = UInt8(ascii: "\n")
        var request = Array(method.utf8)
        request.append(newline)
        request.append(contentsOf: canonicalPath(path))
        request.append(newline)
        for (index, parameter) in parameters.sorted().enumerated() {
            if index > 0 { request.append(UInt8(ascii: "&")) }
            parameter.append(to: &request)
        }
        request.append(newline)
        request.append(contentsOf: headers.block)
        request.append(newline)
        request.append(contentsOf: headers.names)
        request.append(newline)
        request.append(contentsOf: bodyHash.utf8)
        return request
    }

    private func canonicalPath(_ path: String) -> [UInt8] {
        var bytes = path.isEmpty ? [UInt8(ascii: "/")] : Array(path.utf8)
        if options.normalizePath { bytes = URIEncoding.normalizePath(bytes) }
        return options.doubleURIEncoding ? URIEncoding.encodePath(bytes) : URIEncoding.encodePathOnce(bytes)
    }

    private func signature(
        over canonicalRequest: [UInt8], credentials: AWSCredentials, date: SigningDate
    ) -> (trace: SigningTrace, credentialScope: String) {
        let requestHash = SHA256.hexHash(canonicalRequest)
        let timestamp = date.timestamp
        let (stringToSign, signature, credentialScope) = workspace.withLock { workspace in
            let key = workspace.keys.key(
                for: credentials, date: date, scope: scope, context: &workspace.context)
            let scopeText = String(decoding: key.credentialScope[key.scopeOffset...], as: UTF8.self)
            let stringToSign = "\(SigV4Signer.algorithm)\n\(timestamp)\n\(scopeText)\n\(requestHash)"
            let digest = withUTF8Bytes(of: stringToSign) { workspace.context.authenticate($0, key: key.key) }
            return (
                stringToSign, Hexadecimal.string(digest.bytes), String(decoding: key.credentialScope, as: UTF8.self)
            )
        }
        let trace = SigningTrace(
            canonicalRequest: String(decoding: canonicalRequest, as: UTF8.self), stringToSign: stringToSign,
            signature: signature)
        return (trace, credentialScope)
    }
}

extension CanonicalParameter {
    fileprivate func append(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: name)
        bytes.append(UInt8(ascii: "="))
        bytes.append(contentsOf: value)
    }
}
