/// Decides for each name of a batch whether it has an entry in the directory, gets one, or counts as `_other`.
struct DirectoryPlanner {
    let knowledge: WriterKnowledge
    /// Directories that have to be read first.
    private(set) var missing: Set<DirectoryKey> = []
    /// Names that the batch adds.
    private(set) var added: [DirectoryKey: Set<String>] = [:]

    init(knowledge: WriterKnowledge) { self.knowledge = knowledge }

    /// - Parameter facets: Those of the event under its own names.
    mutating func overflow(of event: Event, _ facets: EventFacets) -> Set<Overflow> {
        var overflow: Set<Overflow> = []
        if !admits(event.type.rawValue, in: .eventTypes) { overflow.insert(.type) }
        if let execution = facets.execution, !admits(execution.command, in: .commands) { overflow.insert(.command) }
        if let error = facets.error {
            if !admits(error.type, in: .errorTypes) {
                overflow.insert(.errorType)
                _ = admits(RollupSubject.other, in: .errorTypes)
            } else if !admits(error.hash, in: .errorPatterns(type: error.type)) {
                overflow.insert(.errorPattern)
            }
        }
        return overflow
    }

    private mutating func admits(_ name: String, in directory: DirectoryKey) -> Bool {
        guard let known = knowledge.names(in: directory) else {
            missing.insert(directory)
            return true
        }
        if known.contains(name) || added[directory]?.contains(name) == true { return true }
        // One place is kept for `_other` itself, so that readers find it like any other name.
        let isOther = name == RollupSubject.other
        let used = known.count + (added[directory]?.count ?? 0)
        guard used < directory.bound - (isOther ? 0 : 1) else {
            if !isOther { _ = admits(RollupSubject.other, in: directory) }
            return isOther
        }
        added[directory, default: []].insert(name)
        return true
    }
}
