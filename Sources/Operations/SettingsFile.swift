import Platform

/// The file of settings: one JSON object of the fields of `Setting`.
///
/// All of it is checked before anything is taken from it: a field whose name was mistyped would otherwise silently not be set.
enum SettingsFile {
    /// More than any such file has.
    private static let largestSize = 1 << 20

    /// A field's value, as far as settings can have it.
    private enum Field: Decodable {
        case text(String)
        case list([String])
        case other

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else if let texts = try? container.decode([String].self) {
                self = .list(texts)
            } else {
                self = .other
            }
        }

        func texts(of setting: Setting) -> [String]? {
            switch (self, setting.shape) {
            case (.text(let text), .text): [text]
            case (.list(let texts), .list): texts
            default: nil
            }
        }
    }

    /// What the file says, after every field's name and type has been checked.
    static func read(_ path: String) throws(SettingsError) -> [Setting: [String]] {
        func wrong(_ what: String) -> SettingsError { SettingsError("The configuration file \(path) \(what)") }
        guard let data = SettingsFile.contents(path) else {
            throw wrong("can't be read: check its path and permissions.")
        }
        guard data.count <= SettingsFile.largestSize else { throw wrong("is larger than 1 MiB: it is another file.") }
        guard String(validating: data, as: UTF8.self) != nil else { throw wrong("is not UTF-8: convert it.") }
        let fields: [String: Field]
        do {
            fields = try JSONDecoder().decode([String: Field].self, from: data)
        } catch DecodingError.dataCorrupted(let context) {
            let place = (context.underlyingError as? CocoaError)?.userInfo["NSDebugDescription"] as? String
            throw wrong("is not JSON: \(place ?? "check its commas and quotes.")")
        } catch {
            throw wrong(#"has to hold one object, such as {"log-level": "info"}."#)
        }
        var texts: [Setting: [String]] = [:]
        for (name, field) in fields.sorted(by: { $0.key < $1.key }) {
            guard let setting = Setting.fields.first(where: { $0.field == name }) else {
                let names = Setting.fields.compactMap(\.field).joined(separator: ", ")
                throw wrong(
                    "has the field \"\(SettingsFile.shortened(name))\", which is none: its fields are \(names).")
            }
            guard let values = field.texts(of: setting) else {
                throw wrong("has something else in \"\(name)\" than \(setting.allowed).")
            }
            texts[setting] = values
        }
        return texts
    }

    /// Regular files only: reading a pipe would block.
    private static func contents(_ path: String) -> Data? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var data = Data()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while data.count <= largestSize {
            let count = systemRead(descriptor, &buffer, buffer.count)
            if count == 0 { break }
            if count > 0 {
                data += buffer[..<count]
            } else if errno != EINTR {
                return nil
            }
        }
        return data
    }

    private static func shortened(_ text: String) -> String {
        text.count > 40 ? text.prefix(40) + "…" : text
    }
}

/// `read(2)`, where `SettingsFile.read` hides it.
private func systemRead(_ file: CInt, _ start: UnsafeMutableRawPointer, _ count: Int) -> Int {
    read(file, start, count)
}
