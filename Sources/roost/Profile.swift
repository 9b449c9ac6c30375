import Platform

/// A data directory with a name, among those of this user: the one that is used by default, or one of `roost-profiles` beside it.
struct Profile {
    /// The name of the directory that is used by default.
    static let standard = "default"
    private static let folder = "roost-profiles"
    /// Profiles that are listed: more than people keep.
    static let most = 256

    let name: String
    let directory: String

    /// Why a text can't be a profile's name; nil where it can.
    static func objection(to name: String) -> String? {
        let isPlain = name.utf8.allSatisfy {
            (0x61...0x7a).contains($0) || (0x41...0x5a).contains($0) || (0x30...0x39).contains($0)
                || [0x2d, 0x5f].contains($0)
        }
        guard (1...32).contains(name.utf8.count), isPlain, !name.hasPrefix("-") else {
            return "A profile's name has 1 to 32 letters without accents, digits, - and _, and doesn't begin with -."
        }
        return nil
    }

    /// The profile of a name, which has to be one; nil where there is no home directory.
    init?(_ name: String, _ environment: [String: String]) {
        guard let place = Profile.place(environment) else { return nil }
        self.name = name
        directory = place + (name == Profile.standard ? "/roost" : "/\(Profile.folder)/\(name)")
    }

    /// Where the directories of this user's programs are, by the XDG Base Directory Specification 0.8.
    static func place(_ environment: [String: String]) -> String? {
        let fromXDG = environment["XDG_DATA_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        let fromHome = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 + "/.local/share" : nil }
        return fromXDG ?? fromHome
    }

    /// The profiles that there may be, the default one first and the others by name. Whether there are keys is not looked at.
    static func all(_ environment: [String: String]) -> [Profile] {
        guard let place = place(environment) else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(place)/\(folder)")) ?? []
        let others = names.filter { objection(to: $0) == nil && $0 != standard }.sorted()
        return ([standard] + others).compactMap { Profile($0, environment) }
    }
}
