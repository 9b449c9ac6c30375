import Basics

/// What one buddy asks another to compare. It says all that the answer depends on: the responder remembers nothing.
public struct ReconcileRequest: Hashable, Sendable {
    /// Drawn at random by the requester for each comparison. The key of its fingerprints is derived from it and from
    /// the IDs of both nodes.
    public let nonce: UInt128
    /// What lasts shorter than to this day is left out by both.
    public let firstDay: Day
    /// How many first bits of their IDs both nodes share with the locations, 0…255; other locations are left out by both.
    public let depth: Int
    /// The ranges with the requester's fingerprints: `RangeReader` reads them.
    public let ranges: ByteRange

    public init(nonce: UInt128, firstDay: Day, depth: Int, ranges: ByteRange) {
        self.nonce = nonce
        self.firstDay = firstDay
        self.depth = depth
        self.ranges = ranges
    }
}
