import Foundation
import TestServers
import Testing

@Suite struct TourTests {
    private static let sample = """
        # Sample

        <!-- tour -->
        ```sh
        # A comment.
        copilot-analytics generate --events 600 --days 7 --seed 1 --end 2026-10-29 > events.ndjson
        copilot-analytics import --json \\
          events.ndjson
        # → {"read":600,"accepted":600,"duplicates":0,"rejected":0}
        copilot-analytics import events.ndjson
        # → duplicates 600
        ```

        ```sh
        false
        ```

        <!-- tour -->
        ```sh
        copilot-analytics dashboard --from 2026-10-22 --to 2026-10-28
        # → Success rate
        copilot-analytics verify
        # → 600 events
        ```
        """

    @Test func readmeTellsTheTruth() async throws {
        let file = Program.package.appending(path: "README.md")
        let readme = try? String(contentsOf: file, encoding: .utf8)
        #expect(try await Tour(readme ?? TourTests.sample).problems() == [])
    }

    @Test func sampleTellsTheTruth() async throws {
        let tour = try Tour(TourTests.sample)
        #expect(tour.claims.count == 4)
        #expect(try await tour.problems() == [])
    }

    /// A tour that goes wrong is found out.
    @Test func liesAreFound() async throws {
        let lie = TourTests.sample.replacing("# → 600 events", with: "# → 601 events")
        #expect(try await Tour(lie).problems().count == 1)
        let broken = TourTests.sample.replacing("import events.ndjson", with: "import missing.ndjson")
        #expect(try await !Tour(broken).problems().isEmpty)
        #expect(throws: TestFailure.self) { try Tour("# Nothing to see") }
        #expect(throws: TestFailure.self) { try Tour("<!-- tour -->\n\n```sh\ntrue\n```") }
    }
}
