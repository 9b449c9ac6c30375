extension RoutingTable {
    /// This node was cut off, so the contacts' failures meanwhile say little about them. All failures of one contact
    /// count as one, so that it is asked again soon, and stays for another.
    public mutating func forgiveFailures() {
        for bucket in buckets {
            for place in bucket.members where entries[place].isDoubted { entries[place].forgive() }
        }
        // Their checks may long be overdue.
        checkDeadline = .past
    }
}
