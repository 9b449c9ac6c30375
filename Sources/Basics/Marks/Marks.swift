/// How often each rare branch was reached: coverage marks, as TigerBeetle and FoundationDB have them.
///
/// A driver that wants to know owns one that counts, in the outbox that it lends to the cores. One that doesn't count
/// takes no room, and then a mark costs a look at whether it does. Nothing may depend on what was counted.
public struct Marks: Sendable, Equatable {
    /// By `Mark.ordinal`; empty where nothing is counted.
    @usableFromInline
    var counts: [UInt32]

    /// Marks that are not counted.
    public init() { counts = [] }

    private init(counts: [UInt32]) { self.counts = counts }

    /// Marks that are counted, from zero.
    public static var counting: Marks { Marks(counts: [UInt32](repeating: 0, count: Mark.allCases.count)) }

    /// Whether anything is counted.
    @inlinable
    public var isCounting: Bool { !counts.isEmpty }

    /// How often a mark was reached. What components gather in a `MarkSet` counts once a call.
    public subscript(mark: Mark) -> Int { isCounting ? Int(counts[mark.ordinal]) : 0 }

    /// A mark was reached.
    @inlinable
    @inline(__always)
    public mutating func count(_ mark: Mark) {
        if isCounting { add(mark) }
    }

    @inline(never)
    @usableFromInline
    mutating func add(_ mark: Mark) {
        if counts[mark.ordinal] < .max { counts[mark.ordinal] += 1 }
    }

    /// The marks of a set were reached.
    public mutating func count(_ set: MarkSet) {
        guard isCounting, !set.isEmpty else { return }
        for mark in Mark.allCases where set.contains(mark) { count(mark) }
    }

    /// Counts the marks of a set and empties it. A set that nobody counts just stays as it is.
    public mutating func drain(_ set: inout MarkSet) {
        guard isCounting, !set.isEmpty else { return }
        count(set)
        set = MarkSet()
    }

    /// Adds what another has counted.
    public mutating func add(_ other: Marks) {
        guard isCounting, other.isCounting else { return }
        for index in counts.indices {
            let (sum, overflow) = counts[index].addingReportingOverflow(other.counts[index])
            counts[index] = overflow ? .max : sum
        }
    }

    /// The marks that were reached, in the order of their declaration.
    public var reached: [Mark] { Mark.allCases.filter { self[$0] > 0 } }

    /// Those that were not.
    public var missing: [Mark] { Mark.allCases.filter { self[$0] == 0 } }
}

/// The marks that a component has reached since it was last asked: for components that are lent no outbox in which to
/// count.
///
/// A bit for each of the first 256 marks, in place.
public struct MarkSet: Sendable, Equatable {
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// No marks.
    public init() {}

    /// Whether none was reached.
    public var isEmpty: Bool { words.0 | words.1 | words.2 | words.3 == 0 }

    /// A mark was reached.
    public mutating func insert(_ mark: Mark) {
        let bit = UInt64(1) << UInt64(mark.ordinal & 63)
        switch mark.ordinal >> 6 {
        case 0: words.0 |= bit
        case 1: words.1 |= bit
        case 2: words.2 |= bit
        case 3: words.3 |= bit
        default: assertionFailure("a component without an outbox has a mark beyond the first 256")
        }
    }

    /// The marks of another were reached as well.
    public mutating func formUnion(_ other: MarkSet) {
        words.0 |= other.words.0
        words.1 |= other.words.1
        words.2 |= other.words.2
        words.3 |= other.words.3
    }

    /// Whether a mark was reached.
    public func contains(_ mark: Mark) -> Bool {
        let bit = UInt64(1) << UInt64(mark.ordinal & 63)
        switch mark.ordinal >> 6 {
        case 0: return words.0 & bit != 0
        case 1: return words.1 & bit != 0
        case 2: return words.2 & bit != 0
        case 3: return words.3 & bit != 0
        default: return false
        }
    }

    public static func == (left: MarkSet, right: MarkSet) -> Bool { left.words == right.words }
}
