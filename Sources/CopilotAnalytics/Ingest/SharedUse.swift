/// Whether other writers count in the same items, as far as could be seen lately.
///
/// A writer on its own knows what is stored and has nothing to look up. Beside others its knowledge is out of date with
/// every batch, and most transactions would be cancelled for an extreme that somebody else has raised: the service bills
/// them as if they had been carried out, a look costs a tenth of that.
struct SharedUse: Sendable {
    /// Whether to look at items before each plan.
    private(set) var isLikely = false
    private var quietLooks = 0

    /// Looks in a row that found nothing new, after which a writer takes itself to be alone.
    private static let enoughQuietLooks = 16

    mutating func metAnother() {
        isLikely = true
        quietLooks = 0
    }

    mutating func looked(foundAnother: Bool) {
        quietLooks = foundAnother ? 0 : quietLooks + 1
        if quietLooks >= SharedUse.enoughQuietLooks { isLikely = false }
    }
}
