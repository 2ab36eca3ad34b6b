import Foundation

/// A certificate for 127.0.0.1 that vouches for itself, made anew for every run.
struct Certificate {
    let certificateFile: URL
    let keyFile: URL

    init(in folder: URL) throws {
        certificateFile = folder.appending(path: "certificate.pem")
        keyFile = folder.appending(path: "key.pem")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc",
            "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
            "-keyout", keyFile.path, "-out", certificateFile.path,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw BenchError("openssl could not make a certificate") }
    }
}
