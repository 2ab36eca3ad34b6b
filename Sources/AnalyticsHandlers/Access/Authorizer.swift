/// Decides who a request comes from.
public protocol Authorizer: Sendable {
    /// - Returns: `nil` when the request carries no credentials that this authorizer accepts; it says to nobody why.
    func principal(of request: Request) async throws -> Principal?
}

/// Asks one after the other; the first that knows the credentials decides.
public struct AuthorizerChain: Authorizer {
    private let authorizers: [any Authorizer]

    public init(_ authorizers: [any Authorizer]) { self.authorizers = authorizers }

    public func principal(of request: Request) async throws -> Principal? {
        for authorizer in authorizers {
            if let principal = try await authorizer.principal(of: request) { return principal }
        }
        return nil
    }
}
