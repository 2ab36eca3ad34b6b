import Foundation
import TestServers
import Testing

/// `infra/template.yaml`, without deploying it.
@Suite struct TemplateTests {
    private static let file = Program.package.appending(path: "infra/template.yaml")

    static func template() async throws -> JSON {
        let outcome = try await Program.run(
            executable: Program.python, [Program.support("template_json.py"), file.path])
        guard outcome.isSuccess else { throw TestFailure("no template: \(outcome.errors)") }
        return try JSON.parse(outcome.output)
    }

    private static func lint(_ file: URL) async throws -> Execution.Outcome {
        try await Program.run(executable: AWSCommandLine.tool("cfn-lint"), [file.path])
    }

    @Test func theLinterHasNothingToSay() async throws {
        let outcome = try await TemplateTests.lint(TemplateTests.file)
        #expect(outcome.isSuccess && outcome.text.isEmpty, "\(outcome.text)\(outcome.errors)")
    }

    /// The linter sees what is wrong.
    @Test(arguments: [
        ("ProjectionType: KEYS_ONLY", "ProjectionType: KEYS"),
        ("PriceClass: PriceClass_100", "PriceClass: PriceClass_1"),
        ("!GetAtt ApiRole.Arn", "!GetAtt NoRole.Arn"),
    ])
    func theLinterLooks(text: String, spoilt: String) async throws {
        let template = try String(contentsOf: TemplateTests.file, encoding: .utf8)
        try #require(template.contains(text))
        let file = try Scratch.file("template.yaml", template.replacing(text, with: spoilt))
        #expect(try await !TemplateTests.lint(file).isSuccess)
    }

    /// They cannot be built where there is no Docker; that they are well formed can be said anywhere.
    @Test func containerFilesAreWellFormed() async throws {
        let hadolint = AWSCommandLine.tool("hadolint")
        let files = ["Containerfile", "lambda.Containerfile"].map {
            Program.package.appending(path: "infra/\($0)").path
        }
        let outcome = try await Program.run(executable: hadolint, files)
        #expect(outcome.isSuccess && outcome.text.isEmpty, "\(outcome.text)\(outcome.errors)")
        let spoilt = try Scratch.file("Containerfile", "FROM debian\nRUN apt-get install curl\n")
        #expect(try await !Program.run(executable: hadolint, [spoilt.path]).isSuccess)
    }

    /// Whoever made the table, it is the same one.
    @Test func theTableIsWhatTableCreateMakes() async throws {
        let resources = try #require(try await TemplateTests.template()["Resources"])
        let declared = try #require(resources["Table"]?["Properties"])
        let store = try await TestStore.make(.dynamodb)
        let described = try await AWSCommandLine.run(table: store, "describe-table")
        let table = try #require(described["Table"])

        #expect(declared["KeySchema"] == table["KeySchema"])
        let names = { (table: JSON) in
            Dictionary(
                uniqueKeysWithValues: (table["AttributeDefinitions"]?.elements ?? []).map {
                    ($0["AttributeName"]?.string ?? "", $0["AttributeType"]?.string ?? "")
                })
        }
        #expect(names(declared) == names(table) && names(declared).count == 4)
        let indexes = { (table: JSON) in
            (table["GlobalSecondaryIndexes"]?.elements ?? []).map { index in
                ["IndexName", "KeySchema", "Projection"].map { index[$0] }
            }
        }
        #expect(indexes(declared) == indexes(table) && indexes(declared).count == 1)
        #expect(declared["BillingMode"] == table["BillingModeSummary"]?["BillingMode"])
        let expiry = try await AWSCommandLine.run(table: store, "describe-time-to-live")
        #expect(
            declared["TimeToLiveSpecification"]
                == .object([
                    "AttributeName": expiry["TimeToLiveDescription"]?["AttributeName"] ?? .null, "Enabled": .bool(true),
                ]))
        #expect(expiry["TimeToLiveDescription"]?["TimeToLiveStatus"] == .string("ENABLED"))
    }

    /// What a role may do has a name that says what for, and ends where it has to.
    @Test func nothingIsAllowedAtLarge() async throws {
        let resources = try #require(try await TemplateTests.template()["Resources"]).members
        var statements = 0
        for (name, resource) in resources {
            let properties = resource["Properties"] ?? .null
            let documents =
                switch resource["Type"]?.string {
                case "AWS::IAM::ManagedPolicy": [properties["PolicyDocument"]]
                case "AWS::IAM::Role": (properties["Policies"]?.elements ?? []).map { $0["PolicyDocument"] }
                default: [JSON?]()
                }
            for statement in documents.flatMap({ TemplateTests.statements($0) }) {
                statements += 1
                let label = "\(name): \(statement["Sid"]?.string ?? "a statement without a name")"
                #expect(statement["Sid"] != nil, "\(label)")
                let actions =
                    statement["Action"].map { $0.string.map { [$0] } ?? $0.elements.compactMap(\.string) } ?? []
                #expect(!actions.isEmpty && actions.allSatisfy { !$0.contains("*") }, "\(label)")
                let targets = statement["Resource"].map { $0.elements.isEmpty ? [$0] : $0.elements } ?? []
                #expect(!targets.isEmpty && !targets.contains(.string("*")), "\(label)")
            }
        }
        #expect(statements >= 12)
    }

    /// The statements of a policy, those under a condition included.
    private static func statements(_ document: JSON?) -> [JSON] {
        (document?["Statement"]?.elements ?? []).compactMap { statement in
            statement["Fn::If"].map { $0.elements.dropFirst().first ?? .null } ?? statement
        }
    }
}
