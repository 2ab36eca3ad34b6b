public import LosslessJSON
public import Testing

/// One official case: a member or element of a file, or a folder in a folder.
public struct VectorCase: Sendable, CustomTestStringConvertible {
    /// The file, or the folder that the case is a folder of.
    public let file: String
    public let name: String
    public let content: JSONValue

    public init(file: String, name: String, content: JSONValue = .null) {
        self.file = file
        self.name = name
        self.content = content
    }

    /// Of a case that is a folder.
    public var path: String { "\(file)/\(name)" }

    public var testDescription: String { name }

    /// Why the case does not hold for us as it is written.
    public var exception: VectorException? { VectorException.all.first { $0.matches(self) } }

    /// Runs the case. One that is an exception has to fail: when it passes, its exception is to be struck off.
    public func check(_ body: () throws -> Void) rethrows {
        guard let exception else { return try body() }
        withKnownIssue(Comment(rawValue: exception.reason), isIntermittent: exception.name == nil) { try body() }
    }

    /// ``check(_:)-(()->Void)`` for a case that waits.
    public func check(
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Void
    ) async rethrows {
        guard let exception else { return try await body() }
        await withKnownIssue(Comment(rawValue: exception.reason), isIntermittent: exception.name == nil) {
            try await body()
        }
    }
}
