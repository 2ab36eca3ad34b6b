/// An Amazon resource name: `arn:partition:service:region:account:resource`.
struct ARN {
    let partition: Substring
    let service: Substring
    let region: Substring
    /// `nil`: the resource is nobody's in particular.
    let account: String?
    let resource: Substring

    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn" else { return nil }
        (partition, service, region, resource) = (parts[1], parts[2], parts[3], parts[5])
        account = parts[4].isEmpty ? nil : String(parts[4])
    }
}
