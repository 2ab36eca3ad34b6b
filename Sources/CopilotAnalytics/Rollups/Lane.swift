/// One of several copies of every rollup item. Writers update different lanes, so that they do not collide on the
/// items that every event counts in; readers merge all of them.
enum Lane: Sendable, Hashable {
    /// From 0. The first one has keys without a suffix.
    case number(Int)
    /// Takes what an item that cannot be updated should have counted, until `rebuild` folds it back.
    case repair
    /// Keeps what another system had counted and no raw event of ours speaks for; see ``Adoption``.
    case adopted

    static let first = Lane.number(0)

    /// Follows the partition key of a rollup. Names before it have their `#` encoded.
    var suffix: String {
        switch self {
        case .number(0): ""
        case .number(let number): "#L\(number)"
        case .repair: "#L#REPAIR"
        case .adopted: "#L#ADOPTED"
        }
    }
}

/// The lanes of a table, as its settings say.
public struct Lanes: Sendable, Hashable {
    /// Never shrinks: what was counted in a lane has to be read for ever.
    public var count: Int
    /// Whether something was ever counted in the repair lane.
    public var hasRepairs: Bool
    /// Whether the table was adopted from another system, whose counts are kept in a lane of their own.
    public var isAdopted: Bool

    public static let maximum = 32

    public init(count: Int = 1, hasRepairs: Bool = false, isAdopted: Bool = false) {
        self.count = count
        self.hasRepairs = hasRepairs
        self.isAdopted = isAdopted
    }

    /// What raw events count in: together they say what a recount says.
    var all: [Lane] { (0..<count).map(Lane.number) + (hasRepairs ? [.repair] : []) }
    /// What an answer is made of.
    var read: [Lane] { all + (isAdopted ? [.adopted] : []) }
}
