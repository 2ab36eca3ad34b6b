import AnalyticsHandlers
import CopilotAnalytics
import SelfMetrics
import Testing

/// What the API measures of itself, and who may see it.
@Suite struct MetricsTests {
    @Test func whatHappensIsCounted() async throws {
        let test = try TestAPI(metrics: MetricsRegistry())
        let event =
            #"{"id":"1","type":"ACTION_EXECUTED","userId":"geheim","timestamp":1791000000000,"metadata":{"commandName":"also-geheim"}}"#
        _ = await test.post("/api/v1/analytics/track", "[\(event),\(event),{}]")
        _ = await test.post("/api/v1/analytics/track", event)
        _ = await test.get("/api/v1/analytics/dashboard")
        _ = await test.get("/api/v1/analytics/commands/also-geheim")
        _ = await test.get("/api/v1/analytics/users/geheim")
        _ = await test.get("/health")
        let text = await test.get("/metrics").text
        for line in [
            "analytics_events_tracked_total 1", "analytics_events_duplicate_total 2",
            "analytics_events_rejected_total 1", "analytics_errors_total 0",
            #"analytics_query_latency_seconds_count{route="dashboard"} 1"#,
            #"analytics_query_latency_seconds_count{route="commands/{}"} 1"#,
            #"analytics_query_latency_seconds_count{route="users/{}"} 1"#,
        ] {
            #expect(text.contains(line + "\n"), "\(line)")
        }
        // Labels are patterns of routes, never what callers send.
        #expect(!text.contains("geheim") && !text.contains("health"))
    }

    @Test func adminsOnly() async throws {
        let test = try TestAPI(metrics: MetricsRegistry())
        let writer = try await test.keys.create(role: .writer).key.text
        #expect(await test.get("/metrics", headers: [:]).status == 401)
        #expect(await test.get("/metrics", headers: ["x-api-key": writer]).status == 403)
        let answer = await test.get("/metrics")
        #expect(answer.status == 200)
        #expect(answer.header("content-type") == MetricsRegistry.prometheusMediaType)
        #expect(try await TestAPI().get("/metrics").status == 404)
    }
}
