import CurlTransport
import Testing

@testable import DynamoDB

@Suite struct RetryReasonTests {
    @Test(arguments: [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "TooManyRequestsException", "ProvisionedThroughputExceededException", "TransactionInProgressException",
        "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException", "SlowDown",
        "PriorRequestNotComplete", "EC2ThrottledException",
    ])
    func throttling(name: String) {
        // DynamoDB sends all of them with status 400.
        #expect(reason(400, name) == .throttling)
        #expect(reason(503, name) == .throttling)
    }

    @Test(arguments: [
        "RequestTimeout", "RequestTimeoutException", "InternalError", "InternalServerError",
        "ReplicatedWriteConflictException", "TransactionConflictException",
    ])
    func transient(name: String) {
        #expect(reason(400, name) == .transient)
    }

    @Test(
        arguments: [
            (500, RetryReason.transient), (502, .transient), (503, .transient), (504, .transient), (429, .throttling),
            (501, nil), (505, nil), (400, nil), (403, nil), (404, nil), (413, nil), (302, nil),
        ] as [(Int, RetryReason?)])
    func statusAlone(status: Int, expected: RetryReason?) {
        #expect(DynamoDBError(answer: HTTPResponse(status: status)).retryReason == expected)
    }

    @Test(arguments: [
        "ConditionalCheckFailedException", "TransactionCanceledException",
        "ValidationException", "ResourceNotFoundException", "AccessDeniedException", "ExpiredTokenException",
        "UnrecognizedClientException", "IdempotentParameterMismatchException", "SerializationException",
    ])
    func final(name: String) {
        #expect(reason(400, name) == nil)
    }

    @Test(
        arguments: [
            (TransportError.Code.timedOut, RetryReason.timeout), (.connectTimedOut, .timeout),
            (.couldNotResolveHost, .transient), (.connectionRefused, .transient), (.couldNotConnect, .transient),
            (.connectionClosed, .transient), (.tlsFailed, .transient), (.other(curlCode: 8), .transient),
            (.cancelled, nil), (.shutDown, nil), (.queueFull, nil), (.invalidRequest, nil), (.responseTooLarge, nil),
        ] as [(TransportError.Code, RetryReason?)])
    func transport(code: TransportError.Code, expected: RetryReason?) {
        let error = TransportError(code: code, message: "", requestMayHaveBeenSent: true)
        #expect(DynamoDBError(.transport, "", transportError: error).retryReason == expected)
    }

    @Test func rejectedCertificatesAreFinal() {
        var error = TransportError(code: .tlsFailed, message: "", requestMayHaveBeenSent: false)
        error.certificateWasRejected = true
        #expect(DynamoDBError(.transport, "", transportError: error).retryReason == nil)
    }

    @Test func foundByTheClient() {
        #expect(DynamoDBError(.checksumMismatch, "").retryReason == .transient)
        #expect(DynamoDBError(.malformedResponse, "", status: 200).retryReason == nil)
        #expect(DynamoDBError(.credentials, "").retryReason == nil)
        #expect(DynamoDBError(.configuration, "").retryReason == nil)
        #expect(DynamoDBError(.deadlineExceeded, "").retryReason == nil)
    }

    /// Whoever fetches credentials has tried several times, and at another server.
    @Test func credentialsAreNotFetchedAnew() {
        let timedOut = TransportError(code: .connectTimedOut, message: "", requestMayHaveBeenSent: false)
        #expect(DynamoDBError(.credentials, "", transportError: timedOut).retryReason == nil)
        #expect(DynamoDBError(.credentials, "", status: 503).retryReason == nil)
        #expect(DynamoDBError(.credentials, "", status: 429).retryReason == nil)
    }

    private func reason(_ status: Int, _ name: String) -> RetryReason? {
        let body = Array("{\"__type\":\"com.amazonaws.dynamodb.v20120810#\(name)\"}".utf8)
        return DynamoDBError(answer: HTTPResponse(status: status, body: body)).retryReason
    }
}
