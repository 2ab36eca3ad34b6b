import ConformanceVectors
import LosslessJSON
import Testing

@testable import DynamoDB

@Suite struct EndpointRulesTests {
    @Test(arguments: Vectors.cases("endpoints/dynamodb-rules.json"))
    func official(vector: VectorCase) throws {
        let parameters = try EndpointParameters(vector.content["params"])
        let expected = vector.content["expect"]
        do throws(DynamoDBError) {
            let resolved = try EndpointRules.resolve(parameters)
            let endpoint = expected?["endpoint"]
            #expect(resolved.url == endpoint?["url"]?.stringValue)
            let scheme = endpoint?["properties"]?["authSchemes"]?.arrayValue?.first
            #expect(resolved.signingRegion == scheme?["signingRegion"]?.stringValue)
            #expect(resolved.isAccountHost == (endpoint?["properties"]?["metricValues"] == ["O"]))
        } catch {
            #expect(error.code == .configuration)
            #expect(error.message == expected?["error"]?.stringValue)
        }
    }

    @Test(arguments: [
        ("us-east-1", "dynamodb.us-east-1.amazonaws.com"),
        ("mx-central-1", "dynamodb.mx-central-1.amazonaws.com"),
        ("aws-global", "dynamodb.aws-global.amazonaws.com"),
        ("cn-north-1", "dynamodb.cn-north-1.amazonaws.com.cn"),
        ("aws-cn-global", "dynamodb.aws-cn-global.amazonaws.com.cn"),
        ("eusc-de-east-1", "dynamodb.eusc-de-east-1.amazonaws.eu"),
        ("us-gov-west-1", "dynamodb.us-gov-west-1.amazonaws.com"),
        ("us-iso-east-1", "dynamodb.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", "dynamodb.us-isob-east-1.sc2s.sgov.gov"),
        ("eu-isoe-west-1", "dynamodb.eu-isoe-west-1.cloud.adc-e.uk"),
        ("us-isof-south-1", "dynamodb.us-isof-south-1.csp.hci.ic.gov"),
        // In no partition: as in AWS proper.
        ("xx-future-9", "dynamodb.xx-future-9.amazonaws.com"),
        ("us-iso", "dynamodb.us-iso.amazonaws.com"),
    ])
    func partitions(region: String, host: String) throws {
        #expect(try EndpointRules.resolve(EndpointParameters(region: region)).url == "https://\(host)")
    }

    @Test(arguments: [
        ("us-east-1", true, false, "dynamodb-fips.us-east-1.amazonaws.com"),
        ("us-east-1", false, true, "dynamodb.us-east-1.api.aws"),
        ("us-east-1", true, true, "dynamodb-fips.us-east-1.api.aws"),
        ("us-gov-west-1", true, false, "dynamodb.us-gov-west-1.amazonaws.com"),
        ("us-gov-west-1", true, true, "dynamodb-fips.us-gov-west-1.api.aws"),
        ("eusc-de-east-1", false, true, "dynamodb.eusc-de-east-1.api.amazonwebservices.eu"),
    ])
    func variants(region: String, fips: Bool, dualStack: Bool, host: String) throws {
        let parameters = EndpointParameters(region: region, usesFIPS: fips, usesDualStack: dualStack)
        #expect(try EndpointRules.resolve(parameters).url == "https://\(host)")
    }

    @Test func tableOfAnotherAccountDecides() throws {
        var parameters = EndpointParameters(region: "us-east-1", accountID: "111111111111", accountIDMode: .preferred)
        #expect(try EndpointRules.resolve(parameters).url == "https://111111111111.ddb.us-east-1.amazonaws.com")
        parameters.resourceARN = "arn:aws:dynamodb:us-east-1:222222222222:table/t"
        #expect(try EndpointRules.resolve(parameters).url == "https://222222222222.ddb.us-east-1.amazonaws.com")
        parameters.resourceARN = "arn:aws:dynamodb:eu-west-1:222222222222:table/t"
        #expect(try EndpointRules.resolve(parameters).url == "https://111111111111.ddb.us-east-1.amazonaws.com")
        parameters.resourceARN = "arn:aws:dynamodb:us-east-1:222222222222:"
        #expect(try EndpointRules.resolve(parameters).url == "https://111111111111.ddb.us-east-1.amazonaws.com")
    }

    @Test(arguments: ["", "-1", "1-", "a.b", "a/b", "a@b", String(repeating: "1", count: 64)])
    func accountThatIsNoHostName(account: String) {
        let parameters = EndpointParameters(region: "us-east-1", accountID: account, accountIDMode: .preferred)
        let error = #expect(throws: DynamoDBError.self) { try EndpointRules.resolve(parameters) }
        #expect(error?.message == "Credentials-sourced account ID parameter is invalid")
    }

    @Test func withoutRegion() {
        let error = #expect(throws: DynamoDBError.self) { try EndpointRules.resolve(EndpointParameters()) }
        #expect(error?.message == "Invalid Configuration: Missing Region")
    }
}

extension EndpointParameters {
    /// From the rule set's own names. A name that is not known here is an error, not a case to pass by.
    fileprivate init(_ json: JSONValue?) throws {
        self.init()
        for (name, value) in json?.objectValue?.members ?? [] {
            switch name {
            case "Region": region = value.stringValue
            case "UseFIPS": usesFIPS = try #require(value.boolValue as Bool?)
            case "UseDualStack": usesDualStack = try #require(value.boolValue as Bool?)
            case "Endpoint": customURL = value.stringValue
            case "AccountId": accountID = value.stringValue
            case "AccountIdEndpointMode":
                accountIDMode = value.stringValue.flatMap(AccountIDEndpointMode.init)
                #expect(accountIDMode != nil)
            case "ResourceArn": resourceARN = value.stringValue
            case "ResourceArnList": resourceARNs = value.arrayValue?.compactMap(\.stringValue)
            case "IsSearchOperation": isSearchOperation = try #require(value.boolValue as Bool?)
            default: Issue.record("unknown parameter \(name)")
            }
        }
    }
}
