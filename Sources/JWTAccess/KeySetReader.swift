internal import CurlTransport
internal import Foundation

/// Reads the document of a key set, whole and bounded.
struct KeySetReader: Sendable {
    /// Bytes of a key set.
    static let maximumBytes = 256 * 1024
    /// Seconds.
    private static let timeout = Duration.seconds(5)

    private let source: JWTConfiguration.KeySource
    private let transport: CurlTransport?

    init(_ source: JWTConfiguration.KeySource) throws(JWTAccessError) {
        self.source = source
        guard case .url = source else {
            transport = nil
            return
        }
        do throws(TransportError) {
            transport = try CurlTransport()
        } catch {
            throw JWTAccessError(.keys, "keys cannot be fetched: \(error)")
        }
    }

    func read() async throws(JWTAccessError) -> [UInt8] {
        switch source {
        case .file(let path): return try KeySetReader.read(file: path)
        case .url(let url): return try await fetch(url)
        }
    }

    private static func read(file path: String) throws(JWTAccessError) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: maximumBytes + 1)
        else { throw JWTAccessError(.keys, "the key set \(path) cannot be read: check the path and its permissions") }
        guard data.count <= maximumBytes else {
            throw JWTAccessError(.keys, "the key set \(path) is over \(maximumBytes / 1024) KB")
        }
        return Array(data)
    }

    private func fetch(_ url: String) async throws(JWTAccessError) -> [UInt8] {
        guard let transport else { return [] }
        let request = HTTPRequest(
            method: .GET,
            url: url,
            headers: [(name: "Accept", value: "application/jwk-set+json, application/json")],
            timeout: KeySetReader.timeout,
            maximumResponseBytes: KeySetReader.maximumBytes
        )
        let response: HTTPResponse
        do throws(TransportError) {
            response = try await transport.send(request)
        } catch {
            throw JWTAccessError(.keys, "the key set cannot be fetched from \(url): \(error)")
        }
        guard response.status == 200 else {
            throw JWTAccessError(.keys, "the key set cannot be fetched from \(url): status \(response.status)")
        }
        return response.body
    }
}
