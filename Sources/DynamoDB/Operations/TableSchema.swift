internal import SingleTable

/// What a table is made of: its key attributes and its indexes.
public struct TableSchema: Sendable, Hashable {
    /// A key attribute. Only these three types can be one.
    public struct Attribute: Sendable, Hashable {
        public enum Kind: String, Sendable, Hashable {
            case string = "S"
            case number = "N"
            case binary = "B"
        }

        public var name: String
        public var kind: Kind

        public static func string(_ name: String) -> Attribute { Attribute(name: name, kind: .string) }
        public static func number(_ name: String) -> Attribute { Attribute(name: name, kind: .number) }
        public static func binary(_ name: String) -> Attribute { Attribute(name: name, kind: .binary) }
    }

    /// A global secondary index.
    public struct Index: Sendable, Hashable {
        public enum Projection: Sendable, Hashable {
            case all
            case keysOnly
            /// The keys and these.
            case include([String])
        }

        public var name: String
        public var partition: Attribute
        public var sort: Attribute?
        public var projection: Projection

        public init(_ name: String, partition: Attribute, sort: Attribute? = nil, projection: Projection = .all) {
            self.name = name
            self.partition = partition
            self.sort = sort
            self.projection = projection
        }
    }

    public var partition: Attribute
    public var sort: Attribute?
    public var indexes: [Index]

    public init(partition: Attribute, sort: Attribute? = nil, indexes: [Index] = []) {
        self.partition = partition
        self.sort = sort
        self.indexes = indexes
    }

    /// This package's own: string keys `PK` and `SK`, index `GSI1` of keys only.
    public static let singleTable = TableSchema(
        partition: .string(Key.partitionAttribute),
        sort: .string(Key.sortAttribute),
        indexes: [
            Index(
                Query.Index.gsi1.rawValue,
                partition: .string(Query.Index.gsi1.partitionAttribute),
                sort: .string(Query.Index.gsi1.sortAttribute),
                projection: .keysOnly
            )
        ]
    )
}
