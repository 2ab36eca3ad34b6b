import SigV4
import Testing

private let credentials = AWSCredentials(
    accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
private let newYear = SigningDate(secondsSinceEpoch: 1_735_689_600)
private let host = "dynamodb.us-east-1.amazonaws.com"
private let target = "DynamoDB_20120810.PutItem"
private let contentType = "application/x-amz-json-1.0"
private let body = Array(#"{"TableName":"t","Item":{"pk":{"S":"a"}}}"#.utf8)

/// Answers made with botocore, which has a signer of its own.
@Suite struct KnownAnswerTests {
    static let answers: [(token: String?, signature: String)] = [
        (nil, "ea54e868439b98e6bb19ff73ec92b7d5bbfc23bbee721231d17a2a32f5611ab4"),
        ("tok", "7706a9e989d1e6d34186a52584ecdc671857ab0d4681596d058a44d587a8abb6"),
    ]

    @Test(arguments: answers)
    func putItemOnTheFastPath(token: String?, signature: String) {
        let signer = SigV4Signer(service: "dynamodb", region: "us-east-1")
        var credentials = credentials
        credentials.sessionToken = token
        let names =
            token == nil
            ? "content-type;host;x-amz-date;x-amz-target"
            : "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
        // Twice: the second time with the cached key and a used buffer.
        for _ in 0..<2 {
            let answer = signer.authorize(
                host: host, target: target, contentType: contentType, body: body, credentials: credentials,
                date: newYear)
            #expect(answer.date == "20250101T000000Z")
            #expect(answer.securityToken == token)
            #expect(
                answer.authorization
                    == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250101/us-east-1/dynamodb/aws4_request, "
                    + "SignedHeaders=\(names), Signature=\(signature)")
        }
    }

    @Test(arguments: answers)
    func putItemOnTheGeneralPath(token: String?, signature: String) {
        let signer = SigV4Signer(service: "dynamodb", region: "us-east-1")
        var credentials = credentials
        credentials.sessionToken = token
        let signed = signer.sign(
            method: "POST", path: "/",
            headers: [("X-Amz-Target", target), ("Host", host), ("Content-Type", contentType), ("User-Agent", "x")],
            body: body, credentials: credentials, date: newYear)
        #expect(signed.signature == signature)
        let names = signed.headers.map(\.name)
        #expect(names == (token == nil ? [] : ["X-Amz-Security-Token"]) + ["X-Amz-Date", "Authorization"])
    }
}

@Suite struct FastPathTests {
    /// Both paths sign alike, whatever the order of days, credentials and sizes of bodies the key cache sees.
    @Test func agreesWithTheGeneralPath() {
        for omits in [false, true] {
            let options = SigV4Signer.Options(omitSessionTokenFromSignature: omits)
            let fast = SigV4Signer(service: "dynamodb", region: "eu-central-1", options: options)
            for round in 0..<40 {
                let credentials = AWSCredentials(
                    accessKeyId: "AKID\(round % 6)", secretAccessKey: "secret\(round % 7)",
                    sessionToken: round % 3 == 0 ? nil : round % 3 == 1 ? "" : "token\(round)")
                let date = SigningDate(secondsSinceEpoch: 1_735_689_600 + round % 5 * 43_200)
                let body = [UInt8](repeating: UInt8(round), count: round * round * 20)
                let quick = fast.authorize(
                    host: host, target: target, contentType: contentType, body: body, credentials: credentials,
                    date: date)
                let general = SigV4Signer(service: "dynamodb", region: "eu-central-1", options: options).sign(
                    method: "POST", path: "/",
                    headers: [("Host", host), ("Content-Type", contentType), ("X-Amz-Target", target)],
                    body: body, credentials: credentials, date: date)
                #expect(general.headers.last?.value == quick.authorization)
                #expect(general.headers.first { $0.name == "X-Amz-Security-Token" }?.value == quick.securityToken)
            }
        }
    }

    @Test func manyTasksShareOneSigner() async {
        let signer = SigV4Signer(service: "dynamodb", region: "us-east-1")
        let answers = await withTaskGroup(of: String.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var last = ""
                    for round in 0..<200 {
                        // Each task also signs with keys of its own, so that the cache is under pressure.
                        let own = AWSCredentials(accessKeyId: "A\(task)", secretAccessKey: "S\(round % 3)")
                        _ = signer.authorize(
                            host: host, target: target, contentType: contentType, body: body, credentials: own,
                            date: newYear)
                        last =
                            signer.authorize(
                                host: host, target: target, contentType: contentType, body: body,
                                credentials: credentials, date: newYear
                            ).authorization
                    }
                    return last
                }
            }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(answers.count == 1)
        #expect(answers.first?.hasSuffix(KnownAnswerTests.answers[0].signature) == true)
    }
}
