import ArgumentParser
import Platform

/// Completes the names of the address book in a shell. It reads one file and asks no daemon.
enum PeerCompletion {
    static let kind = CompletionKind.custom { words, index, prefix in
        // The beginning is that of the last word, wherever the cursor is.
        names(words, words.indices.contains(index) && index < words.count - 1 ? words[index] : prefix)
    }

    /// More help nobody to choose.
    private static let most = 100

    private static func names(_ words: [String], _ prefix: String) -> [String] {
        var options = DataOptions()
        options.data = value(of: "--data", in: words)
        options.profile = value(of: "--profile", in: words)
        guard let directory = try? options.directory(), let entries = try? AddressBook(directory: directory).entries()
        else { return [] }
        return Array(entries.keys.filter { isHarmless($0) && $0.hasPrefix(prefix) }.sorted().prefix(most))
    }

    /// Whether no shell takes it for anything but a word: bash expands what it is told to choose from.
    static func isHarmless(_ name: String) -> Bool {
        PeerName.objection(to: name) == nil
            && name.unicodeScalars.allSatisfy {
                $0.properties.isAlphabetic || $0.properties.numericType != nil || "._+@-".unicodeScalars.contains($0)
            }
    }

    /// An option's value as it was typed, with quotes taken off.
    private static func value(of option: String, in words: [String]) -> String? {
        for (index, word) in words.enumerated() {
            if word == option, index + 1 < words.count { return unquoted(words[index + 1]) }
            if word.hasPrefix(option + "=") { return unquoted(String(word.dropFirst(option.count + 1))) }
        }
        return nil
    }

    private static func unquoted(_ word: String) -> String {
        if word.hasPrefix("~/"), let home = ProcessInfo.processInfo.environment["HOME"] {
            return home + word.dropFirst()
        }
        guard word.count >= 2, let quote = word.first, "'\"".contains(quote), word.last == quote else { return word }
        return String(word.dropFirst().dropLast())
    }
}
