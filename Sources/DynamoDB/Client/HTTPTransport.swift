internal import CurlTransport

/// What sends requests, those for credentials included: ``CurlTransport``, or a script in tests.
protocol HTTPTransport: Sendable {
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
}

extension CurlTransport: HTTPTransport {}
