import Foundation
import PropertyTesting
import TestServers
import Testing

@testable import CopilotAnalytics

/// The system's zone files, read by us, held against Python, which reads the same ones. Not against Foundation: it has an
/// edition of the database of its own, which the toolchain was built with.
@Suite struct ZoneFileTests {
    private struct Reference: Decodable {
        var zone: String
        var seconds: [Int64]
        var offsets: [Int]
    }

    /// Each change from 1970 to 2100, the second before it, and any other time.
    @Test func offsetsOfManyZones() async throws {
        let package = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
        let process = try ChildProcess(
            package.appending(path: ".venv/bin/python"),
            [package.appending(path: "Tests/Support/zone_offsets.py").path])
        var count = 0
        while let line = try await process.readLine() {
            let reference = try JSONDecoder().decode(Reference.self, from: Data(line.utf8))
            let file = try #require(ZoneFile(identifier: reference.zone), "\(reference.zone)")
            let offsets = reference.seconds.map { file.offset(at: $0) }
            #expect(offsets == reference.offsets, "\(reference.zone)")
            count += offsets.count
        }
        #expect(try await process.wait() == .exited(0) && count > 5000)
    }

    @Test func unusualRules() throws {
        func hours(_ rule: String, _ time: String) throws -> Double {
            let seconds = try #require(Timestamp(rfc3339: time)).milliseconds / 1000
            return Double(try #require(ZoneRule(rule)).offset(at: seconds)) / 3600
        }
        #expect(try hours("<+03>-3", "2030-07-01T00:00:00Z") == 3)
        #expect(try hours("<+0545>-5:45", "2030-07-01T00:00:00Z") == 5.75)
        // After Thursday's end; before the day's beginning.
        #expect(try hours("IST-2IDT,M3.4.4/26,M10.5.0", "2030-03-28T23:59:59Z") == 2)
        #expect(try hours("IST-2IDT,M3.4.4/26,M10.5.0", "2030-03-29T00:00:00Z") == 3)
        #expect(try hours("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T00:59:59Z") == -2)
        #expect(try hours("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2030-03-31T01:00:00Z") == -1)
        // Summer time all year.
        for month in 1...12 {
            #expect(try hours("EST5EDT,0/0,J365/25", "2031-\(padded(month, 2))-01T04:30:00Z") == -4)
        }
        #expect(try hours("EST5EDT,0/0,J365/25", "2031-12-31T23:59:59Z") == -4)
        // In a leap year the same day has another number.
        for year in [2031, 2032] {
            #expect(try hours("AAA0BBB,J60/0,J300/0", "\(year)-02-28T23:59:59Z") == 0)
            #expect(try hours("AAA0BBB,J60/0,J300/0", "\(year)-03-01T00:00:00Z") == 1)
        }
        for bad in [
            "", "A", "AAA", "AAA1BBB", "AAA1BBB,M13.1.0,M1.1.0", "AAA1BBB,M1.6.0,M1.1.0", "AAA168", "AAA1:60", "<AAA1",
            "AAA1BBB,M1.1.0", "AAA1BBB,J0,J1", "AAA1BBB,366,1", "AAA1x", "AAA1BBB,M1.1.0,M2.1.0x",
        ] {
            #expect(ZoneRule(bad) == nil, "\(bad)")
        }
    }

    @Test func namesThatLeadElsewhere() {
        for name in [
            "../zoneinfo/Europe/Berlin", "Europe/../Europe/Berlin", "/Europe/Berlin", "Europe//Berlin",
            "Europe/Berlin/",
            "right/Europe/Berlin", "posix/Europe/Berlin", "Europe", "Europe/\0Berlin", "./Europe/Berlin",
            "Europe/Nowhere",
        ] {
            #expect(ZoneFile(identifier: name) == nil, "\(name)")
        }
    }

    /// Whatever is in a file, reading it ends.
    @Test func damagedFiles() throws {
        let path = "/usr/share/zoneinfo/Europe/Berlin"
        let whole = Array(try Data(contentsOf: URL(filePath: path)))
        #expect(ZoneFile(whole) != nil)
        for count in stride(from: 0, to: whole.count, by: 7) { #expect(ZoneFile(Array(whole[..<count])) == nil) }
        var random = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            var bytes = whole
            for _ in 0..<3 {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            _ = ZoneFile(bytes)?.offset(at: Int64.random(in: -4_000_000_000..<9_000_000_000, using: &random))
        }
    }
}
