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

    /// How long a node may be unable to show an envelope before it counts as unfaithful: the longest pause between two
    /// comparisons, after which a tombstone that it had to give up has come round.
    public static let auditPatience = Duration.seconds(2 * 3_600)
    /// Doubts remembered at once; beyond that, the oldest is dropped.
    public static let doubts = 256
}
