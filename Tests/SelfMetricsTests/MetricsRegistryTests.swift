import CoreMetrics
import Foundation
import LosslessJSON
import Testing

@testable import SelfMetrics

@Suite struct MetricsRegistryTests {
    private let registry = MetricsRegistry()

    private func lines(_ format: EmbeddedMetricFormat = .init(namespace: "Test")) throws -> [JSONValue] {
        try format.lines(of: registry, timestamp: 1_790_856_000_000).map { line in
            #expect(!line.contains("\n"))
            return try JSONValue.parse(line)
        }
    }

    // MARK: Prometheus

    @Test func textForPrometheus() throws {
        Counter(label: "AnalyticsEventsTracked", factory: registry).increment(by: 3)
        Gauge(label: "copilot_analytics.tracker.spool.depth", factory: registry).record(7)
        let timer = Timer(label: "AnalyticsQueryLatency", dimensions: [("route", "commands/{}")], factory: registry)
        for milliseconds in [4, 5, 6, 700, 20_000] { timer.recordMilliseconds(milliseconds) }
        let text = registry.prometheusText()
        let expected = [
            "# TYPE analytics_events_tracked_total counter", "analytics_events_tracked_total 3",
            "# TYPE copilot_analytics_tracker_spool_depth gauge", "copilot_analytics_tracker_spool_depth 7",
            "# TYPE analytics_query_latency_seconds histogram",
            #"analytics_query_latency_seconds_bucket{route="commands/{}",le="0.005"} 2"#,
            #"analytics_query_latency_seconds_bucket{route="commands/{}",le="0.01"} 3"#,
            #"analytics_query_latency_seconds_bucket{route="commands/{}",le="10"} 4"#,
            #"analytics_query_latency_seconds_bucket{route="commands/{}",le="+Inf"} 5"#,
            #"analytics_query_latency_seconds_sum{route="commands/{}"} 20.715"#,
            #"analytics_query_latency_seconds_count{route="commands/{}"} 5"#,
        ]
        let found = text.split(separator: "\n").map(String.init)
        for line in expected { #expect(found.contains(line), "\(line)") }
        #expect(text.hasSuffix("\n"))
    }

    @Test func whatLabelsMayNotHold() {
        Counter(label: "9a-b", dimensions: [("x.y", "a\"b\\c\nd")], factory: registry).increment()
        #expect(registry.prometheusText().contains(#"_9a_b_total{x_y="a\"b\\c\nd"} 1"#))
    }

    @Test func oneSeriesHoweverOftenItIsMade() {
        for _ in 0..<5 { Counter(label: "c", dimensions: [("a", "1"), ("b", "2")], factory: registry).increment() }
        Counter(label: "c", dimensions: [("b", "2"), ("a", "1")], factory: registry).increment()
        #expect(registry.prometheusText().contains(#"c_total{a="1",b="2"} 6"#))
    }

    @Test func moreSeriesThanAreKept() {
        for number in 0..<(MetricsRegistry.maximumSeries + 50) {
            Counter(label: "c", dimensions: [("n", "\(number)")], factory: registry).increment()
        }
        #expect(registry.series.count == MetricsRegistry.maximumSeries + 1)
        #expect(registry.prometheusText().contains("copilot_analytics_metrics_overflow_total 50"))
        Counter(label: String(repeating: "n", count: 10_000), factory: MetricsRegistry()).increment()
    }

    // MARK: CloudWatch

    @Test func linesForCloudWatch() throws {
        Counter(label: "AnalyticsEventsTracked", factory: registry).increment(by: 3)
        Counter(label: "AnalyticsErrors", factory: registry).increment()
        Timer(label: "AnalyticsQueryLatency", dimensions: [("route", "dashboard")], factory: registry)
            .recordMilliseconds(12)
        Counter(label: "smithy.client.call.attempts", factory: registry).increment()
        let lines = try lines()
        #expect(lines.count == 2)
        let plain = lines[0]
        #expect(plain["AnalyticsEventsTracked"]?.numberText == "3" && plain["AnalyticsErrors"]?.numberText == "1")
        #expect(plain["_aws"]?["Timestamp"]?.numberText == "1790856000000")
        let directive = plain["_aws"]?["CloudWatchMetrics"]?.arrayValue?.first
        #expect(directive?["Namespace"]?.stringValue == "Test")
        #expect(directive?["Dimensions"] == .array([.array([])]))
        #expect(
            directive?["Metrics"]
                == .array([
                    ["Name": "AnalyticsErrors", "Unit": "Count"], ["Name": "AnalyticsEventsTracked", "Unit": "Count"],
                ]))
        let latency = lines[1]
        #expect(latency["AnalyticsQueryLatency"]?.numberText == "12" && latency["route"]?.stringValue == "dashboard")
        #expect(
            latency["_aws"]?["CloudWatchMetrics"]?.arrayValue?.first?["Dimensions"]
                == .array([.array([]), .array(["route"])]))
        // What CloudWatch is not to be billed for stays here.
        #expect(!lines.contains { $0.jsonText.contains("smithy") })
    }

    @Test func onlyWhatIsNew() throws {
        let counter = Counter(label: "AnalyticsErrors", factory: registry)
        let gauge = Gauge(label: "copilot_analytics.tracker.pending", factory: registry)
        counter.increment(by: 2)
        gauge.record(5)
        #expect(try lines().first?["AnalyticsErrors"]?.numberText == "2")
        #expect(try lines().isEmpty)
        counter.increment(by: 4)
        let second = try lines()
        #expect(second.first?["AnalyticsErrors"]?.numberText == "4")
        #expect(second.first?["copilot_analytics.tracker.pending"] == nil)
        // Prometheus' counts go on.
        #expect(registry.prometheusText().contains("analytics_errors_total 6"))
    }

    @Test func theSpecificationsLimits() throws {
        for number in 0..<250 { Counter(label: "Analytics\(number)", factory: registry).increment() }
        let timer = Timer(label: "AnalyticsQueryLatency", factory: registry)
        for number in 0..<1000 { timer.recordMilliseconds(number) }
        Counter(
            label: "AnalyticsMany", dimensions: (0..<40).map { ("d\($0)", "v") } + [("empty", ""), ("é", "v")],
            factory: registry
        ).increment()
        let lines = try lines()
        var names: Set<String> = []
        for line in lines {
            let directive = try #require(line["_aws"]?["CloudWatchMetrics"]?.arrayValue?.first)
            let metrics = try #require(directive["Metrics"]?.arrayValue)
            #expect(metrics.count <= 100)
            for set in directive["Dimensions"]?.arrayValue ?? [] {
                let dimensions = (set.arrayValue ?? []).compactMap(\.stringValue)
                #expect(dimensions.count <= 30)
                for dimension in dimensions { #expect(line[dimension]?.stringValue?.isEmpty == false) }
            }
            for metric in metrics {
                let name = try #require(metric["Name"]?.stringValue)
                #expect(names.insert(name).inserted)
                #expect(line[name]?.arrayValue.map { (2...100).contains($0.count) } ?? (line[name]?.numberText != nil))
            }
        }
        #expect(names.count == 252)
    }
}
