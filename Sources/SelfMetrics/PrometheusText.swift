/// Prometheus' text format, version 0.0.4.
///
/// Names in snake case: `AnalyticsEventsTracked` becomes `analytics_events_tracked_total`. Timers are histograms in
/// seconds.
extension MetricsRegistry {
    public static let prometheusMediaType = "text/plain; version=0.0.4; charset=utf-8"

    public func prometheusText() -> String {
        var text = ""
        var last: String?
        for (key, series) in series {
            let name = MetricsRegistry.prometheusName(key.name, series.kind)
            if name != last { text += "# TYPE \(name) \(MetricsRegistry.prometheusType(series.kind))\n" }
            last = name
            MetricsRegistry.write(series.current, series.kind, name, key.dimensions, to: &text)
        }
        return text
    }

    private static func write(
        _ state: Series.State,
        _ kind: Series.Kind,
        _ name: String,
        _ dimensions: [Dimension],
        to text: inout String
    ) {
        switch kind {
        case .counter, .gauge: text += "\(name)\(labels(dimensions)) \(number(state.value))\n"
        case .distribution:
            text += "\(name)_sum\(labels(dimensions)) \(number(state.sum))\n"
            text += "\(name)_count\(labels(dimensions)) \(state.count)\n"
        case .timer:
            var sum = 0
            for (bound, count) in zip(Series.bounds, state.buckets) {
                sum += count
                text += "\(name)_bucket\(labels(dimensions, bound: number(bound / 1000))) \(sum)\n"
            }
            text += "\(name)_bucket\(labels(dimensions, bound: "+Inf")) \(state.count)\n"
            text += "\(name)_sum\(labels(dimensions)) \(number(state.sum / 1000))\n"
            text += "\(name)_count\(labels(dimensions)) \(state.count)\n"
        }
    }

    private static func prometheusType(_ kind: Series.Kind) -> String {
        switch kind {
        case .counter: "counter"
        case .gauge: "gauge"
        case .distribution: "summary"
        case .timer: "histogram"
        }
    }

    private static func prometheusName(_ label: String, _ kind: Series.Kind) -> String {
        let name = identifier(label)
        switch kind {
        case .counter: return name.hasSuffix("_total") ? name : name + "_total"
        case .timer: return name.hasSuffix("_seconds") ? name : name + "_seconds"
        case .gauge, .distribution: return name
        }
    }

    /// Letters, digits and `_`, no digit first; words that begin with a capital are set apart.
    private static func identifier(_ label: String) -> String {
        var name = ""
        var wasLower = false
        for byte in label.utf8 {
            let character = Character(UnicodeScalar(byte))
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"):
                if wasLower { name += "_" }
                name += character.lowercased()
                wasLower = false
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                if name.isEmpty, character.isNumber { name += "_" }
                name.append(character)
                wasLower = true
            default:
                name += "_"
                wasLower = false
            }
        }
        return name.isEmpty ? "_" : name
    }

    private static func labels(_ dimensions: [Dimension], bound: String? = nil) -> String {
        var parts = dimensions.map { "\(identifier($0.name))=\"\(escaped($0.value))\"" }
        if let bound { parts.append("le=\"\(bound)\"") }
        return parts.isEmpty ? "" : "{\(parts.joined(separator: ","))}"
    }

    private static func escaped(_ value: String) -> String {
        var result = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }

    static func number(_ value: Double) -> String {
        if value == value.rounded(), value.magnitude < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }
}
