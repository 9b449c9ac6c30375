extension Limits {
    // MARK: Reconciliation

    /// Items that a node looks at for one request of a comparison that it makes: about a millisecond of work. A set of
    /// so many is one fingerprint.
    public static let itemsPerComparison = 4_096
    /// Items that it looks at to answer one: twice as many, so that a set that is somewhat larger than the asker's is
    /// still compared at once.
    public static let itemsPerComparisonAnswer = 2 * itemsPerComparison
    /// Ranges into which one that differs is split. Many make few round trips; few make small answers when little
    /// differs (docs/measurements.md).
    public static let rangeSplit = 16
    /// Items of a range that differs that are named one by one, as a few names take no more than fingerprints.
    public static let itemsNamed = 8
    /// Ranges known to differ that one request asks about: about as many as one answer has room for.
    public static let differingRangesPerRequest = 3
    /// Ranges that one comparison remembers to ask about. Honest answers lead to some fifty; beyond the bound, ranges
    /// are joined.
    public static let rangesToCompare = 256
    /// Requests of one comparison, so that a liar ends. It names some 40,000 differences; the next goes on there.
    public static let comparisonRequests = 4_096
    /// Differences given out at once.
    public static let differencesPerBatch = 128
    /// Things that one round of repair brings to its partner at most: keys of 66 KB together. The rest is found again.
    public static let offersPerRound = 1_024
    /// Times in a row that a request of a comparison may be refused as busy, or get no answer, before it ends.
    public static let comparisonFailures = 3

    // MARK: Audit

    /// Envelopes of one round of repair that the other node is asked about afterwards, and as many of those that it was
    /// brought: a liar that drops all of them is found by the first.
    public static let auditsPerRound = 2
    /// How long after a node was brought something it is asked for it at the earliest.
    public static let auditDelay = Duration.seconds(60)
    /// Questions that wait for their time at once; beyond that, new ones are not put.
    public static let auditsWaiting = 64
    /// Times in a row that a second audit may tell nothing, before the doubt is dropped.
    public static let auditTries = 3
    /// Doubts remembered at once; beyond that, the oldest is dropped.
    public static let doubts = 256
    /// How long a node is left out that was found twice without what it acknowledged: long enough that it costs a liar
    /// more than it gains, and one that was repaired gets mail again.
    public static let leftOutFor = Duration.seconds(24 * 3_600)
    /// Nodes left out at once; beyond that, the one left out first counts again. More liars than that around one
    /// location leave no honest nodes to choose.
    public static let nodesLeftOut = 64
}
