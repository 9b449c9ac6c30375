extension RoutingTable {
    /// This node was cut off: that contacts failed to answer meanwhile says little about them. All failures of one count as
    /// one, so that it is asked again soon, and stays for another.
    public mutating func forgiveFailures() {
        for bucket in buckets {
            for place in bucket.members where entries[place].isDoubted { entries[place].forgive() }
        }
        // Their checks may have been due for long.
        checkDeadline = .past
    }
}
