/// Why a server or a helper process of the tests is not to be had. One line, which says what to do.
public struct TestServerError: Error, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
