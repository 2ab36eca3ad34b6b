/// Columns of text, aligned: names to the left, numbers to the right.
struct TextTable {
    struct Column {
        var title: String
        var isNumber = true
        /// Characters; longer texts are cut.
        var width = 60
    }

    let columns: [Column]
    private var rows: [[String]] = []

    init(_ columns: [Column]) { self.columns = columns }

    mutating func add(_ cells: [String]) {
        rows.append(
            zip(cells, columns).map { cell, column in
                let line = Terminal.oneLine(cell)
                return line.count > column.width ? String(line.prefix(column.width - 1)) + "…" : line
            })
    }

    var text: String {
        let titles = columns.map(\.title)
        let widths = columns.indices.map { index in
            ([titles] + rows).map { $0[index].count }.max() ?? 0
        }
        return ([titles] + rows).map { row in
            row.enumerated().map { index, cell in
                let padding = String(repeating: " ", count: widths[index] - cell.count)
                return columns[index].isNumber ? padding + cell : cell + padding
            }
            .joined(separator: "  ")
            .trimmingSuffix(" ")
        }
        .joined(separator: "\n")
    }
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var text = self[...]
        while text.last == character { text.removeLast() }
        return String(text)
    }
}
