/// Who is asking.
public struct Principal: Sendable, Hashable {
    public enum Role: Sendable, Hashable {
        /// Reads and writes everything.
        case admin
        /// Sends events, and reads nothing.
        case writer
        /// Reads what is kept of one user: the one who asks. The id is that of the events, in normalization form C.
        case user(id: String)
    }

    public var role: Role

    public init(role: Role) { self.role = role }
}

/// What a route asks of whoever calls it.
enum Access: Sendable, Hashable {
    /// Nothing.
    case open
    /// To send events.
    case events
    /// To read everything, or what is kept of the user whom the path's parameter of that place names.
    case user(parameter: Int)
    case admin

    func allows(_ principal: Principal, _ parameters: [String]) -> Bool {
        switch (self, principal.role) {
        case (.open, _), (_, .admin): true
        case (.events, .writer): true
        case (.user(let place), .user(let id)):
            parameters.indices.contains(place) && UserID.isSame(parameters[place], id)
        default: false
        }
    }
}
