public import LosslessJSON

/// The official Python client, one process of it for the whole test process.
///
/// It ends when this process does. The head of `Tests/Support/botocore_reference.py` says what can be asked.
public struct Botocore: Sendable {
    private let helper: PythonHelper

    public static var shared: Botocore {
        get async throws { try await starting.value }
    }

    private static let starting = Task { try await start() }

    private struct Ready: Decodable {
        var botocore: String
    }

    private static func start() async throws -> Botocore {
        let (helper, _) = try await PythonHelper.start("botocore_reference.py", as: Ready.self)
        return Botocore(helper: helper)
    }

    public func ask(_ question: JSONValue) async throws -> JSONValue {
        let answer = try JSONValue.parse(try await helper.ask(Array(question.jsonText.utf8)))
        if let error = answer["error"]?.stringValue { throw TestServerError("botocore: \(error)") }
        return answer
    }
}
