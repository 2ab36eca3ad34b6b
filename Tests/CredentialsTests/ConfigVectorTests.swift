import LosslessJSON
import Testing

@testable import DynamoDB

/// The official cases of the configuration files' format and places.
@Suite struct ConfigVectorTests {
    private static let parserFile = "config/profile-parser.json"
    private static let locationFile = "config/file-location.json"

    @Test(arguments: Vectors.caseNames(parserFile))
    func parser(name: String) throws {
        let vector = try #require(Vectors.json(ConfigVectorTests.parserFile)?["cases"]?[name])
        let input = try #require(vector["input"])
        let output = try #require(vector["output"])
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

    /// Those of Windows do not apply: the package is for Linux and macOS, where a backslash separates no folders.
    @Test(
        arguments: Vectors.caseNames(locationFile).filter {
            Vectors.json(locationFile)?["cases"]?[$0]?["platform"]?.stringValue != "windows"
        })
    func location(name: String) throws {
        let vector = try #require(Vectors.json(ConfigVectorTests.locationFile)?["cases"]?[name])
        let environment = try #require(vector["environment"]).texts
        let locations = ConfigFileLocations(environment: environment)
        #expect(locations.config == vector["configLocation"]?.stringValue)
        #expect(locations.credentials == vector["credentialsLocation"]?.stringValue)
        let configuration = AWSConfiguration(
            profile: nil, region: nil, environment: environment, sharedConfig: SharedConfig())
        #expect(configuration.profileName == vector["profile"]?.stringValue)
    }
}
