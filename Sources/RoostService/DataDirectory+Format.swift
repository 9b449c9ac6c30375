/// The file `format`: that keys and store have been made, and in which format of the directory.
extension DataDirectory {
    /// The format of the directory: its files, their names, what is in them and how they are used.
    private static let format = 2

    /// Whether keys and store have been made before. Throws where a newer version has used the directory.
    func isComplete() throws(ServiceError) -> Bool {
        guard try !isHalfImported() else {
            throw ServiceError(
                .dataDirectoryUnusable,
                "An import into \(self.path) was cut short: repeat `roost import`, which begins anew.")
        }
        let path = file("format")
        let bytes: [UInt8]
        do throws(SystemCalls.Failure) {
            bytes = try SystemCalls.read(path, limit: 64)
        } catch {
            if error.isMissing { return false }
            throw ServiceError(.dataDirectoryUnusable, "The file \(path) can't be read (\(error.reason)): repair that.")
        }
        // Later versions may say more behind the number.
        let words = String(decoding: bytes, as: UTF8.self).split { $0.isWhitespace }
        guard words.count >= 3, words[..<2] == ["roost", "data"], let found = Int(words[2]), found > 0 else {
            throw ServiceError(
                .dataDirectoryUnusable,
                "The file \(path) is damaged: restore it from a backup, or remove it if the keys and the store are there."
            )
        }
        guard found <= DataDirectory.format else {
            throw ServiceError(
                .otherVersion,
                """
                The data directory \(self.path) has format \(found), and this program reads up to \(DataDirectory.format): use \
                the newer version of roost that wrote it.
                """)
        }
        guard found == DataDirectory.format else {
            throw ServiceError(
                .otherVersion,
                """
                The data directory \(self.path) has format \(found), whose messages this program can't read: begin with a new \
                directory, into which you may copy the key files, or use the older version of roost that wrote it.
                """)
        }
        return true
    }

    /// States the format, durably: keys and store have been made.
    func markComplete() throws(ServiceError) {
        let text = "roost data \(DataDirectory.format)\n"
        do throws(SystemCalls.Failure) {
            try SystemCalls.replaceDurably(file("format"), Array(text.utf8))
        } catch {
            throw unwritable("format", error)
        }
    }
}
