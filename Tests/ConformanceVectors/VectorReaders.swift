/// Which test reads which files, so that no file lies there unread: a new one fails until it has a reader here.
public enum VectorReaders {
    /// A path of the folder, in which `*` is any name, and `**` at the end anything; and the suite that reads it.
    public static let all: [(path: String, suite: String)] =
        [
            ("SOURCES.md", "for people"),
            ("sigv4/LICENSE", "for people"),
            ("sigv4/NOTICE", "for people"),
            ("awsJson1_0/input.json", "ProtocolCaseTests"),
            ("awsJson1_0/output.json", "ProtocolCaseTests, ErrorSpellingTests"),
            ("config/file-location.json", "ConfigVectorTests"),
            ("config/profile-parser.json", "ConfigVectorTests"),
            ("credentials/assume-role-tests.json", "SourceVectorTests"),
            ("credentials/ecs-tests.json", "SourceVectorTests"),
            ("credentials/*/*/env.json", "TrafficVectorTests"),
            ("credentials/*/*/fs/**", "TrafficVectorTests"),
            ("credentials/*/*/http-traffic.json", "TrafficVectorTests"),
            ("credentials/*/*/test-case.json", "TrafficVectorTests"),
            ("endpoints/configured-endpoint-urls.json", "ConfiguredEndpointURLTests"),
            ("endpoints/dynamodb-rules.json", "EndpointRulesTests"),
            ("retry/adaptive.json", "SendRateTests"),
            ("retry/standard_legacy.json", "RetryStateTests"),
            ("retry/standard_v2_1.json", "RetryStateTests"),
            ("sigv4/*/context.json", "SigningSuiteTests"),
            ("sigv4/*/request.txt", "SigningSuiteTests"),
        ]
        + ["header", "query"].flatMap { kind in
            ["canonical-request", "signature", "signed-request", "string-to-sign"].map {
                ("sigv4/*/\(kind)-\($0).txt", "SigningSuiteTests")
            }
        }

    public static func suite(for file: String) -> String? {
        all.first { matches(file.split(separator: "/")[...], $0.path.split(separator: "/")[...]) }?.suite
    }

    /// The paths that no file has any more.
    public static func unused(among files: [String]) -> [String] {
        all.map(\.path).filter { path in
            !files.contains { matches($0.split(separator: "/")[...], path.split(separator: "/")[...]) }
        }
    }

    private static func matches(_ file: ArraySlice<Substring>, _ path: ArraySlice<Substring>) -> Bool {
        guard let part = path.first else { return file.isEmpty }
        if part == "**" { return !file.isEmpty }
        guard let name = file.first, part == "*" || part == name else { return false }
        return matches(file.dropFirst(), path.dropFirst())
    }
}
