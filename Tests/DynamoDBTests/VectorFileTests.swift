import ConformanceVectors
import Testing

/// An empty list of cases passes; these tests see to it that it is empty only where there is no folder.
@Suite(.enabled(if: Vectors.folder != nil)) struct VectorFileTests {
    @Test(arguments: [
        "endpoints/dynamodb-rules.json", "retry/standard_v2_1.json", "retry/standard_legacy.json",
        "retry/adaptive.json", "awsJson1_0/input.json", "awsJson1_0/output.json",
    ])
    func hasCases(path: String) {
        #expect(!Vectors.cases(path).isEmpty)
    }

    @Test func hasConfiguredEndpoints() {
        #expect(!ConfiguredEndpointCase.all.isEmpty)
    }

    @Test func everyFileHasAReader() {
        let files = Vectors.files()
        #expect(files.filter { VectorReaders.suite(for: $0) == nil } == [])
        #expect(VectorReaders.unused(among: files) == [])
    }

    /// Whether it still fails, the case itself tells.
    @Test(arguments: VectorException.all)
    func exceptionIsOfACase(exception: VectorException) {
        let cases = exception.file.hasSuffix(".json") ? Vectors.cases(exception.file) : Vectors.folders(exception.file)
        #expect(cases.contains { exception.matches($0) })
    }
}
