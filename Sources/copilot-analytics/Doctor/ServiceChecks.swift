internal import DynamoDB
internal import SingleTable

/// Looks at a DynamoDB table from outside: who asks, by which clock, and what the table is like.
struct ServiceChecks {
    let table: DynamoDBTable

    /// Seconds by which clocks may differ: beyond the first, events of this machine are dated wrongly; beyond the
    /// second, they are refused as of the future.
    private static let fairSkew = 30
    private static let mostSkew = 3600

    func run() async -> [Finding] {
        var findings: [Finding] = []
        let endpoint = table.client.configuration.endpoint
        do {
            _ = try await table.client.configuration.credentials.credentials()
            findings.append(.ok("credentials", "found"))
        } catch {
            return [.fail("credentials", error)]
        }
        do {
            findings.append(clock(try await table.client.serverClockOffset()))
        } catch {
            return findings + [
                .fail(
                    "network", "cannot reach DynamoDB at \(endpoint.url) (\(error.message))",
                    "check the network, AWS_REGION and AWS_ENDPOINT_URL_DYNAMODB")
            ]
        }
        do {
            findings += shape(try await table.describe())
        } catch {
            findings.append(.fail("table", error))
        }
        return findings
    }

    private func clock(_ offset: Int?) -> Finding {
        guard let offset else { return .ok("clock", "the server does not tell its time") }
        let message = offset == 0 ? "right to the second" : "\(abs(offset)) s \(offset > 0 ? "behind" : "ahead")"
        let advice = "set this machine's clock, for example with `timedatectl set-ntp true`"
        if abs(offset) > ServiceChecks.mostSkew { return .fail("clock", message, advice) }
        return abs(offset) > ServiceChecks.fairSkew ? .warn("clock", message, advice) : .ok("clock", message)
    }

    private func shape(_ table: TableDescription) -> [Finding] {
        do {
            try TableShape.check(table)
        } catch {
            return [.fail("table", error)]
        }
        var findings: [Finding] = []
        if table.status == .active {
            findings.append(.ok("table", "about \(table.itemCount) items"))
        } else {
            findings.append(.warn("table", "it is \(table.status.rawValue)", "wait until it is ACTIVE"))
        }
        let index = Query.Index.gsi1
        if table.indexes.contains(index.rawValue) {
            findings.append(.ok("index", index.rawValue))
        } else {
            findings.append(
                .fail(
                    "index", "\(index.rawValue) is missing: nobody finds events by their day",
                    "aws dynamodb update-table --table-name \(table.name) --attribute-definitions "
                        + "AttributeName=\(index.partitionAttribute),AttributeType=S "
                        + "AttributeName=\(index.sortAttribute),AttributeType=S --global-secondary-index-updates "
                        + "'[{\"Create\":{\"IndexName\":\"\(index.rawValue)\",\"KeySchema\":"
                        + "[{\"AttributeName\":\"\(index.partitionAttribute)\",\"KeyType\":\"HASH\"},"
                        + "{\"AttributeName\":\"\(index.sortAttribute)\",\"KeyType\":\"RANGE\"}],"
                        + "\"Projection\":{\"ProjectionType\":\"KEYS_ONLY\"}}}]'"))
        }
        if let attribute = table.timeToLiveAttribute {
            findings.append(.ok("expiry", "by \(attribute)"))
        } else {
            findings.append(
                .warn(
                    "expiry", "items are never removed",
                    "aws dynamodb update-time-to-live --table-name \(table.name) --time-to-live-specification "
                        + "Enabled=true,AttributeName=\(TableShape.expiryAttribute)"))
        }
        if !table.replicas.isEmpty {
            findings.append(
                .warn(
                    "replicas", "the table has copies in \(table.replicas.joined(separator: ", "))",
                    "write in one region only: transactions are isolated within a region, and two would count apart"))
        }
        return findings
    }
}
