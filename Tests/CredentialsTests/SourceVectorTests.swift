import ConformanceVectors
import LosslessJSON
import SigV4
import Testing

@testable import DynamoDB

/// The official cases of how a profile's chain of roles is made, and of a container's address.
@Suite struct SourceVectorTests {
    static let chains = Vectors.list("credentials/assume-role-tests.json")
    static let containers = Vectors.list("credentials/ecs-tests.json", member: "tests")

    @Test(arguments: chains)
    func profileChain(vector: VectorCase) throws {
        let vector = vector.content
        let input = try #require(vector["input"])
        let config = SharedConfig(
            profiles: input["profiles"]?.sections ?? [:], ssoSessions: input["sso_sessions"]?.sections ?? [:])
        let selected = try #require(input["selected_profile"]?.stringValue)
        let result = Result { () throws(ProfileChainError) in try ProfileChain(profile: selected, in: config) }
        let comment = Comment(rawValue: vector["docs"]?.stringValue ?? "")
        if let words = vector["output"]?["Error"]?.stringValue {
            guard case .failure(let error) = result else {
                Issue.record("expected an error with: \(words)")
                return
            }
            #expect(error.message.contains(words), comment)
        } else {
            let expected = try #require(vector["output"]?["ProfileChain"]?.arrayValue)
            #expect(try SourceVectorTests.description(of: result.get()) == expected, comment)
        }
    }

    @Test(arguments: containers)
    func containerAddress(vector: VectorCase) throws {
        let vector = vector.content
        let environment = try #require(vector["env"]).texts
        let result = Result { () throws(DynamoDBError) in try ContainerCredentials.url(environment: environment) }
        switch (vector["result"]?["Ok"]?.stringValue, vector["result"]?["ErrorContains"]?.stringValue) {
        case (let url?, _):
            #expect(try result.get() == url)
        case (_, "No environment variables were set to configure ECS provider"):
            // No error here: the chain goes on to the next source.
            #expect(try result.get() == nil)
        case (_, let words?):
            guard case .failure(let error) = result else {
                Issue.record("expected an error with: \(words)")
                return
            }
            #expect(error.message.contains(words))
        default:
            Issue.record("the case has no result")
        }
    }

    private static func description(of chain: ProfileChain) -> [JSONValue] {
        func step(_ name: String, _ members: [(String, String?)]) -> JSONValue {
            var object = JSONObject()
            for (name, value) in members { object[name] = value.map(JSONValue.string) }
            return [name: .object(object)]
        }
        var steps: [JSONValue] = []
        switch chain.base {
        case .keys(let keys):
            steps.append(
                step(
                    "AccessKey",
                    [
                        ("access_key_id", keys.accessKeyId), ("secret_access_key", keys.secretAccessKey),
                        ("session_token", keys.sessionToken), ("account_id", keys.accountId),
                    ]))
        case .named(let name):
            steps.append(["NamedSource": .string(name)])
        case .webIdentity(let role, let file):
            steps.append(
                step(
                    "WebIdentityToken",
                    [
                        ("role_arn", role.arn), ("role_session_name", role.sessionName),
                        ("web_identity_token_file", file),
                    ]))
        case .sso(let sso):
            steps.append(
                step(
                    "Sso",
                    [
                        ("sso_session", sso.session), ("sso_region", sso.region), ("sso_start_url", sso.startURL),
                        ("sso_account_id", sso.accountID), ("sso_role_name", sso.roleName),
                    ]))
        case .process(let command):
            steps.append(["CredentialProcess": .string(command)])
        }
        for (role, _) in chain.roles {
            steps.append(
                step(
                    "AssumeRole",
                    [
                        ("role_arn", role.arn), ("external_id", role.externalID),
                        ("role_session_name", role.sessionName),
                    ]))
        }
        return steps
    }
}
