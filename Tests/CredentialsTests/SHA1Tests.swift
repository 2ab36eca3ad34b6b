import Testing

@testable import DynamoDB

@Suite struct SHA1Tests {
    /// FIPS 180 examples, and lengths around the block size with digests from another implementation.
    @Test(arguments: [
        ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
        ),
        ("https://d-abc123.awsapps.com/start-sso", "88a56c4fb9d38628d549ebae16e371208fb13206"),
        (String(repeating: "a", count: 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
        (String(repeating: "a", count: 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
    ])
    func digest(text: String, expected: String) {
        #expect(SHA1.hexHash(utf8: text) == expected)
    }
}
