import CLibcurl
import CurlTransport
import DynamoDB
import Foundation
import SingleTable
import TestServers
import Testing

extension ClientFaultTests {
    /// Certificates, good and bad.
    @Suite struct TLSTests {
        private func withServer(
            _ body: (FaultServer, _ client: (_ endpoint: String?, _ caFile: String?) throws -> DynamoDBClient)
                async throws -> Void
        ) async throws {
            let server = try await FaultServer(tls: true)
            try await body(server) { endpoint, caFile in
                DynamoDBClient(
                    try server.configuration(endpoint: endpoint),
                    transport: try CurlTransport(configuration: .init(caFile: caFile))
                )
            }
            #expect(try await server.stats().violations == [])
        }

        @Test func oneHandshakeServesCallsInARow() async throws {
            try await withServer { server, client async throws in
                let client = try client(server.tlsEndpoints[.good], server.caFile)
                for _ in 0..<5 {
                    #expect(await client.outcome(of: FaultScript([])).outcome == .success(attempts: 1))
                }
                let stats = try await server.stats()
                #expect(stats.connections["good"] == 1)
                #expect(stats.attempts == 5)
            }
        }

        @Test func faultsBehindTLSAreTriedAgain() async throws {
            try await withServer { server, client async throws in
                let client = try client(server.tlsEndpoints[.good], server.caFile)
                let steps = FaultScript.Step.disconnected.filter {
                    ["half", "nobyte", "cutheaders"].contains($0.description)
                }
                #expect(steps.count == 3)
                #expect(await client.outcome(of: FaultScript(steps)).outcome == .success(attempts: 4))
            }
        }

        @Test(arguments: FaultServer.Certificate.allCases.filter { $0 != .good })
        func badCertificate(_ certificate: FaultServer.Certificate) async throws {
            try await withServer { server, client async throws in
                let client = try client(server.tlsEndpoints[certificate], server.caFile)
                let error = await client.outcome(of: FaultScript([])).error
                #expect(error?.transportError?.code == .tlsFailed)
                #expect(error?.transportError?.certificateWasRejected == true)
                #expect(error?.transportError?.requestMayHaveBeenSent == false)
                let line = try #require(error.map { "\($0)" })
                #expect(!line.contains("\n") && line.contains("caFile"), "\(line)")
                let stats = try await server.stats()
                // A wrong name is found after the handshake; not a byte is sent even then.
                #expect(stats.received[certificate.rawValue] == nil)
                // Not one attempt after the other: the certificate stays the same.
                #expect(stats.handshakes[certificate.rawValue] == 1)
            }
        }

        @Test func tableSaysWhatToDo() async throws {
            try await withServer { server, client async throws in
                let client = try client(server.tlsEndpoints[.expired], server.caFile)
                let error = await #expect(throws: TableError.self) {
                    _ = try await DynamoDBTable(name: "t", client: client).get(Key("p", "s"))
                }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains("AWS_CA_BUNDLE") == true)
            }
        }

        /// Neither a file that is missing nor one without a certificate is worth a second look.
        @Test(arguments: ["/nonexistent/authority.pem", "/dev/null"]) func badFile(_ caFile: String) async throws {
            try await withServer { server, client async throws in
                let error = await (try client(server.tlsEndpoints[.good], caFile)).outcome(of: FaultScript([])).error
                #expect(error?.transportError?.code == .tlsFailed)
                #expect(error?.transportError?.certificateWasRejected == true)
                #expect(error?.transportError?.message.contains("\n") == false)
                #expect(error?.transportError?.message.contains("caFile") == true)
                #expect(try await server.stats().received["good"] == nil)
            }
        }

        /// A connection that ends in the middle of a handshake may be a moment's trouble.
        @Test func handshakeThatIsCutOff() async throws {
            try await withServer { server, client async throws in
                let endpoint = server.endpoint.replacing("http:", with: "https:")
                let client = try client(endpoint, server.caFile)
                let error = await client.outcome(of: FaultScript([])).error
                #expect(error?.transportError?.code == .tlsFailed)
                #expect(error?.transportError?.certificateWasRejected == false)
                #expect(error?.transportError?.requestMayHaveBeenSent == false)
                #expect(try await server.stats().connections["plain"] == 1 + 4)
            }
        }

        /// Reading it takes longer than a handshake. Older libraries do so for every connection.
        @Test(.enabled(if: curl_version_info(CURLVERSION_FIRST).pointee.version_num >= 0x07_57_00))
        func fileIsReadOnce() async throws {
            try await withServer { server, client async throws in
                let caFile = try #require(server.caFile)
                let copy = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).pem")
                try FileManager.default.copyItem(atPath: caFile, toPath: copy.path)
                let client = try client(server.tlsEndpoints[.good], copy.path)
                let close = FaultScript.Step.successes.filter { $0.description == "close" }
                #expect(await client.outcome(of: FaultScript(close)).outcome == .success(attempts: 1))
                try FileManager.default.removeItem(at: copy)
                for _ in 0..<3 {
                    #expect(await client.outcome(of: FaultScript(close)).outcome == .success(attempts: 1))
                }
                #expect(try await server.stats().connections["good"] == 4)
            }
        }
    }
}
