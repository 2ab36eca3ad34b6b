extension DynamoDBClient {
    /// The pages of a query's answer, each asked for when the one before has been used.
    public func pages(_ query: ItemQuery) -> ItemPages {
        ItemPages { start throws(DynamoDBError) in
            var page = query
            if let start { page.start = start }
            return try await self.query(page)
        }
    }

    /// The pages of a scan's answer, each asked for when the one before has been used.
    public func pages(_ scan: ItemScan) -> ItemPages {
        ItemPages { start throws(DynamoDBError) in
            var page = scan
            if let start { page.start = start }
            return try await self.scan(page)
        }
    }

    /// Every item of a query's answer, in its order, read page by page.
    public func items(_ query: ItemQuery) -> Items { Items(pages: pages(query)) }

    /// Every item of a scan's answer, read page by page.
    public func items(_ scan: ItemScan) -> Items { Items(pages: pages(scan)) }

    /// An asynchronous sequence of pages. Each iteration reads anew.
    public struct ItemPages: AsyncSequence, Sendable {
        fileprivate let page: @Sendable (_ start: Attributes?) async throws(DynamoDBError) -> ItemPage

        public func makeAsyncIterator() -> Iterator { Iterator(page: page) }

        public struct Iterator: AsyncIteratorProtocol {
            fileprivate let page: @Sendable (_ start: Attributes?) async throws(DynamoDBError) -> ItemPage
            private var start: Attributes?
            private var isFinished = false

            fileprivate init(
                page: @escaping @Sendable (_ start: Attributes?) async throws(DynamoDBError) -> ItemPage
            ) {
                self.page = page
            }

            /// - Returns: `nil` after the last page. Pages may be empty.
            public mutating func next(
                isolation: isolated (any Actor)? = #isolation
            ) async throws(DynamoDBError) -> ItemPage? {
                guard !isFinished else { return nil }
                let next = try await page(start)
                start = next.lastEvaluatedKey
                isFinished = start == nil
                return next
            }
        }
    }

    /// An asynchronous sequence of items. Each iteration reads anew.
    public struct Items: AsyncSequence, Sendable {
        fileprivate let pages: ItemPages

        public func makeAsyncIterator() -> Iterator { Iterator(pages: pages.makeAsyncIterator()) }

        public struct Iterator: AsyncIteratorProtocol {
            private var pages: ItemPages.Iterator
            private var items: ArraySlice<Attributes> = []

            fileprivate init(pages: ItemPages.Iterator) { self.pages = pages }

            public mutating func next(
                isolation: isolated (any Actor)? = #isolation
            ) async throws(DynamoDBError) -> Attributes? {
                while items.isEmpty {
                    guard let page = try await pages.next(isolation: isolation) else { return nil }
                    items = page.items[...]
                }
                return items.removeFirst()
            }
        }
    }
}
