/// What a table has to be like so that all of this works on it.
public enum TableShape {
    /// Holds the epoch second after which an item goes.
    public static let expiryAttribute = "ttl"

    /// What is wrong for good: another table is needed, or another name.
    ///
    /// - Throws: ``TableError`` with `validation`.
    public static func check(_ table: TableDescription) throws(TableError) {
        let keys = [Key.partitionAttribute, Key.sortAttribute]
        guard table.keys == keys else {
            throw TableError(
                .validation,
                "the keys of \(table.name) are \(table.keys.joined(separator: " and ")), and have to be "
                    + "\(keys.joined(separator: " and ")): choose another table"
            )
        }
        let index = Query.Index.gsi1
        let own = [index.partitionAttribute, index.sortAttribute]
        if let other = table.indexKeys[index.rawValue], other != own {
            throw TableError(
                .validation,
                "the index \(index.rawValue) of \(table.name) has the keys \(other.joined(separator: " and ")), and has to "
                    + "have \(own.joined(separator: " and ")): delete that index, after looking who uses it"
            )
        }
        if let attribute = table.timeToLiveAttribute, attribute != expiryAttribute {
            throw TableError(
                .validation,
                "items of \(table.name) expire by \(attribute), and have to by \(expiryAttribute): switch that off first"
            )
        }
    }
}
