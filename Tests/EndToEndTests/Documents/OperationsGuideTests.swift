import Foundation
import Testing

/// The commands of `docs/operations.md`, as somebody runs them who follows it from the top.
@Suite struct OperationsGuideTests {
    @Test func theGuideTellsTheTruth() async throws {
        let guide = try String(contentsOf: Program.package.appending(path: "docs/operations.md"), encoding: .utf8)
        let tour = try Tour(guide)
        #expect(tour.claims.count >= 15)
        let aws = try await LocalAWS.start()
        let problems = try await tour.problems(
            in: Program.package,
            environment: aws.environment.merging(aws.code) { $1 },
            tools: [AWSCommandLine.folder],
            // The queue's part of `aws` takes its endpoint from nowhere else.
            preparation: #"aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }"# + "\n"
        )
        #expect(problems == [])
    }

    /// Every parameter and alarm that it names is one of the template's, and no alarm is left unexplained.
    @Test func namesAreThoseOfTheTemplate() async throws {
        let guide = try String(contentsOf: Program.package.appending(path: "docs/operations.md"), encoding: .utf8)
        let template = try await TemplateTests.template()
        let resources = template["Resources"]?.members ?? [:]
        let alarms = Set(resources.filter { $0.value["Type"] == .string("AWS::CloudWatch::Alarm") }.keys)
        let explained = guide.matches(of: /\| `(\w+Alarm)` \|/).map { String($0.output.1) }
        #expect(Set(explained) == alarms && explained.count == alarms.count)
        let parameters = Set(template["Parameters"]?.members.keys.map(\.self) ?? [])
        let given = guide.matches(of: /infra\/deploy\.sh copilot((?: [A-Za-z]+=\S+)+)/).flatMap {
            $0.output.1.split(separator: " ").map { String($0.prefix { $0 != "=" }) }
        }
        #expect(!given.isEmpty && Set(given).isSubset(of: parameters))
    }
}
