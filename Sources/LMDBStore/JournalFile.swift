import CLMDB

/// The file of a journal: `journal`, beside LMDB's in the store's directory. It keeps its size, and all of it was written before it
/// is used: so a flush of it waits for the bytes alone, and never for the file system's own records.
final class JournalFile: Sendable {
    private let file: CInt
    private let place: StorePlace?
    /// Bytes of the file.
    let size: Int

    private init?(_ file: CInt, _ path: String) {
        guard file >= 0 else { return nil }
        self.file = file
        place = StorePlace(path)
        size = Int(clamping: clmdb_file_size(file))
    }

    deinit { clmdb_close(file) }

    static func path(in directory: String) -> String { directory + "/journal" }

    /// Makes the file, durably; nil where the disk doesn't take it, and then there is none.
    static func make(in directory: String, size: Int) -> JournalFile? {
        let path = path(in: directory)
        let file = clmdb_make_journal(path)
        guard file >= 0 else { return nil }
        let zeros = [UInt8](repeating: 0, count: size)
        guard clmdb_write(file, zeros, size, 0) == 0, clmdb_flush(file) == 0, clmdb_flush_directory(directory) == 0
        else {
            clmdb_close(file)
            clmdb_remove(path)
            return nil
        }
        return JournalFile(file, path)
    }

    /// Opens the file where there is one, to go on with it or only to read it.
    static func open(in directory: String, forWriting: Bool) throws(StoreDamage) -> JournalFile? {
        let path = path(in: directory)
        let file = clmdb_open_journal(path, forWriting ? 1 : 0)
        if let journal = JournalFile(file, path) { return journal }
        let code = clmdb_error()
        guard clmdb_is_missing(code) != 0 else {
            throw StoreDamage("its journal can't be opened: \(String(cString: mdb_strerror(code)))")
        }
        return nil
    }

    /// Whether the file is still where the next start would look for it.
    var isInPlace: Bool { place?.isHeld(by: file) ?? true }

    /// All of it.
    func read() throws(StoreDamage) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: max(0, size))
        let count = bytes.withUnsafeMutableBytes { clmdb_read(file, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else {
            throw StoreDamage("the disk can't read its journal: \(String(cString: mdb_strerror(clmdb_error())))")
        }
        return Array(bytes.prefix(count))
    }

    /// Writes at an offset, durably. Returns 0 or the error.
    func write(_ bytes: [UInt8], at offset: Int) -> (written: Int32, flushed: Int32) {
        let written = clmdb_write(file, bytes, bytes.count, Int64(offset))
        return (written, written == 0 ? clmdb_flush(file) : 0)
    }
}
