/// A group of regions with domain names of its own, such as AWS in China.
///
/// The values are those of `partitions.json`, version 1.1, which the AWS SDKs share.
struct Partition: Sendable, Hashable {
    let name: String
    let dnsSuffix: String
    let dualStackDNSSuffix: String
    /// What a region's name begins with. A word and a number follow: `us-east-1`, `us-gov-west-1`.
    let regionPrefixes: [String]
    var supportsFIPS = true
    var supportsDualStack = true

    /// The partition of a region. As in the SDKs, a region that is in none of them counts as one of `aws`.
    static func containing(region: String) -> Partition {
        all.first { $0.contains(region: region) } ?? aws
    }

    static let aws = Partition(
        name: "aws",
        dnsSuffix: "amazonaws.com",
        dualStackDNSSuffix: "api.aws",
        regionPrefixes: ["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"]
    )

    static let all = [
        aws,
        Partition(
            name: "aws-cn",
            dnsSuffix: "amazonaws.com.cn",
            dualStackDNSSuffix: "api.amazonwebservices.com.cn",
            regionPrefixes: ["cn"]
        ),
        Partition(
            name: "aws-eusc",
            dnsSuffix: "amazonaws.eu",
            dualStackDNSSuffix: "api.amazonwebservices.eu",
            regionPrefixes: ["eusc-de"]
        ),
        Partition(
            name: "aws-iso",
            dnsSuffix: "c2s.ic.gov",
            dualStackDNSSuffix: "api.aws.ic.gov",
            regionPrefixes: ["us-iso"]
        ),
        Partition(
            name: "aws-iso-b",
            dnsSuffix: "sc2s.sgov.gov",
            dualStackDNSSuffix: "api.aws.scloud",
            regionPrefixes: ["us-isob"]
        ),
        Partition(
            name: "aws-iso-e",
            dnsSuffix: "cloud.adc-e.uk",
            dualStackDNSSuffix: "api.cloud-aws.adc-e.uk",
            regionPrefixes: ["eu-isoe"]
        ),
        Partition(
            name: "aws-iso-f",
            dnsSuffix: "csp.hci.ic.gov",
            dualStackDNSSuffix: "api.aws.hci.ic.gov",
            regionPrefixes: ["us-isof"]
        ),
        Partition(
            name: "aws-us-gov",
            dnsSuffix: "amazonaws.com",
            dualStackDNSSuffix: "api.aws",
            regionPrefixes: ["us-gov"]
        ),
    ]

    /// What follows a service's name in the hosts whose cryptography is validated: in GovCloud the ordinary hosts comply
    /// with FIPS and have no other name, but for dual-stack.
    func fipsSuffix(dualStack: Bool) -> String { name == "aws-us-gov" && !dualStack ? "" : "-fips" }

    private func contains(region: String) -> Bool {
        if region == "\(name)-global" { return true }
        return regionPrefixes.contains { prefix in
            guard region.hasPrefix("\(prefix)-") else { return false }
            let rest = region.utf8.dropFirst(prefix.utf8.count + 1).split(
                separator: UInt8(ascii: "-"),
                omittingEmptySubsequences: false
            )
            guard rest.count == 2, let word = rest.first, let number = rest.last else { return false }
            return !word.isEmpty && word.allSatisfy(Partition.isWordByte)
                && !number.isEmpty && number.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
        }
    }

    /// `\w` of the table's regular expressions.
    private static func isWordByte(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
    }
}
