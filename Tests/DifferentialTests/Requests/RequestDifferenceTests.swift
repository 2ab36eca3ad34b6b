import CurlTransport
import Foundation
import Locking
import LosslessJSON
import PropertyTesting
import SigV4
import SingleTable
import TestServers
import Testing

@testable import DynamoDB

/// Our requests against those that botocore makes of the same items, conditions and updates; and its items, read and
/// written again by us.
@Suite struct RequestDifferenceTests {
    private let service: FakeService
    private let client: DynamoDBClient

    init() throws {
        service = FakeService()
        client = try service.client()
    }

    @Test(arguments: Seeds.first(200))
    func putItem(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let item = DescribedItem(&random)
        let condition = random.chance(0.5) ? DescribedCondition(&random) : nil
        _ = try await client.putItem(
            item.attributes,
            table: "t",
            condition: condition?.condition,
            returning: condition == nil ? .none : .allOld
        )
        var parameters: JSONValue = ["TableName": "t", "Item": item.parameter]
        if condition != nil {
            parameters = parameters.with([
                "ReturnValues": "ALL_OLD", "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            ])
        }
        let theirs = try await check("PutItem", parameters, ["condition": condition?.json ?? .null])
        try await readAgain(item.attributes, theirs, hasCondition: condition != nil)
    }

    /// DynamoDB's own limit of nesting.
    @Test(arguments: Seeds.first(10))
    func deepestItem(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var item = DescribedItem(key: Key("p", "s"))
        item.set("deep", DescribedValue(nested: 32, &random))
        _ = try await client.putItem(item.attributes, table: "t")
        let theirs = try await check("PutItem", ["TableName": "t", "Item": item.parameter])
        try await readAgain(item.attributes, theirs, hasCondition: false)
    }

    /// Reads an item that botocore wrote, and writes it.
    private func readAgain(_ item: Attributes, _ theirs: [UInt8], hasCondition: Bool) async throws {
        // What is sent with `Item` is what `GetItem` answers with; the other members say nothing to us.
        service.answer = theirs
        let read = try await client.getItem(Key("p", "s").attributes, table: "t")
        #expect(read == item)
        service.answer = FakeService.nothing
        _ = try await client.putItem(try #require(read), table: "t")
        guard !hasCondition else { return }
        let answer = try await Botocore.shared.ask([
            "do": "same", "left": .hex(service.lastBody), "right": .hex(theirs),
        ])
        #expect(answer["difference"] == .null)
    }

    @Test(arguments: Seeds.first(200))
    func updateItem(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let key = Key(random.hostileText(0...5), random.hostileText(0...5))
        let update = DescribedUpdate(&random)
        let condition = random.chance(0.5) ? DescribedCondition(&random) : nil
        let returning = random.element([.none, .updatedNew, .allOld] as [DynamoDBClient.ReturnValues])
        _ = try await client.updateItem(
            key.attributes,
            update.update,
            table: "t",
            condition: condition?.condition,
            returning: returning
        )
        var parameters: JSONValue = ["TableName": "t", "Key": DescribedItem(key: key).parameter]
        if returning != .none { parameters = parameters.with(["ReturnValues": .string(returning.rawValue)]) }
        if condition != nil { parameters = parameters.with(["ReturnValuesOnConditionCheckFailure": "ALL_OLD"]) }
        _ = try await check(
            "UpdateItem",
            parameters,
            ["condition": condition?.json ?? .null, "update": update.json]
        )
    }

    @Test(arguments: Seeds.first(200))
    func query(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let key = DescribedValue(key: &random)
        var query = ItemQuery("t", partition: random.attributeName(), equals: key.value)
        let sort = random.chance(0.7) ? DescribedSortCondition(&random) : nil
        query.sort = sort?.condition
        query.consistent = random.chance(0.5)
        query.ascending = random.chance(0.5)
        var parameters: JSONValue = ["TableName": "t"]
        if query.consistent { parameters = parameters.with(["ConsistentRead": true]) }
        if !query.ascending { parameters = parameters.with(["ScanIndexForward": false]) }
        let filter = random.chance(0.4) ? DescribedCondition(&random) : nil
        query.filter = filter?.condition
        query.attributes = random.chance(0.4) ? random.projection() : []
        if random.chance(0.3) {
            query.index = "index"
            parameters = parameters.with(["IndexName": "index"])
        }
        if random.chance(0.5) {
            let limit = random.integer(1...1000)
            query.limit = limit
            parameters = parameters.with(["Limit": .number(String(limit))])
        }
        if random.chance(0.5) {
            let start = DescribedItem(&random, count: 1...4, depth: 0)
            query.start = start.attributes
            parameters = parameters.with(["ExclusiveStartKey": start.parameter])
        }
        _ = try await client.query(query)
        _ = try await check(
            "Query",
            parameters,
            [
                "keyCondition": ["partition": [.hex(query.partition), key.json], "sort": sort?.json ?? .null],
                "filter": filter?.json ?? .null, "projection": .array(query.attributes.map { .hex($0) }),
            ]
        )
    }

    @Test(arguments: Seeds.first(50))
    func scan(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        var scan = ItemScan("t", limit: random.integer(1...10))
        let filter = DescribedCondition(&random)
        scan.filter = filter.condition
        scan.attributes = random.projection()
        _ = try await client.scan(scan)
        _ = try await check(
            "Scan",
            ["TableName": "t", "Limit": .number(String(scan.limit ?? 0))],
            ["filter": filter.json, "projection": .array(scan.attributes.map { .hex($0) })]
        )
    }

    /// Compares the request that was just sent.
    ///
    /// - Returns: botocore's body.
    private func check(
        _ operation: String,
        _ parameters: JSONValue,
        _ expressions: [String: JSONValue] = [:]
    ) async throws -> [UInt8] {
        let question: JSONValue = [
            "do": "check", "operation": .string(operation), "params": parameters, "body": .hex(service.lastBody),
        ]
        let answer = try await Botocore.shared.ask(question.with(expressions))
        #expect(answer["difference"] == .null, "\(String(decoding: service.lastBody, as: UTF8.self))")
        return Array(try #require(answer["body"]?.stringValue).utf8)
    }
}

/// Takes every request, and answers each with the same.
final class FakeService: HTTPTransport {
    static let nothing = Array("{}".utf8)

    private struct State {
        var lastBody: [UInt8] = []
        var answer = FakeService.nothing
    }

    private let state = Locked(State())

    var lastBody: [UInt8] { state.withLock { $0.lastBody } }
    var answer: [UInt8] {
        get { state.withLock { $0.answer } }
        set { state.withLock { $0.answer = newValue } }
    }

    func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        state.withLock { state in
            state.lastBody = request.body
            return HTTPResponse(status: 200, body: state.answer)
        }
    }

    func client() throws -> DynamoDBClient {
        let credentials = AWSCredentials(accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret")
        let configuration = DynamoDBClient.Configuration(
            endpoint: try Endpoint(region: "us-east-1"),
            credentials: StaticCredentials(credentials)
        )
        return DynamoDBClient(configuration, transport: self, surroundings: .process)
    }
}
