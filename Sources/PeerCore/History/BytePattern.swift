/// Bytes that are searched for in many texts, each read once from its first byte to its last (Knuth, Morris and Pratt, 1977).
///
/// Comparing at every place would take the product of both lengths where they repeat themselves, and a text may be made for that.
struct BytePattern {
    private let bytes: [UInt8]
    /// `borders[n]`: the length of the longest proper prefix of `bytes[0...n]` that is also its suffix (the failure function).
    private let borders: [Int]

    /// Nil where it is empty: that is in every text.
    init?(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return nil }
        self.bytes = bytes
        var borders = [0]
        var agreed = 0
        for byte in bytes.dropFirst() {
            while agreed > 0, bytes[agreed] != byte { agreed = borders[agreed - 1] }
            if bytes[agreed] == byte { agreed += 1 }
            borders.append(agreed)
        }
        self.borders = borders
    }

    func isIn(_ text: some Sequence<UInt8>) -> Bool {
        var agreed = 0
        for byte in text {
            while agreed > 0, bytes[agreed] != byte { agreed = borders[agreed - 1] }
            guard bytes[agreed] == byte else { continue }
            agreed += 1
            if agreed == bytes.count { return true }
        }
        return false
    }
}
