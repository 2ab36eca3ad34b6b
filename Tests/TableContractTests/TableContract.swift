import Testing

/// What `Table.swift` and the types around it promise, asked of every table.
///
/// One test is one promise. Whoever adds a table adds it to ``TableKind`` and is done.
@Suite("Table contract")
struct TableContract {}
