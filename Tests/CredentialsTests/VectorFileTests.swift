import ConformanceVectors
import Testing

/// An empty list of cases passes; these tests see to it that it is empty only where there is no folder.
@Suite(.enabled(if: Vectors.folder != nil)) struct VectorFileTests {
    @Test func hasCases() {
        #expect(!Vectors.cases("config/profile-parser.json").isEmpty)
        #expect(!Vectors.cases("config/file-location.json").isEmpty)
        #expect(!SourceVectorTests.chains.isEmpty)
        #expect(!SourceVectorTests.containers.isEmpty)
        #expect(!Vectors.folders(TrafficVectorTests.profileFolder).isEmpty)
        #expect(!TrafficVectorTests.chainFolders.isEmpty)
    }
}
