/// A table that is Markdown and can be read as it is.
struct TextTable {
    enum Alignment {
        case left
        case right
    }

    let columns: [(name: String, alignment: Alignment)]
    let rows: [[String]]

    var lines: [String] {
        let widths = columns.indices.map { index in
            max(3, ([columns[index].name] + rows.map { $0[index] }).map(\.count).max() ?? 0)
        }
        func line(_ cells: [String]) -> String {
            let padded = cells.indices.map { index in
                let space = String(repeating: " ", count: widths[index] - cells[index].count)
                return columns[index].alignment == .left ? cells[index] + space : space + cells[index]
            }
            return "| " + padded.joined(separator: " | ") + " |"
        }
        let rule = columns.indices.map { index in
            let dashes = String(repeating: "-", count: widths[index] - 1)
            return columns[index].alignment == .left ? dashes + "-" : dashes + ":"
        }
        return [line(columns.map(\.name)), line(rule)] + rows.map(line)
    }
}
