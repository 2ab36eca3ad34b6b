internal import LosslessJSON

/// A case that does not hold for us as it is written, and why.
public struct VectorException: Sendable {
    /// As in ``VectorCase/file``.
    public let file: String
    /// `nil`: all cases of the file for the ``platform``.
    public let name: String?
    public let platform: String?
    public let reason: String

    private init(_ file: String, _ name: String?, platform: String? = nil, _ reason: String) {
        self.file = file
        self.name = name
        self.platform = platform
        self.reason = reason
    }

    public func matches(_ vector: VectorCase) -> Bool {
        guard vector.file == file else { return false }
        if let platform { return vector.content["platform"]?.stringValue == platform }
        // Files of the protocol number their cases in front of the id.
        return (vector.content["id"]?.stringValue ?? vector.name) == name
    }

    /// All of them. Whatever is not named here is run and has to pass; what is named has to be there and to fail.
    public static let all: [VectorException] =
        [
            // The package is for Linux and macOS, where a backslash separates no folders.
            VectorException("config/file-location.json", nil, platform: "windows", "a file's place on Windows")
        ]
        + ["credential_process_account_id_fallback", "credential_process_failure"].map {
            // As other SDKs do (botocore for one), we start programs without a shell, so that a value of the file
            // cannot become code by accident. Beside the case as it is, the tests run it with a shell of their own.
            VectorException("credentials/profile-provider", $0, "the command is a line for a shell")
        }
        + [
            ("SDKAppliedContentEncoding_awsJson1_0", "no operation compresses requests"),
            ("SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0", "no operation compresses requests"),
        ].map { VectorException("awsJson1_0/input.json", $0.0, $0.1) }
}
