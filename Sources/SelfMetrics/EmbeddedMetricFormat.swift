internal import LosslessJSON

/// CloudWatch's embedded metric format: lines of a function's log that CloudWatch turns into metrics.
///
/// Source: "Specification: Embedded metric format" in the Amazon CloudWatch User Guide.
public struct EmbeddedMetricFormat: Sendable {
    /// The specification's limits of one line.
    static let maximumMetrics = 100
    static let maximumDimensions = 30

    /// 1 to 255 characters.
    public var namespace: String
    /// Which metrics are meant, by the beginning of their names: CloudWatch bills for each that it is sent.
    public var prefixes: [String]

    public static let defaultNamespace = "CopilotAnalytics"

    public init(namespace: String = defaultNamespace, prefixes: [String] = ["Analytics", "copilot_analytics."]) {
        self.namespace = namespace
        self.prefixes = prefixes
    }

    /// What is new since the last time, one JSON object a line; nothing where nothing is new.
    ///
    /// Metrics with dimensions are sent both with and without them, so that an alarm need not know the values.
    ///
    /// - Parameter timestamp: Epoch milliseconds.
    public func lines(of registry: MetricsRegistry, timestamp: Int64) -> [String] {
        var groups: [[MetricsRegistry.Dimension]: [Metric]] = [:]
        for (key, series) in registry.series where prefixes.contains(where: { key.name.hasPrefix($0) }) {
            let values = series.takeFresh()
            guard !values.isEmpty else { continue }
            let dimensions = Array(
                key.dimensions.filter(EmbeddedMetricFormat.isDimension).prefix(Self.maximumDimensions))
            groups[dimensions, default: []].append(
                Metric(name: String(key.name.prefix(255)), unit: Metric.unit(key.name, series.kind), values: values))
        }
        var lines: [String] = []
        for (dimensions, metrics) in groups.sorted(by: {
            EmbeddedMetricFormat.text($0.key) < EmbeddedMetricFormat.text($1.key)
        }) {
            for start in stride(from: 0, to: metrics.count, by: Self.maximumMetrics) {
                lines.append(line(metrics[start...].prefix(Self.maximumMetrics), dimensions, timestamp))
            }
        }
        return lines
    }

    private struct Metric {
        let name: String
        let unit: String
        let values: [Double]

        static func unit(_ name: String, _ kind: Series.Kind) -> String {
            switch kind {
            case .counter: "Count"
            case .timer: "Milliseconds"
            case .gauge, .distribution: name.hasSuffix(".bytes") ? "Bytes" : "Count"
            }
        }
    }

    private func line(
        _ metrics: ArraySlice<Metric>,
        _ dimensions: [MetricsRegistry.Dimension],
        _ timestamp: Int64
    ) -> String {
        var sets: [JSONValue] = [.array([])]
        if !dimensions.isEmpty { sets.append(.array(dimensions.map { .string($0.name) })) }
        var object = JSONObject()
        object["_aws"] = [
            "Timestamp": .number(String(timestamp)),
            "CloudWatchMetrics": [
                [
                    "Namespace": .string(namespace),
                    "Dimensions": .array(sets),
                    "Metrics": .array(metrics.map { ["Name": .string($0.name), "Unit": .string($0.unit)] }),
                ]
            ],
        ]
        for dimension in dimensions { object[dimension.name] = .string(dimension.value) }
        for metric in metrics {
            let values = metric.values.map { JSONValue.number(MetricsRegistry.number($0)) }
            object[metric.name] = values.count == 1 ? values[0] : .array(values)
        }
        return JSONValue.object(object).jsonText
    }

    /// CloudWatch takes printable ASCII.
    private static func isDimension(_ dimension: MetricsRegistry.Dimension) -> Bool {
        [dimension.name, dimension.value].allSatisfy { text in
            !text.isEmpty && text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && text.utf8.contains { $0 != 0x20 }
        } && !dimension.name.hasPrefix(":")
    }

    private static func text(_ dimensions: [MetricsRegistry.Dimension]) -> String {
        dimensions.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
    }
}
