import Foundation
import LosslessJSON
import TestServers
import Testing

/// `LambdaProbe` below a Runtime API, over real connections.
@Suite struct LambdaRuntimeTests {
    private func withProbe(
        environment: [String: String] = [:], _ body: (LambdaHost) async throws -> Void
    ) async throws {
        let host = try await LambdaHost()
        try await host.start([try LambdaHost.program("LambdaProbe")], environment: environment)
        try await body(host)
    }

    /// The one post of an invocation.
    private func only(_ posts: [LambdaHost.Post]) throws -> LambdaHost.Post {
        #expect(posts.count == 1)
        return try #require(posts.first)
    }

    @Test func answersTypedAndOtherEvents() async throws {
        try await withProbe { host in
            let echo = try only(try await host.invoke(#"{"do":"echo","n":0.10,"text":"ü\u0000"}"#))
            #expect(echo.kind == "response" && echo.body == #"{"do":"echo","n":0.10,"text":"ü\u0000"}"#)
            #expect(echo.headers["content-type"] == "application/json")
            #expect(echo.headers["lambda-runtime-function-response-mode"] == nil)

            let receipt = try only(try await host.invoke(#"{"id":7,"names":["a","b"]}"#))
            #expect(receipt.json["order"] == 7 && receipt.json["count"] == 2)

            // The same process serves all of it.
            let context = try only(
                try await host.invoke(
                    #"{"do":"context"}"#,
                    headers: ["Lambda-Runtime-Trace-Id": "Root=1-2", "Lambda-Runtime-Invocation-Id": "i-1"]))
            #expect(context.path == "invocation/00000000-0000-4000-8000-000000000003/response")
            #expect(context.headers["lambda-runtime-invocation-id"] == "i-1")
            #expect(context.json["requestId"] == "00000000-0000-4000-8000-000000000003")
            #expect(context.json["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:test")
            #expect(context.json["traceId"] == "Root=1-2" && context.json["hasTime"] == true)
            // One without a trace does not get the last one's.
            let bare = try only(
                try await host.invoke(#"{"do":"context"}"#, headers: ["Lambda-Runtime-Trace-Id": ""]))
            #expect(bare.json["traceId"] == .null)
        }
    }

    @Test func errorsAreJSON() async throws {
        try await withProbe { host in
            let quoted = "a \"quoted\"\n ü \u{1}line"
            let event = JSONValue.object(
                ["do": "fail", "message": .string(quoted)].reduce(into: JSONObject()) { $0[$1.key] = $1.value })
            let failure = try only(try await host.invoke(event.jsonText))
            #expect(failure.kind == "error")
            #expect(failure.json["errorType"] == "OrderNotFound" && failure.json["errorMessage"]?.stringValue == quoted)
            #expect(failure.json["requestId"] == "00000000-0000-4000-8000-000000000001")
            #expect(failure.headers["lambda-runtime-function-error-type"] == "OrderNotFound")

            let leak = try only(try await host.invoke(#"{"do":"leak","message":"s3cret"}"#))
            #expect(leak.json["errorType"] == "Undescribed" && !leak.body.contains("s3cret"))

            for event in ["{", "", "[1]", #"{"id":"x"}"#, #"{"id":1,"names":[1]}"#] {
                let refused = try only(try await host.invoke(event))
                #expect(refused.kind == "error" && refused.json["errorType"] == "Runtime.MalformedEvent", "\(event)")
            }
            let unfit = try only(try await host.invoke(#"{"id":1,"names":["a",2]}"#))
            #expect(unfit.json["errorMessage"] == "the event is no Order: names.1 is missing or of another type")
        }
    }

    @Test func tooLargeAnAnswer() async throws {
        try await withProbe { host in
            // Ours to know,
            let known = try only(try await host.invoke(#"{"do":"large","bytes":6291557}"#))
            #expect(known.kind == "error" && known.json["errorType"] == "Function.ResponseSizeTooLarge")
            // and the Runtime API's.
            let told = try await host.invoke(#"{"do":"large","bytes":1000}"#, answer: 413)
            #expect(told.map(\.kind) == ["response", "error"])
            #expect(told.last?.json["errorType"] == "Function.ResponseSizeTooLarge")
            let largest = try only(try await host.invoke(#"{"do":"large","bytes":6291556}"#))
            #expect(largest.kind == "response" && largest.runs == [.init("1", 6_291_556)])
        }
    }

    @Test func refusedAnswersEndNothing() async throws {
        try await withProbe { host in
            for status in [400, 403] {
                #expect(try await host.invoke(#"{"do":"nothing"}"#, answer: status).count == 1)
            }
            let last = try only(try await host.invoke(#"{"do":"nothing"}"#))
            #expect(last.body == "null")
        }
    }

    @Test func aFailureOfTheRuntimeAPIIsTheEnd() async throws {
        try await withProbe { host in
            _ = try await host.invoke(#"{"do":"nothing"}"#, answer: 500)
            let end = try await host.end()
            #expect(end.exit == 1 && end.errors.contains("the Runtime API failed with status 500"))
        }
        try await withProbe { host in
            try await host.answerNext(with: 500)
            let end = try await host.end()
            #expect(end.exit == 1 && end.errors.contains("gave no invocation, but status 500"))
        }
    }

    @Test func anInitializationError() async throws {
        try await withProbe(environment: ["PROBE_INIT_ERROR": "there is no \"table\""]) { host in
            let report = try only(try await host.initError())
            #expect(report.path == "init/error" && report.json["errorMessage"] == "there is no \"table\"")
            #expect(report.json["errorType"] == "NoTable")
            #expect(report.headers["lambda-runtime-function-error-type"] == "NoTable")
            #expect(try await host.end().exit == 1)
        }
    }

    @Test func withoutARuntimeAPI() async throws {
        let host = try await LambdaHost()
        try await host.start([try LambdaHost.program("LambdaProbe")], environment: ["AWS_LAMBDA_RUNTIME_API": ""])
        let end = try await host.end()
        #expect(end.exit == 1 && end.errors.contains("AWS_LAMBDA_RUNTIME_API is not set"))
    }

    @Test func streams() async throws {
        try await withProbe { host in
            let large = try only(try await host.invoke(#"{"do":"stream","pieces":200,"bytes":65536}"#))
            #expect(large.kind == "response" && large.runs.count == 200)
            #expect(large.runs.map(\.count) == [Int](repeating: 65536, count: 200))
            #expect(large.runs.prefix(27).map(\.character).joined() == "abcdefghijklmnopqrstuvwxyza")
            #expect(large.headers["lambda-runtime-function-response-mode"] == "streaming")
            #expect(large.headers["transfer-encoding"] == "chunked" && large.headers["content-type"] == "text/plain")
            #expect((large.chunks?.count ?? 0) > 1 && large.trailers.isEmpty)

            let broken = try only(try await host.invoke(#"{"do":"stream","pieces":5,"bytes":10,"failsAfter":3}"#))
            #expect(broken.kind == "response" && broken.body.utf8.count == 30)
            #expect(broken.trailers["lambda-runtime-function-error-type"] == "Broken")
            let body = try #require(broken.trailers["lambda-runtime-function-error-body"])
            let report = try JSONValue.parse(Array(try #require(Data(base64Encoded: body))))
            #expect(report["errorMessage"] == "ü: no more" && report["errorType"] == "Broken")

            // What fails before its first piece is an error like any other.
            let none = try only(try await host.invoke(#"{"do":"stream","pieces":5,"bytes":10,"failsAfter":0}"#))
            #expect(none.kind == "error" && none.json["errorType"] == "Broken")

            let empty = try only(try await host.invoke(#"{"do":"stream","pieces":0,"bytes":0}"#))
            #expect(empty.kind == "response" && empty.body.isEmpty && empty.chunks == [])

            let http = try only(try await host.invoke(#"{"do":"stream","pieces":2,"bytes":3,"http":true}"#))
            #expect(http.headers["content-type"] == "application/vnd.awslambda.http-integration-response")
            let parts = http.body.components(separatedBy: String(repeating: "\0", count: 8))
            #expect(parts.count == 2 && parts.last == "aaabbb")
            let prelude = try JSONValue.parse(parts[0])
            #expect(prelude["statusCode"] == 201 && prelude["headers"]?["content-type"] == "text/csv")
            #expect(prelude["cookies"] == ["a=1", "b=2"])

            let last = try only(try await host.invoke(#"{"do":"echo"}"#))
            #expect(last.body == #"{"do":"echo"}"#)
        }
    }

    @Test func terminationEndsTheWait() async throws {
        try await withProbe { host in
            _ = try await host.invoke(#"{"do":"nothing"}"#)
            try await host.send(signal: SIGTERM)
            let end = try await host.end()
            #expect(end.exit == 0 && end.errors.contains("shut down"))
        }
    }

    @Test func terminationLetsAnInvocationBeAnswered() async throws {
        try await withProbe { host in
            try await host.begin(#"{"do":"slow","milliseconds":300}"#)
            try await host.send(signal: SIGTERM)
            let answer = try only(try await host.posts(1))
            #expect(answer.kind == "response")
            let end = try await host.end()
            #expect(end.exit == 0 && end.errors.contains("shut down"))
        }
    }

    @Test func logLines() async throws {
        try await withProbe(environment: ["AWS_LAMBDA_LOG_FORMAT": "JSON"]) { host in
            _ = try await host.invoke(#"{"do":"fail","message":"two\nlines"}"#)
            try await host.send(signal: SIGTERM)
            let lines = try await host.end().errors.split(separator: "\n").map { try JSONValue.parse(String($0)) }
            #expect(lines.map { $0["level"]?.stringValue } == ["ERROR", "INFO"])
            #expect(lines.first?["requestId"] == "00000000-0000-4000-8000-000000000001")
            #expect(lines.first?["errorType"] == "OrderNotFound")
            #expect(lines.first?["message"]?.stringValue?.contains("two\nlines") == true)
        }
    }

    /// The official runtime for Python, given the same events.
    @Test func answersAsTheOfficialRuntimeDoes() async throws {
        let ours = try await LambdaHost()
        try await ours.start([try LambdaHost.program("LambdaProbe")])
        let theirs = try await LambdaHost()
        let support = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Support").path
        try await theirs.start(
            [try LambdaHost.program("python"), "-m", "awslambdaric", "probe_handler.handle"],
            environment: ["PYTHONPATH": support, "LAMBDA_TASK_ROOT": support])
        let events = [
            #"{"do":"echo","text":"ü \"x\" \n","list":[1,null,true,{}]}"#, #"{"do":"nothing"}"#,
            #"{"do":"context"}"#, #"{"do":"fail","message":"no \"order\" ü"}"#, "{not JSON",
        ]
        for event in events {
            let headers = ["Lambda-Runtime-Invocation-Id": "inv-7"]
            let mine = try only(try await ours.invoke(event, headers: headers))
            let official = try only(try await theirs.invoke(event, headers: headers))
            #expect(mine.path == official.path, "\(event)")
            #expect(mine.headers["content-type"] == official.headers["content-type"], "\(event)")
            #expect(
                mine.headers["lambda-runtime-invocation-id"] == official.headers["lambda-runtime-invocation-id"])
            if mine.kind == "response" {
                #expect(mine.json == official.json, "\(event)")
            } else {
                #expect(
                    Set(mine.json.objectValue?.members.map(\.name) ?? [])
                        == Set(official.json.objectValue?.members.map(\.name) ?? []))
                #expect(mine.json["requestId"] == official.json["requestId"])
                for header in ["xray-error-cause", "error-type"] {
                    let name = "lambda-runtime-function-\(header)"
                    if official.headers[name] != nil { #expect(mine.headers[name] != nil, "\(name)") }
                }
            }
            if event.contains("order") {
                #expect(mine.json["errorType"] == official.json["errorType"])
                #expect(mine.json["errorMessage"] == official.json["errorMessage"])
            }
        }
    }

    /// AWS's emulator, which starts the function itself.
    @Test func belowTheInterfaceEmulator() async throws {
        let host = try await LambdaHost()
        let (front, api) = (try LambdaRuntimeTests.freePort(), try LambdaRuntimeTests.freePort())
        try await host.start([
            try LambdaHost.program("aws-lambda-rie"), "--log-level", "error",
            "--runtime-interface-emulator-address", "127.0.0.1:\(front)", "--runtime-api-address", "127.0.0.1:\(api)",
            try LambdaHost.program("LambdaProbe"),
        ])
        let url = "http://127.0.0.1:\(front)/2015-03-31/functions/function/invocations"
        var first: (status: Int, body: String)?
        let deadline = ContinuousClock.now + .seconds(20)
        while first == nil, ContinuousClock.now < deadline {
            first = try? await host.post(url, #"{"do":"echo","n":1}"#)
            if first == nil { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(first?.status == 200 && first?.body == #"{"do":"echo","n":1}"#)
        let failed = try await host.post(url, #"{"do":"fail","message":"m"}"#)
        #expect(failed.body.contains(#""errorType":"OrderNotFound""#))
        let large = try await host.post(url, #"{"do":"large","bytes":6291557}"#)
        #expect(large.body.contains("ResponseSizeTooLarge"))
        let streamed = try await host.post(url, #"{"do":"stream","pieces":3,"bytes":2}"#)
        #expect(streamed.body == "aabbcc")
        #expect(try await host.post(url, #"{"do":"nothing"}"#).body == "null")
    }

    private static func freePort() throws -> UInt16 {
        #if os(Linux)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #else
            let descriptor = socket(AF_INET, SOCK_STREAM, 0)
        #endif
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port: UInt16? = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                guard bind(descriptor, $0, length) == 0, getsockname(descriptor, $0, &length) == 0 else { return nil }
                return UInt16(bigEndian: pointer.pointee.sin_port)
            }
        }
        return try #require(port)
    }
}
