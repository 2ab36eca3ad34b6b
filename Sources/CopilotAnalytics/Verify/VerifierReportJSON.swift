public import LosslessJSON
internal import SingleTable

extension Verifier.Report {
    /// - Parameter maximumDifferences: More are counted only.
    public func write(to json: inout JSONWriter, maximumDifferences: Int = .max) {
        json.beginObject()
        json.member("events", events)
        json.member("statistics", rollups)
        json.member("repairs", repairs)
        json.member("unadopted", unadopted)
        json.name("differences")
        json.array(Array(differences.prefix(maximumDifferences))) { json, difference in
            json.beginObject()
            json.name("PK")
            json.string(difference.key.partition)
            json.name("SK")
            json.string(difference.key.sort)
            json.name("difference")
            json.string(difference.description)
            json.endObject()
        }
        json.member("unlistedDifferences", unlistedDifferences + max(differences.count - maximumDifferences, 0))
        json.endObject()
    }
}
