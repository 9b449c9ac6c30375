/// Where the keys with a prefix lie in the order of keys.
public enum KeyPrefix {
    /// The first key after all keys that begin with `prefix`; nil where no key is after them.
    public static func end(of prefix: [UInt8]) -> [UInt8]? {
        guard let last = prefix.lastIndex(where: { $0 < .max }) else { return nil }
        return Array(prefix[..<last]) + [prefix[last] + 1]
    }

    /// The key before which a backward scan begins: the earlier of `before` and the prefix's end; nil for the last key of all.
    public static func end(of prefix: [UInt8], before: [UInt8]?) -> [UInt8]? {
        guard let end = end(of: prefix) else { return before }
        guard let before, before.lexicographicallyPrecedes(end) else { return end }
        return before
    }
}
