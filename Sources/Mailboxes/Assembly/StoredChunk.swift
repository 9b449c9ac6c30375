import Basics
import Storage
import Wire

extension StoreView {
    /// Calls `body` with one chunk of the value under a key, valid only during the call, and returns true. Returns
    /// false where there is no such value or chunk, or where `isGiven` rejects the whole value.
    func readChunk(
        _ index: Int, _ table: Table, _ key: [UInt8], _ body: (DownloadChunk, RawSpan) -> Void,
        where isGiven: (RawSpan) -> Bool
    ) -> Bool {
        var isFound = false
        _ = read(table, key) { bytes in
            guard let place = Chunks.checkedRange(index, of: bytes.byteCount), isGiven(bytes) else { return }
            isFound = true
            let part = DownloadChunk(
                size: bytes.byteCount, index: index, bytes: ByteRange(offset: 0, count: place.count))
            body(part, bytes.extracting(place))
        }
        return isFound
    }
}
