internal import CurlTransport

/// What sends the client's requests.
protocol HTTPTransport: Sendable {
    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse
}

extension CurlTransport: HTTPTransport {}
