#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

extension CurlTransport {
    public struct Configuration: Sendable, Equatable {
        /// Where requests go through a proxy.
        public enum Proxy: Sendable, Equatable {
            /// Never, whatever the environment says.
            case none
            /// As `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` say.
            case environment
            /// Always this one, for example `http://proxy.example:3128`.
            case url(String)
        }

        /// Transfers at the same time, and idle connections kept. More wait in a queue. 1 to 1024, default 128, above
        /// which libcurl's cost for each grows.
        public var maximumConcurrentTransfers: Int
        /// Requests that may wait for a place; one more fails with ``TransportError/Code/queueFull``. Default 10,000.
        public var maximumQueuedRequests: Int
        /// PEM file with trusted certificates. `nil`: the system's, see ``systemCAFile()``.
        public var caFile: String?
        public var proxy: Proxy
        /// How long a connection may have been idle to be used again; in whole seconds, at least one. Default 60:
        /// servers and the routers on the way drop idle connections without a word, the more surely the longer.
        public var idleTimeout: Duration

        public init(
            maximumConcurrentTransfers: Int = 128, maximumQueuedRequests: Int = 10_000, caFile: String? = nil,
            proxy: Proxy = .none, idleTimeout: Duration = .seconds(60)
        ) {
            self.maximumConcurrentTransfers = maximumConcurrentTransfers
            self.maximumQueuedRequests = maximumQueuedRequests
            self.caFile = caFile
            self.proxy = proxy
            self.idleTimeout = idleTimeout
        }

        /// The first of the usual places that can be read: Debian, Ubuntu and Alpine; Fedora, Red Hat and Amazon Linux;
        /// openSUSE; macOS. `nil`: none, and libcurl's built-in default applies.
        public static func systemCAFile() -> String? {
            [
                "/etc/ssl/certs/ca-certificates.crt",
                "/etc/pki/tls/certs/ca-bundle.crt",
                "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                "/etc/ssl/ca-bundle.pem",
                "/etc/ssl/cert.pem",
            ].first { access($0, R_OK) == 0 }
        }
    }
}
