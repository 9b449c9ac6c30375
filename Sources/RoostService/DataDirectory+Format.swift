/// The file `format`: that keys and store have been made, and in which format of the directory.
extension DataDirectory {
    /// The format of the directory: its files, their names, what is in them and how they are used.
    static let format = 1 + Migration.steps.count

    /// What the file says: `roost data 2`, or `roost data 2 from 1` as long as a migration has been decided but not finished.
    package struct Format: Hashable, Sendable {
        package let number: Int
        /// The format that some of what is there may still have.
        package let previous: Int?

        package init(number: Int, previous: Int?) {
            self.number = number
            self.previous = previous
        }

        /// Later versions may say more behind the number, which this one then doesn't come to.
        init?(_ text: String, upTo supported: Int) {
            let words = text.split { $0.isWhitespace }
            guard words.count >= 3, words[..<2] == ["roost", "data"], let number = Int(words[2]), number > 0 else {
                return nil
            }
            self.number = number
            guard words.count > 3, number <= supported else {
                previous = nil
                return
            }
            guard words.count == 5, words[3] == "from", let old = Int(words[4]), (1..<number).contains(old) else {
                return nil
            }
            previous = old
        }

        var text: String { "roost data \(number)" + (previous.map { " from \($0)" } ?? "") + "\n" }
    }

    /// What is stated; nil where keys and store have not been made yet. Throws where a newer version has used the directory.
    package func format(upTo supported: Int = DataDirectory.format) throws(ServiceError) -> Format? {
        let path = file("format")
        let bytes: [UInt8]
        do throws(SystemCalls.Failure) {
            bytes = try SystemCalls.read(path, limit: 64)
        } catch {
            if error.isMissing { return nil }
            throw ServiceError(.dataDirectoryUnusable, "The file \(path) can't be read (\(error.reason)): repair that.")
        }
        guard let found = Format(String(decoding: bytes, as: UTF8.self), upTo: supported) else {
            throw ServiceError(
                .dataDirectoryUnusable,
                "The file \(path) is damaged: restore it from a backup, or remove it if the keys and the store are there."
            )
        }
        guard found.number <= supported else {
            throw ServiceError(
                .storeNewer,
                """
                The data directory \(self.path) has format \(found.number), and this program reads up to \(supported): use the \
                newer version of roost that wrote it.
                """)
        }
        return found
    }

    /// Whether keys and store have been made before. Throws where a newer version has used the directory.
    func isComplete() throws(ServiceError) -> Bool { try format() != nil }

    /// States a format, durably.
    package func state(_ format: Format) throws(ServiceError) {
        do throws(SystemCalls.Failure) {
            try SystemCalls.replaceDurably(file("format"), in: path, Array(format.text.utf8))
        } catch {
            throw unwritable("format", error)
        }
    }
}
