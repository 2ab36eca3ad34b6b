import SigV4
import Testing

@Suite struct SigningDateTests {
    @Test(
        arguments: [
            (0, "19700101T000000Z"), (-1, "19691231T235959Z"), (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"), (951_868_800, "20000301T000000Z"), (1_440_938_160, "20150830T123600Z"),
            (1_709_164_800, "20240229T000000Z"), (4_107_542_400, "21000301T000000Z"),
            (-2_203_977_600, "19000228T000000Z"),
            (-62_167_219_200, "00000101T000000Z"), (253_402_300_799, "99991231T235959Z"),
            (Int.min, "00000101T000000Z"), (Int.max, "99991231T235959Z"),
        ] as [(Int, String)])
    func rendersCivilTime(seconds: Int, text: String) {
        let date = SigningDate(secondsSinceEpoch: seconds)
        #expect(date.timestamp == text)
        #expect(date.day == text.prefix(8))
    }

    @Test(
        arguments: [
            (0.999, 0), (-0.001, -1), (1.5e300, 253_402_300_799), (-.infinity, -62_167_219_200), (.nan, 0),
        ] as [(Double, Int)])
    func cutsFractionsOff(seconds: Double, whole: Int) {
        #expect(SigningDate(secondsSinceEpoch: seconds).secondsSinceEpoch == whole)
    }

    /// Every day of 800 years follows the one before by the calendar's rules.
    @Test func countsEveryDay() {
        var (year, month, day) = (1800, 1, 1)
        var wrong = 0
        for number in -62_091..<230_000 {
            let expected = year * 10_000 + month * 100 + day
            if Int(SigningDate(secondsSinceEpoch: number * 86_400 + 1).day) != expected { wrong += 1 }
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let length = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
            day += 1
            if day > length { (day, month) = (1, month + 1) }
            if month > 12 { (month, year) = (1, year + 1) }
        }
        #expect(wrong == 0)
    }
}

@Suite struct HashTests {
    /// Examples of FIPS 180-4.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func sha256(text: String, digest: String) {
        #expect(SHA256.hexHash(utf8: text) == digest)
        #expect(SHA256.hexHash(Array(text.utf8)) == digest)
        #expect(SHA256.hash(Array(text.utf8)).count == 32)
        #expect(SHA256.hash(utf8: text) == Array(text.utf8).withUnsafeBytes { SHA256.hash($0) })
    }

    /// Test cases 1, 2 and 6 of RFC 4231: a short key, a shorter one, and one longer than a block.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
    ])
    func hmac(key: [UInt8], message: String, code: String) {
        #expect(HMACSHA256.hexAuthenticate(Array(message.utf8), key: key) == code)
    }

    @Test func hashesFromManyTasks() async {
        let hashes = await withTaskGroup(of: String.self) { group in
            for _ in 0..<8 {
                group.addTask { (0..<500).map { _ in SHA256.hexHash(utf8: "abc") }.last ?? "" }
            }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(hashes == ["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"])
    }
}

@Suite struct AWSCredentialsTests {
    @Test func neverShowTheSecretOrTheToken() {
        let credentials = AWSCredentials(
            accessKeyId: "AKIDEXAMPLE", secretAccessKey: "geheim", sessionToken: "zeichen", expiration: 1)
        var dumped = ""
        dump([credentials], to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), String(describing: [credentials]), dumped] {
            #expect(text.contains("AKIDEXAMPLE"))
            #expect(!text.contains("geheim"))
            #expect(!text.contains("zeichen"))
        }
    }
}
