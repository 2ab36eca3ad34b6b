import CopilotAnalytics
import Foundation
import PropertyTesting
import SQLiteTable
import SingleTable
import TestServers
import Testing

@testable import Tracker

/// The spool by itself: what is in it after damage, cuts and reopening.
@Suite struct SpoolTests {
    private func payload(_ number: Int, bytes: Int = 0) -> [UInt8] {
        Array("{\"userId\":\"user \(number % 3)\",\"n\":\(number)\(String(repeating: " ", count: bytes))}".utf8)
    }

    /// All records from the front on, which are settled thereby.
    private func drain(_ spool: Spool, atMost limit: Int = 7) async throws -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        while let last = try await spool.read(atMost: limit).last {
            payloads += try await spool.read(atMost: limit).map(\.payload)
            try await spool.advance(to: last.sequence)
        }
        return payloads
    }

    private func segments(_ folder: URL) throws -> [URL] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "spool" }.sorted { $0.path < $1.path }
    }

    /// A closed spool with these records.
    private func filled(_ folder: URL, _ payloads: [[UInt8]]) async throws {
        let spool = try await Spool(folder: folder.path)
        #expect(try await spool.append(payloads) == payloads.count)
        await spool.close()
    }

    @Test func whatWasWrittenIsReadInOrderAfterReopening() async throws {
        try await withTemporaryFolder { folder async throws in
            let payloads = (1...50).map { payload($0) }
            try await filled(folder, payloads)
            let spool = try await Spool(folder: folder.path)
            #expect(await spool.depth == 50)
            let firsts = try await spool.read(atMost: 20)
            #expect(firsts.map(\.payload) == Array(payloads[..<20]))
            try await spool.advance(to: firsts[9].sequence)
            #expect(await spool.depth == 40)
            await spool.close()
            let again = try await Spool(folder: folder.path)
            #expect(try await drain(again) == Array(payloads[10...]))
            #expect(await (again.depth, again.damaged, again.cutBytes) == (0, 0, 0))
        }
    }

    @Test func cutAnywhereItKeepsWhatStandsBefore() async throws {
        try await withTemporaryFolder { folder async throws in
            let payloads = (1...5).map { payload($0) }
            let origin = folder.appending(path: "origin")
            try await filled(origin, payloads)
            let segment = try #require(try segments(origin).last)
            let bytes = try Data(contentsOf: segment)
            // Where each record ends, by arithmetic of its own.
            var ends: [Int] = []
            var end = 16
            for payload in payloads {
                end += 20 + payload.count
                ends.append(end)
            }
            #expect(end == bytes.count)
            for length in 0...bytes.count {
                let copy = folder.appending(path: "\(length)")
                try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
                try bytes.prefix(length).write(to: copy.appending(path: segment.lastPathComponent))
                let whole = ends.filter { $0 <= length }.count
                let spool = try await Spool(folder: copy.path, configuration: .init(synchronization: .leftToSystem))
                #expect(await spool.depth == whole)
                #expect(await spool.cutBytes == (length <= 16 ? 0 : length - (ends.last { $0 <= length } ?? 16)))
                // And it goes on from there.
                #expect(try await spool.append([payload(99)]) == 1)
                #expect(try await drain(spool) == payloads.prefix(whole) + [payload(99)], "\(length)")
                #expect(await spool.damaged == 0)
                await spool.close()
                try FileManager.default.removeItem(at: copy)
            }
        }
    }

    @Test func flippedBitsCostTheirRecordAndNoOther() async throws {
        try await withTemporaryFolder { folder async throws in
            let payloads = (1...5).map { payload($0) }
            let origin = folder.appending(path: "origin")
            try await filled(origin, payloads)
            let segment = try #require(try segments(origin).last)
            let bytes = try Data(contentsOf: segment)
            var random = SeededGenerator(seed: 3)
            for place in 16..<bytes.count {
                let copy = folder.appending(path: "\(place)")
                try FileManager.default.createDirectory(at: copy, withIntermediateDirectories: true)
                var flipped = bytes
                flipped[place] ^= UInt8(1 << random.integer(0...7))
                try flipped.write(to: copy.appending(path: segment.lastPathComponent))
                let hit = (place - 16) * payloads.count / (bytes.count - 16)
                let spool = try await Spool(folder: copy.path, configuration: .init(synchronization: .leftToSystem))
                #expect(try await spool.append([payload(99)]) == 1)
                var expected = payloads + [payload(99)]
                expected.remove(at: hit)
                #expect(try await drain(spool) == expected, "\(place)")
                // The last one cannot be told from a torn write: it is cut off, and its number is used again.
                let isLast = hit == payloads.count - 1
                #expect(await spool.damaged == (isLast ? 0 : 1), "\(place)")
                #expect(await (spool.cutBytes > 0) == isLast)
                await spool.close()
                try FileManager.default.removeItem(at: copy)
            }
        }
    }

    @Test func aLostSegmentIsCounted() async throws {
        try await withTemporaryFolder { folder async throws in
            let payloads = (1...60).map { payload($0, bytes: 50_000) }
            try await filled(folder, payloads)
            let all = try segments(folder)
            #expect(all.count >= 3)
            func first(_ url: URL) -> Int { Int(url.deletingPathExtension().lastPathComponent) ?? 0 }
            try FileManager.default.removeItem(at: all[1])
            // And a page of another one.
            var data = try Data(contentsOf: all[0])
            data.replaceSubrange(110_000..<114_096, with: Data(count: 4096))
            try data.write(to: all[0])
            let spool = try await Spool(folder: folder.path)
            let read = try await drain(spool)
            let missing = first(all[2]) - first(all[1]) + 1
            #expect(read.count == 60 - missing)
            #expect(await spool.damaged == missing)
            #expect(await spool.depth == 0)
            #expect(read == payloads.filter { read.contains($0) })
        }
    }

    @Test func withoutItsCursorItSendsAgain() async throws {
        try await withTemporaryFolder { folder async throws in
            let payloads = (1...10).map { payload($0) }
            try await filled(folder, payloads)
            var spool = try await Spool(folder: folder.path)
            _ = try await drain(spool)
            await spool.close()
            try Data("nonsense".utf8).write(to: folder.appending(path: "cursor"))
            spool = try await Spool(folder: folder.path)
            #expect(try await drain(spool) == payloads)
            #expect(await spool.damaged == 0)
        }
    }

    @Test func fullItRefusesWhatIsNewest() async throws {
        try await withTemporaryFolder { folder async throws in
            let spool = try await Spool(folder: folder.path, configuration: .init(maximumBytes: 1024 * 1024))
            let payloads = (1...40).map { payload($0, bytes: 50_000) }
            let written = try await spool.append(payloads)
            #expect((1..<40) ~= written)
            #expect(await spool.bytes <= 1024 * 1024)
            #expect(try await spool.append([payload(0, bytes: 50_000)]) == 0)
            #expect(try await drain(spool) == Array(payloads[..<written]))
            // What has been read makes room.
            var rest = payloads[written...]
            while !rest.isEmpty {
                let more = try await spool.append(Array(rest))
                try #require(more > 0)
                #expect(try await drain(spool) == Array(rest.prefix(more)))
                rest = rest.dropFirst(more)
            }
            let sizes = try segments(folder).map { try $0.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0 }
            #expect(await spool.bytes == sizes.reduce(0, +))
        }
    }

    @Test func oneAtATime() async throws {
        try await withTemporaryFolder { folder async throws in
            let path = folder.appending(path: "spool").path
            let spool = try await Spool(folder: path)
            let error = await #expect(throws: TrackerError.self) { _ = try await Spool(folder: path) }
            #expect(error?.code == .spoolInUse)
            let other = try ChildProcess(spoolWriter, [path])
            #expect(try await other.readLine()?.hasPrefix("spoolInUse the spool \(path) is in use") == true)
            await spool.close()
            let next = try ChildProcess(spoolWriter, [path])
            #expect(try await next.readLine() == "opened")
            let closed = await #expect(throws: TrackerError.self) { try await spool.append([payload(1)]) }
            #expect(closed?.code == .closed)
        }
    }

    @Test func whatCannotBeASpoolSaysSo() async throws {
        try await withTemporaryFolder { folder async throws in
            let file = folder.appending(path: "file")
            try Data("x".utf8).write(to: file)
            for path in [file.path, folder.appending(path: "no/such/folder").path] {
                let error = await #expect(throws: TrackerError.self) { _ = try await Spool(folder: path) }
                #expect(error?.code == .spoolUnreadable)
            }
            try Data("CASPOOL\u{2}12345678".utf8).write(to: folder.appending(path: "00000000000000000001.spool"))
            let newer = await #expect(throws: TrackerError.self) { _ = try await Spool(folder: folder.path) }
            #expect(newer?.code == .spoolUnreadable)
            #expect(newer?.message.contains("newer version") == true)
        }
    }

    @Test func onlyItsOwnerMayReadIt() async throws {
        try await withTemporaryFolder { folder async throws in
            try await filled(folder, [payload(1)])
            let spool = try await Spool(folder: folder.path)
            _ = try await drain(spool)
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
                let path = folder.appending(path: name).path
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(name)")
            }
        }
    }

    @Test func aUsersEventsAreRemovedFromAllSegments() async throws {
        try await withTemporaryFolder { folder async throws in
            let payloads = (1...45).map { payload($0, bytes: 50_000) }
            try await filled(folder, payloads)
            let spool = try await Spool(folder: folder.path)
            let firsts = try await spool.read(atMost: 6)
            try await spool.advance(to: try #require(firsts.last).sequence)
            // Of users 0, 1 and 2, six are settled.
            #expect(try await spool.removeEvents(ofUser: "user 1") == 13)
            for segment in try segments(folder) {
                let text = String(decoding: try Data(contentsOf: segment), as: UTF8.self)
                #expect(!text.contains("user 1") && text.contains("user 2"))
            }
            #expect(await spool.depth == 26)
            await spool.close()
            let again = try await Spool(folder: folder.path)
            let kept = try await drain(again).filter { !$0.isEmpty }
            #expect(kept == payloads[6...].filter { !String(decoding: $0, as: UTF8.self).contains("user 1") })
            #expect(await again.damaged == 0)
        }
    }

    /// Against a list: appends, reads, settles and reopens in any order.
    @Test(arguments: Seeds.first(10))
    func doesAsAListDoes(seed: UInt64) async throws {
        try await withTemporaryFolder { folder async throws in
            var random = SeededGenerator(seed: seed)
            let configuration = Spool.Configuration(
                maximumBytes: 1024 * 1024, synchronization: random.chance(0.5) ? .everyCommit : .leftToSystem)
            var spool = try await Spool(folder: folder.path, configuration: configuration)
            var list: [[UInt8]] = []
            var number = 0
            for _ in 0..<120 {
                switch random.integer(0...9) {
                case 0...3:
                    let fresh = (0..<random.integer(1...8)).map {
                        payload(number + $0, bytes: random.integer(0...30_000))
                    }
                    let written = try await spool.append(fresh)
                    list += fresh[..<written]
                    number += written
                case 4...7:
                    let batch = try await spool.read(atMost: random.integer(1...9))
                    #expect(batch.map(\.payload) == Array(list.prefix(batch.count)))
                    #expect(batch.isEmpty == list.isEmpty)
                    guard !batch.isEmpty else { break }
                    let settled = random.integer(0...batch.count - 1)
                    try await spool.advance(to: batch[settled].sequence)
                    list.removeFirst(settled + 1)
                case 8:
                    await spool.close()
                    spool = try await Spool(folder: folder.path, configuration: configuration)
                default:
                    let user = "user \(random.integer(0...2))"
                    let goes: ([UInt8]) -> Bool = {
                        !$0.isEmpty && String(decoding: $0, as: UTF8.self).contains("\"\(user)\"")
                    }
                    let expected = list.filter(goes).count
                    #expect(try await spool.removeEvents(ofUser: user) == expected)
                    list = list.map { goes($0) ? [] : $0 }
                }
                #expect(await spool.depth == list.filter { !$0.isEmpty }.count)
                #expect(await spool.bytes <= configuration.maximumBytes)
            }
            #expect(try await drain(spool) == list)
            #expect(await (spool.damaged, spool.cutBytes) == (0, 0))
        }
    }
}

/// What is killed by the tests, next to them.
var spoolWriter: URL {
    get throws {
        let folder = try #require(Bundle.main.executableURL).deletingLastPathComponent()
        let beside = folder.appending(path: "SpoolWriter")
        if FileManager.default.isExecutableFile(atPath: beside.path) { return beside }
        return URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../.build/debug/SpoolWriter").standardizedFileURL
    }
}
