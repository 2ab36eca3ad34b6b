import ConformanceVectors
import LosslessJSON
import Testing

@testable import DynamoDB

/// The official cases of the configuration files' format and places.
@Suite struct ConfigVectorTests {
    @Test(arguments: Vectors.cases("config/profile-parser.json"))
    func parser(vector: VectorCase) throws {
        let input = try #require(vector.content["input"])
        let output = try #require(vector.content["output"])
        let result = Result { () throws(ConfigFileError) in
            try SharedConfig(
                configFile: input["configFile"]?.stringValue ?? "",
                credentialsFile: input["credentialsFile"]?.stringValue ?? "")
        }
        if let words = output["errorContaining"]?.stringValue {
            guard case .failure(let error) = result else {
                Issue.record("expected an error with: \(words)")
                return
            }
            #expect(error.message.contains(words))
        } else {
            let config = try result.get()
            let expected = try #require(output["config"])
            #expect(config.profiles == expected["profiles"]?.sections)
            if let sessions = expected["sso_sessions"] { #expect(config.ssoSessions == sessions.sections) }
        }
    }

    @Test(arguments: Vectors.cases("config/file-location.json"))
    func location(vector: VectorCase) throws {
        let environment = try #require(vector.content["environment"]).texts
        let locations = ConfigFileLocations(environment: environment)
        vector.check {
            #expect(locations.config == vector.content["configLocation"]?.stringValue)
            #expect(locations.credentials == vector.content["credentialsLocation"]?.stringValue)
        }
        let configuration = AWSConfiguration(
            profile: nil, region: nil, environment: environment, sharedConfig: SharedConfig())
        #expect(configuration.profileName == vector.content["profile"]?.stringValue)
    }
}
