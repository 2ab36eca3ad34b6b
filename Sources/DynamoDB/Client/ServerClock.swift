internal import CurlTransport
internal import SigV4

extension DynamoDBClient {
    /// How far the service's clock is ahead of this machine's, in seconds, as its `Date` tells: half a second may be the
    /// way of the answer. The request is unsigned, so that it is answered however wrong the clock is.
    ///
    /// - Returns: `nil` when the answer has no date.
    public func serverClockOffset() async throws(DynamoDBError) -> Int? {
        let credentials = try await configuration.credentials.credentials()
        let endpoint = try EndpointCache(configuration.endpoint).endpoint(account: credentials.accountId, table: nil)
        let request = HTTPRequest(
            method: .GET,
            url: endpoint.url,
            connectTimeout: configuration.connectTimeout,
            timeout: configuration.timeout,
            maximumResponseBytes: 1 << 20
        )
        do throws(TransportError) {
            let answer = try await service.transport.send(request)
            guard let date = answer.header("date").flatMap(HTTPDate.secondsSinceEpoch) else { return nil }
            return date - Int(service.surroundings.date())
        } catch {
            throw DynamoDBError(.transport, error.description, transportError: error)
        }
    }
}
