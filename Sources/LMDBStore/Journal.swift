import CLMDB
import Storage

/// The journal of a store: batches that are durable there before LMDB has them (write-ahead logging; Gray and Reuter, Transaction
/// Processing, chapter 9).
///
/// LMDB flushes a file twice for a commit, and writes every page that it touches anew. A record is written in one piece and flushed
/// once. LMDB takes over many batches at a time, of which most keys are written once.
struct Journal {
    private let directory: String
    private let file: JournalFile
    private let number: UInt64
    /// Where the next record goes.
    private var end: Int
    /// The ordinal of the last record that was begun.
    private(set) var last: UInt64
    /// Whether the store has all records.
    private(set) var isSettled: Bool

    /// Bytes of a new file: some thousand writes, which LMDB takes over within 10 ms or so.
    static let initialSize = 4 << 20
    /// Bytes that the disk must have free for the file to be made: what is nearly full is no place for it.
    static let diskNeeded = 16 * initialSize

    /// How the writing of a record ended.
    enum Outcome {
        case durable
        /// Nothing is in the journal.
        case full
        /// Nobody knows what is on the disk.
        case failed
    }

    /// Goes on with a file that holds records which the store doesn't have.
    init(_ file: JournalFile, in directory: String, _ mark: JournalMark, _ content: JournalContent) {
        self.directory = directory
        (self.file, number, end, last) = (file, mark.journal, content.end, content.last)
        isSettled = false
    }

    /// Makes a new one, of which the store must be told before it is used; nil where the disk doesn't take it.
    init?(in directory: String) {
        var number: UInt64 = 0
        let code = withUnsafeMutableBytes(of: &number) { bytes in
            clmdb_random(bytes.baseAddress?.assumingMemoryBound(to: CUnsignedLongLong.self))
        }
        guard code == 0, let file = JournalFile.make(in: directory, size: Journal.initialSize) else { return nil }
        self.directory = directory
        (self.file, self.number, end, last) = (file, number, 0, 0)
        isSettled = true
    }

    /// What the store is to say of it, once it has all records.
    func mark(isUsed: Bool) -> JournalMark {
        JournalMark(journal: number, settled: last, size: file.size, isUsed: isUsed)
    }

    /// Whether the file is still where the next start would look for it.
    var isInPlace: Bool { file.isInPlace }

    /// Bytes of the file.
    var size: Int { file.size }

    /// Whether there is room for a record of some size.
    func holds(_ size: Int) -> Bool { size <= file.size - end }

    /// Writes a batch, durably.
    mutating func append(_ writes: [StoreWrite]) -> Outcome {
        // Whatever comes of it, no other record has this ordinal.
        last += 1
        isSettled = false
        let record = JournalRecord.encode(writes, ordinal: last, journal: number)
        let (written, flushed) = file.write(record, at: end)
        guard flushed == 0 else { return .failed }
        guard written == 0 else {
            // The ordinals have a gap now, which the store must have passed before the next record.
            end = file.size
            return clmdb_is_disk_full(written, directory) != 0 ? .full : .failed
        }
        end += record.count
        return .durable
    }

    /// The store has all records: the next is written at the beginning.
    mutating func rewind() { (end, isSettled) = (0, true) }

    /// Removes the file, of which the store has all records.
    func remove() { clmdb_remove(JournalFile.path(in: directory)) }
}
