import Configuration
import Foundation

/// The file of settings: one JSON object of the fields of `Setting`.
///
/// All of it is checked before swift-configuration, which looks up and doesn't list, takes a value from it: a field whose name
/// was mistyped would otherwise silently not be set, and a wrong type would be an error that names no file.
enum SettingsFile {
    /// More than any such file has.
    private static let largestSize = 1 << 20

    /// Where the values of a file come from, after every field's name and type has been checked.
    static func provider(_ path: String) async throws(SettingsError) -> FileProvider<JSONSnapshot> {
        try check(path)
        do {
            return try await FileProvider<JSONSnapshot>(filePath: .init(path))
        } catch {
            throw SettingsError("The configuration file \(path) can't be read (\(error)): correct it.")
        }
    }

    private static func check(_ path: String) throws(SettingsError) {
        func wrong(_ what: String) -> SettingsError { SettingsError("The configuration file \(path) \(what)") }
        guard let data = SettingsFile.contents(path) else {
            throw wrong("can't be read: check its path and permissions.")
        }
        guard data.count <= SettingsFile.largestSize else { throw wrong("is larger than 1 MiB: it is another file.") }
        guard String(validating: data, as: UTF8.self) != nil else { throw wrong("is not UTF-8: convert it.") }
        let value: Any
        do {
            value = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
        } catch {
            let reason = (error as NSError).userInfo["NSDebugDescription"] as? String ?? ""
            throw wrong("is not JSON: \(reason.isEmpty ? "check its commas and quotes." : reason)")
        }
        guard let object = value as? [String: Any] else {
            throw wrong(#"has to hold one object, such as {"log-level": "info"}."#)
        }
        for (field, value) in object.sorted(by: { $0.key < $1.key }) {
            guard let setting = Setting.fields.first(where: { $0.field == field }) else {
                let names = Setting.fields.compactMap(\.field).joined(separator: ", ")
                throw wrong(
                    "has the field \"\(SettingsFile.shortened(field))\", which is none: its fields are \(names).")
            }
            guard hasShape(value, setting.shape) else {
                throw wrong("has something else in \"\(field)\" than \(setting.allowed).")
            }
        }
    }

    private static func hasShape(_ value: Any, _ shape: Setting.Shape) -> Bool {
        switch shape {
        case .text: value is String
        case .list: (value as? [Any])?.allSatisfy { $0 is String } == true
        }
    }

    /// Of a regular file only: a pipe would be waited for.
    private static func contents(_ path: String) -> Data? {
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let type = try? FileManager.default.attributesOfItem(atPath: target)[.type]
        guard type as? FileAttributeType == .typeRegular else { return nil }
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        do {
            // Of an empty file nothing is read, which is no failure.
            return try handle.read(upToCount: largestSize + 1) ?? Data()
        } catch {
            return nil
        }
    }

    private static func shortened(_ text: String) -> String {
        text.count > 40 ? text.prefix(40) + "…" : text
    }
}
