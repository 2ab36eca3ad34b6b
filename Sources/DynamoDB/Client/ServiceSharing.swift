internal import SigV4

extension DynamoDBClient {
    /// A client of another service that shares this one's transport and credentials.
    ///
    /// - Parameter endpoint: Of that service.
    package func sibling(
        _ service: AWSService,
        endpoint: Endpoint,
        retryPolicy: RetryPolicy = .otherServices
    ) -> ServiceClient {
        var configuration = configuration
        configuration.endpoint = endpoint
        configuration.retryPolicy = retryPolicy
        return self.service.sibling(service, configuration)
    }
}

extension Endpoint {
    /// The endpoint of Amazon SQS: `AWS_ENDPOINT_URL_SQS`, `AWS_ENDPOINT_URL` or what the profile says, else the
    /// region's own.
    ///
    /// - Throws: ``DynamoDBError/Code/configuration`` when there is no region, or an URL is none.
    package static func sqs(_ settings: AWSConfiguration) throws(DynamoDBError) -> Endpoint {
        guard let region = settings.region else {
            throw DynamoDBError(.configuration, "no AWS region: set AWS_REGION, for example to eu-central-1")
        }
        return try Endpoint(
            region: region, url: ServiceEndpoint(.sqs, region: region, configuration: settings).url)
    }
}

extension Endpoint {
    /// Where a WebSocket API takes what is posted to its connections.
    ///
    /// - Parameters:
    ///   - template: Overrides it; `{apiId}` and `{stage}` stand for those given.
    /// - Throws: ``DynamoDBError/Code/configuration`` when they make no URL.
    package static func executeAPI(
        id: String,
        stage: String,
        region: String,
        template: String? = nil
    ) throws(DynamoDBError) -> Endpoint {
        let path = String(decoding: URIEncoding.encode(stage.utf8), as: UTF8.self)
        guard EndpointRules.isHostLabel(id) else {
            throw DynamoDBError(.configuration, "the event's API id is none")
        }
        let url =
            template?.replacing("{apiId}", with: id).replacing("{stage}", with: path)
            ?? "https://\(id).execute-api.\(region).\(Partition.containing(region: region).dnsSuffix)/\(path)"
        return try Endpoint(region: region, url: url)
    }
}
