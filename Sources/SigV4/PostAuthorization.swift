import Locking

/// What to add to a `POST /` request of the JSON protocols besides its own `Content-Type`, `Host` and `X-Amz-Target`.
public struct PostAuthorization: Sendable {
    /// Value of `X-Amz-Date`.
    public let date: String
    /// Value of `X-Amz-Security-Token`; `nil`: not to be sent.
    public let securityToken: String?
    /// Value of `Authorization`.
    public let authorization: String
}

extension SigV4Signer {
    /// Bodies above this are hashed before the signer is locked, so that a large one does not make others wait. Bytes.
    private static let largestBodyHashedInside = 16_384

    /// Signs a `POST /` without a query and with the fixed header list
    /// `content-type;host;x-amz-date[;x-amz-security-token];x-amz-target`, as the AWS JSON protocols use it.
    ///
    /// The same signature as ``sign(method:path:query:headers:body:credentials:date:)`` makes for these headers, at a
    /// fraction of the cost: about a microsecond, most of it hashing. The canonical request is written into a buffer
    /// that is used again for every request. Of ``options`` it honours `omitSessionTokenFromSignature` alone.
    ///
    /// - Parameters:
    ///   - host: as it is sent, with the port where it is not the scheme's default.
    ///   - target: value of `X-Amz-Target`, for example `DynamoDB_20120810.PutItem`.
    ///   - contentType: for example `application/x-amz-json-1.0`.
    ///   - body: the whole body.
    ///
    /// None of the header values may begin or end with white space or have two spaces in a row: they are signed as they
    /// are.
    public func authorize(
        host: String, target: String, contentType: String, body: [UInt8], credentials: AWSCredentials,
        date: SigningDate
    ) -> PostAuthorization {
        body.withUnsafeBytes { body in
            authorize(
                host: host, target: target, contentType: contentType, body: body, credentials: credentials, date: date)
        }
    }

    /// ``authorize(host:target:contentType:body:credentials:date:)-([UInt8],_,_,_,_,_)`` for a body that is not in an
    /// array.
    public func authorize(
        host: String, target: String, contentType: String, body: UnsafeRawBufferPointer, credentials: AWSCredentials,
        date: SigningDate
    ) -> PostAuthorization {
        let token = credentials.effectiveSessionToken
        let signedToken = options.omitSessionTokenFromSignature ? nil : token
        let timestamp = date.timestampBytes
        let largeBodyDigest =
            body.count > SigV4Signer.largestBodyHashedInside ? SharedDigestContext.with { $0.hash(body) } : nil

        let authorization = workspace.withLock { workspace -> String in
            let key = workspace.keys.key(for: credentials, date: date, scope: scope, context: &workspace.context)
            let bodyDigest = largeBodyDigest ?? workspace.context.hash(body)

            workspace.buffer.removeAll(keepingCapacity: true)
            workspace.buffer.append(contentsOf: "POST\n/\n\ncontent-type:".utf8)
            workspace.buffer.append(contentsOf: contentType.utf8)
            workspace.buffer.append(contentsOf: "\nhost:".utf8)
            workspace.buffer.append(contentsOf: host.utf8)
            workspace.buffer.append(contentsOf: "\nx-amz-date:".utf8)
            workspace.buffer.append(contentsOf: timestamp)
            if let signedToken {
                workspace.buffer.append(contentsOf: "\nx-amz-security-token:".utf8)
                workspace.buffer.append(contentsOf: signedToken.utf8)
            }
            workspace.buffer.append(contentsOf: "\nx-amz-target:".utf8)
            workspace.buffer.append(contentsOf: target.utf8)
            workspace.buffer.append(contentsOf: "\n\n".utf8)
            let names = SigV4Signer.signedNames(withToken: signedToken != nil)
            workspace.buffer.append(contentsOf: names)
            workspace.buffer.append(UInt8(ascii: "\n"))
            Hexadecimal.append(bodyDigest, to: &workspace.buffer)
            let requestDigest = workspace.buffer.withUnsafeBytes { workspace.context.hash($0) }

            workspace.buffer.removeAll(keepingCapacity: true)
            workspace.buffer.append(contentsOf: "AWS4-HMAC-SHA256\n".utf8)
            workspace.buffer.append(contentsOf: timestamp)
            workspace.buffer.append(UInt8(ascii: "\n"))
            workspace.buffer.append(contentsOf: key.credentialScope[key.scopeOffset...])
            workspace.buffer.append(UInt8(ascii: "\n"))
            Hexadecimal.append(requestDigest, to: &workspace.buffer)
            let signature = workspace.buffer.withUnsafeBytes { workspace.context.authenticate($0, key: key.key) }

            workspace.buffer.removeAll(keepingCapacity: true)
            workspace.buffer.append(contentsOf: "AWS4-HMAC-SHA256 Credential=".utf8)
            workspace.buffer.append(contentsOf: key.credentialScope)
            workspace.buffer.append(contentsOf: ", SignedHeaders=".utf8)
            workspace.buffer.append(contentsOf: names)
            workspace.buffer.append(contentsOf: ", Signature=".utf8)
            Hexadecimal.append(signature, to: &workspace.buffer)
            return String(decoding: workspace.buffer, as: UTF8.self)
        }
        return PostAuthorization(
            date: String(decoding: timestamp, as: UTF8.self), securityToken: token, authorization: authorization)
    }

    private static func signedNames(withToken: Bool) -> String.UTF8View {
        withToken
            ? "content-type;host;x-amz-date;x-amz-security-token;x-amz-target".utf8
            : "content-type;host;x-amz-date;x-amz-target".utf8
    }
}
