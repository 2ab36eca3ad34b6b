internal import CurlTransport
internal import SingleTable

extension DynamoDBTable {
    /// The service's errors as table errors, in words that say what to do.
    func tableError(_ error: DynamoDBError) -> TableError {
        let endpoint = client.configuration.endpoint
        if error.transportError?.code == .cancelled { return TableError(.cancelled, "cancelled", underlying: error) }
        if error.code == .credentials || error.code == .configuration {
            return TableError(.accessDenied, error.message, underlying: error)
        }
        if error.code.isAuthorization {
            return TableError(
                .accessDenied,
                "DynamoDB refused the request (\(error.code.rawValue)): check the AWS credentials, the region "
                    + "\(endpoint.region) and the permissions for the table \(name)",
                underlying: error
            )
        }
        if error.code.isThrottling || error.code == .unprocessedItems {
            return TableError(
                .throttled,
                "DynamoDB asks for fewer requests (\(error.code.rawValue)): try again later",
                underlying: error
            )
        }
        switch error.code {
        case .resourceNotFound:
            return TableError(
                .tableNotFound,
                "the table \(name) does not exist in \(endpoint.region): make it with "
                    + "`copilot-analytics table create --store dynamodb:\(name)`",
                underlying: error
            )
        case .resourceInUse:
            return TableError(.tableExists, "the table \(name) exists already or is being changed", underlying: error)
        case .transactionConflict:
            return TableError(.conflict, "another writer is at the same item: try again", underlying: error)
        case .validation where error.message.contains("maximum allowed size"):
            return TableError(.itemTooLarge, "an item holds at most 400 KB", underlying: error)
        case .validation, .idempotentParameterMismatch, .serialization:
            return TableError(.validation, "DynamoDB refused the request: \(error.message)", underlying: error)
        case .deadlineExceeded:
            return TableError(.timedOut, "no time was left to ask DynamoDB: \(error.message)", underlying: error)
        case .transport where error.transportError?.code == .timedOut:
            return TableError(
                .timedOut,
                "DynamoDB at \(endpoint.url) did not answer in time: try again later",
                underlying: error
            )
        case .transport where error.transportError?.certificateWasRejected == true:
            return TableError(
                .unavailable,
                "DynamoDB at \(endpoint.url) is not trusted (\(error.transportError?.message ?? error.message)): name "
                    + "the file of trusted certificates in AWS_CA_BUNDLE, or mend AWS_ENDPOINT_URL_DYNAMODB",
                underlying: error
            )
        case .transport:
            return TableError(
                .unavailable,
                "cannot reach DynamoDB at \(endpoint.url) (\(error.transportError?.message ?? error.message)): check the "
                    + "network, AWS_REGION and AWS_ENDPOINT_URL_DYNAMODB",
                underlying: error
            )
        default:
            return TableError(
                .unavailable,
                "DynamoDB at \(endpoint.url) answered \(error.code.rawValue): \(error.message)",
                underlying: error
            )
        }
    }
}

extension CancellationReason {
    init(_ detail: DynamoDBError.CancellationDetail) throws(TableError) {
        switch detail.code {
        case "None", "": self = .none
        case "ConditionalCheckFailed": self = .conditionFailed(detail.item.map(Item.init))
        case "TransactionConflict", "DuplicateItem": self = .conflict
        case "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded": self = .throttled
        case "ValidationError", "ItemCollectionSizeLimitExceeded":
            self = .invalid(detail.message ?? "DynamoDB refused the write (\(detail.code))")
        default: self = .invalid("DynamoDB refused the write for an unknown reason (\(detail.code))")
        }
    }
}
