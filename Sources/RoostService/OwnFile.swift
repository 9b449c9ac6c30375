/// What this program makes or reads in a data directory, by its name there. All lists of such names are made of this one.
package enum OwnFile: String, CaseIterable, Sendable {
    case nodeKey = "node.key"
    case profileKey = "profile.key"
    case store
    case format
    /// Says that an import has begun and not ended.
    case importing
    case lock
    case names = "peers.json"
    case compared = "compared.json"
    case browsers = "web.json"
    case opening = "web.html"
    case token = "api-token"
    case settings = "config.json"
    case socket = "roost.sock"
    /// The socket while it is being made.
    case socketDraft = "roost.temp"

    /// Whether it holds anything of a person, or lets somebody act as them. Where one of these is, nobody else's data are imported, and
    /// an import that begins anew removes it.
    package var isPersons: Bool {
        switch self {
        case .nodeKey, .profileKey, .store, .format, .names, .compared, .browsers, .opening, .token: true
        case .importing, .lock, .settings, .socket, .socketDraft: false
        }
    }

    /// Who writes it whole or not at all, and so may leave a draft of it when they are killed.
    package enum Writer {
        /// Whoever makes keys, or an import.
        case maker
        /// Whoever changes names, sessions of browsers or the API token, at any time.
        case anyTime
    }

    /// Nil where no draft of it is ever made beside it.
    package var writer: Writer? {
        switch self {
        case .nodeKey, .profileKey, .format, .importing: .maker
        case .names, .compared, .browsers, .opening, .token: .anyTime
        case .store, .lock, .settings, .socket, .socketDraft: nil
        }
    }

    /// Whether names that add something to this one are this program's as well: drafts, copies that people make, and the store that
    /// isn't complete yet.
    var hasVariants: Bool { writer != nil || self == .store }

    /// Whether a name is this one, or a variant of it.
    func isMeant(by name: String) -> Bool { name == rawValue || hasVariants && name.hasPrefix(rawValue + ".") }
}
