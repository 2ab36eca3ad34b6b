import LosslessJSON
import PropertyTesting
import SigV4

/// A request to be signed, made from a seed, as our signer and as botocore's take it.
///
/// ## Where the two differ on purpose
///
/// What is left out here, and why; everything else has to be the same to the byte.
///
/// - **White space.** botocore splits header values wherever Python sees white space, no-break spaces and U+2028
///   included; we only at ASCII's. AWS speaks of spaces. No other is in these headers.
/// - **`Date`.** botocore signs a request that has this header by it and sends no `X-Amz-Date`. We always send that.
/// - **`Proxy-Connection`** is not signed by us, as a proxy takes it away; botocore has it not on its list.
/// - **Presigned URLs.** botocore keeps one value of a repeated parameter, moves the body into the query, and takes an
///   empty token for a token. We sign the query and the body that there are, and an empty token is none.
/// - **Empty parameters**, as in `a=1&&b=2`, we pass over; to botocore each is a parameter without a name.
/// - **S3.** botocore signs the path as it is. We write its escapes in one way first, as the server does, so that only
///   a path that is encoded as S3 wants it gives the same. An empty path is `/` to us, and nothing to botocore. For
///   presigned S3 URLs botocore does not sign the body.
struct RandomRequest {
    var method: String
    var scheme: String
    var host: String
    var path: String
    /// Decoded.
    var query: [(name: String, value: String)]
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    var service: String
    var region: String
    var credentials: AWSCredentials
    var date: SigningDate

    var url: String { "\(scheme)://\(host)\(path)" }

    init(_ random: inout SeededGenerator, forS3: Bool = false) {
        method = random.element(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"])
        scheme = random.element(["https", "http"])
        host = random.host()
        path = forS3 ? random.encodedPath() : random.path()
        query = (0..<random.integer(0...4)).map { _ in (random.hostileText(1...3), random.hostileText(0...3)) }
        if let repeated = query.first, random.chance(0.3) { query.append((repeated.name, random.hostileText(0...2))) }
        headers = [(random.element(["Host", "host", "HOST"]), host)] + random.headers()
        headers.shuffle(using: &random)
        body = random.body()
        service = random.element(["dynamodb", "s3", "sts", "execute-api", random.letters(1...12)])
        region = random.element(["us-east-1", "eu-central-1", "us-gov-west-1", "cn-north-1", random.letters(1...9)])
        credentials = random.credentials()
        date = random.date()
    }

    var json: JSONValue {
        [
            "do": "sign", "method": .string(method), "url": .string(url),
            "query": .array(query.map { [.hex($0.name), .hex($0.value)] }),
            "headers": .array(headers.map { [.string($0.name), .hex($0.value)] }),
            "body": .hex(body), "service": .string(service), "region": .string(region),
            "accessKeyId": .string(credentials.accessKeyId), "secretAccessKey": .string(credentials.secretAccessKey),
            "token": credentials.sessionToken.map { .string($0) } ?? .null,
            "date": .number(String(date.secondsSinceEpoch)), "s3": false,
        ]
    }
}

extension JSONValue {
    static func hex(_ text: String) -> JSONValue { hex(Array(text.utf8)) }

    static func hex(_ bytes: [UInt8]) -> JSONValue {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return .string(String(decoding: text, as: UTF8.self))
    }

    /// The object with some members replaced.
    func with(_ members: [String: JSONValue]) -> JSONValue {
        guard var object = objectValue else { return self }
        for (name, value) in members { object[name] = value }
        return .object(object)
    }
}

extension SeededGenerator {
    fileprivate mutating func host() -> String {
        let name = element([
            "dynamodb.us-east-1.amazonaws.com", "localhost", "127.0.0.1", "[::1]",
            "\(letters(1...5)).\(letters(1...5))",
        ])
        return chance(0.4) ? "\(name):\(integer(1...65_535))" : name
    }

    /// As somebody may send it, well encoded or not.
    fileprivate mutating func path() -> String {
        if chance(0.1) { return "" }
        var path = ""
        for _ in 0..<integer(0...5) {
            path += element(["/", "/", "/", "//"])
            switch integer(0...7) {
            case 0: path += "."
            case 1: path += ".."
            case 2: path += ".hidden..\(letters(0...2))"
            case 3: path += element(["%2F", "%e4", "%C3%BC", "%", "%zz", "%252f", "%2e%2e"])
            case 4: path += element(["!$&'()*+,;=:@~_-.", " ", "a b", "\\", "|", "[x]", "{y}", "\"<>", "^`"])
            case 5: path += element(["ü", "u\u{308}", "中", "👩‍💻", "\u{7F}", "\u{10FFFF}"])
            default: path += letters(0...4)
            }
        }
        return path.isEmpty || chance(0.4) ? path + "/" : path
    }

    /// As S3 wants it: everything encoded once that has to be.
    fileprivate mutating func encodedPath() -> String {
        var path = ""
        for _ in 0..<integer(1...4) {
            path += element(["/", "//", "/./", "/../"])
            path += percentEncoded(hostileText(0...2))
        }
        return path
    }

    /// All but the unreserved characters as `%XX`; see also ``sent(_:)``.
    mutating func percentEncoded(_ text: String, sloppily: Bool = false) -> String {
        var result = ""
        for byte in text.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isUnreserved =
                byte < 0x80 && (scalar.properties.isAlphabetic || "0123456789-._~".unicodeScalars.contains(scalar))
            let mayStay = isUnreserved || (sloppily && "!$'()*,;:@/?+".unicodeScalars.contains(scalar))
            if mayStay, !sloppily || chance(0.8) {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(byte, radix: 16, uppercase: !sloppily || chance(0.5))
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    /// A query as the signer has to understand it: escapes in lower case, escapes that were not needed, characters left
    /// as they are, no `=` before no value.
    mutating func sent(_ query: [(name: String, value: String)], sloppily: Bool) -> String {
        query.map { name, value in
            let name = percentEncoded(name, sloppily: sloppily)
            if value.isEmpty, sloppily, chance(0.5) { return name }
            return "\(name)=\(percentEncoded(value, sloppily: sloppily))"
        }.joined(separator: "&")
    }

    fileprivate mutating func headers() -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        for _ in 0..<integer(0...6) {
            let name = element([
                "Content-Type", "content-type", "X-Amz-Target", "X-Amz-Meta-\(letters(1...3))", "x-a", "X-A", "X_b",
                "a.b",
                "A!b~", "Accept", "Range", "Content-Length", "Cookie",
                // Not signed by anybody.
                "User-Agent", "X-Amzn-Trace-Id", "Connection", "Expect", "Transfer-Encoding", "TE",
            ])
            headers.append((name, headerValue()))
        }
        return headers
    }

    private mutating func headerValue() -> String {
        var value = ""
        for _ in 0..<integer(0...5) {
            switch integer(0...4) {
            case 0: value += String(repeating: " ", count: integer(1...4))
            case 1: value += element(["\t", " \t ", "  "])
            default: value += hostileText(0...3, controls: false)
            }
        }
        value.unicodeScalars.removeAll { $0.properties.isWhitespace && !$0.isASCII }
        return value
    }

    mutating func body() -> [UInt8] {
        switch integer(0...9) {
        case 0...2: []
        case 3...5: Array(hostileText(1...20).utf8)
        // Above what the signer hashes in one go.
        case 6: (0..<integer(16_380...16_390)).map { UInt8(truncatingIfNeeded: $0) }
        case 7: (0..<integer(50_000...200_000)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        default: (0..<integer(1...300)).map { _ in UInt8(integer(0...255)) }
        }
    }

    mutating func credentials() -> AWSCredentials {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
        func text(_ count: ClosedRange<Int>, _ random: inout SeededGenerator) -> String {
            String((0..<random.integer(count)).map { _ in random.element(alphabet) })
        }
        return AWSCredentials(
            accessKeyId: "AKIA" + letters(4...16).uppercased(),
            // Above 60 bytes the key of the first HMAC is hashed itself.
            secretAccessKey: chance(0.1) ? hostileText(1...9) : text(chance(0.2) ? 59...100 : 40...40, &self),
            sessionToken: chance(0.5) ? text(1...(chance(0.2) ? 2000 : 100), &self) : nil
        )
    }

    fileprivate mutating func date() -> SigningDate {
        let leapDays = [68_169_600, 951_782_400, 1_709_164_800, 1_835_395_200, 4_107_456_000, 13_574_476_800]
        let seconds =
            switch integer(0...3) {
            case 0: element(leapDays) + element([-1, 0, 86_399, 86_400])
            case 1: integer(0...253_402_300_799)
            default: integer(1_600_000_000...1_900_000_000)
            }
        return SigningDate(secondsSinceEpoch: seconds)
    }
}
