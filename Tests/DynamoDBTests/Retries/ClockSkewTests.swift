import Testing

@testable import DynamoDB

@Suite struct ClockSkewTests {
    @Test(arguments: [(300, false), (301, true), (-300, false), (-301, true), (1_200, true), (0, false)])
    func overFiveMinutes(difference: Int, isCorrected: Bool) {
        let skew = ClockSkew()
        #expect(skew.correct(serverDate: 1_000_000 + difference, signingDate: 1_000_000, now: 1_000_000) == isCorrected)
        #expect(skew.offset == (isCorrected ? difference : 0))
    }

    @Test func otherRequestsWereSignedBeforeTheCorrection() {
        let skew = ClockSkew()
        #expect(skew.correct(serverDate: 1_001_200, signingDate: 1_000_000, now: 1_000_000))
        // Signed with the old offset, answered after the correction: it has to be tried again as well.
        #expect(skew.correct(serverDate: 1_001_201, signingDate: 1_000_000, now: 1_000_001))
        #expect(skew.offset == 1_200)
        // Signed with the new offset: the date was not what was wrong.
        #expect(!skew.correct(serverDate: 1_001_202, signingDate: 1_001_202, now: 1_000_002))
    }

    @Test(arguments: [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
    ])
    func dates(text: String, seconds: Int) {
        #expect(HTTPDate.secondsSinceEpoch(text) == seconds)
    }

    @Test(arguments: [
        "", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Nov 1994 08:-1:37 GMT",
        "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
    ])
    func notDates(text: String) {
        #expect(HTTPDate.secondsSinceEpoch(text) == nil)
    }
}
