import CLMDB

/// The place of a store's file when it was opened, to detect that the file was removed or moved.
///
/// Writes to a file that was removed, or whose directory was moved, unmounted or replaced, don't fail: everything
/// "succeeds", and is lost when the program ends, or lies where the next start doesn't look.
struct StorePlace: Sendable {
    private let path: String
    private let device: UInt64
    private let number: UInt64

    /// Nil where the system doesn't tell one file from another.
    init?(_ path: String) {
        self.path = path
        var (device, number): (CUnsignedLongLong, CUnsignedLongLong) = (0, 0)
        guard clmdb_identity(path, &device, &number) == 0 else { return nil }
        (self.device, self.number) = (device, number)
    }

    /// Whether an open file, which was there at first, still is. A system that doesn't answer is no proof that it isn't.
    func isHeld(by file: mdb_filehandle_t) -> Bool {
        guard clmdb_is_nameless(file) == 0 else { return false }
        var (device, number): (CUnsignedLongLong, CUnsignedLongLong) = (0, 0)
        let code = clmdb_identity(path, &device, &number)
        guard code == 0 else { return clmdb_is_missing(code) == 0 }
        return device == self.device && number == self.number
    }
}
