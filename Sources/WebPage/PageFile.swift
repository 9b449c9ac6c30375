/// The files of the page, which lie in the folder `Page` and are part of the program.
struct PageFile {
    let bytes: [UInt8]
    /// The media type.
    let type: String
    /// Whether it is what a browser shows, and not a part of it.
    let isPage: Bool

    /// Nil for a path at which there is none.
    init?(path: String) {
        if path == "/" {
            (bytes, type, isPage) = (PackageResources.index_html, "text/html; charset=utf-8", true)
            return
        }
        guard path.hasPrefix("/"), let bytes = PageFile.files[String(path.dropFirst())] else { return nil }
        self.bytes = bytes
        type =
            path.hasSuffix(".css")
            ? "text/css; charset=utf-8"
            : path.hasSuffix(".svg") ? "image/svg+xml" : "text/javascript; charset=utf-8"
        isPage = false
    }

    private static let files: [String: [UInt8]] = [
        "activity.js": PackageResources.activity_js,
        "api.js": PackageResources.api_js,
        "backup.js": PackageResources.backup_js,
        "base.css": PackageResources.base_css,
        "bubble.js": PackageResources.bubble_js,
        "bus.js": PackageResources.bus_js,
        "card.js": PackageResources.card_js,
        "chat.css": PackageResources.chat_css,
        "chat.js": PackageResources.chat_js,
        "composer.js": PackageResources.composer_js,
        "conversations.js": PackageResources.conversations_js,
        "copy.js": PackageResources.copy_js,
        "dom.js": PackageResources.dom_js,
        "drafts.js": PackageResources.drafts_js,
        "gate.js": PackageResources.gate_js,
        "icon.svg": PackageResources.icon_svg,
        "introduce.js": PackageResources.introduce_js,
        "layout.css": PackageResources.layout_css,
        "list.js": PackageResources.list_js,
        "lists.css": PackageResources.lists_css,
        "live.js": PackageResources.live_js,
        "main.js": PackageResources.main_js,
        "me.js": PackageResources.me_js,
        "messages.js": PackageResources.messages_js,
        "names.js": PackageResources.names_js,
        "network.js": PackageResources.network_js,
        "outbox.js": PackageResources.outbox_js,
        "page.js": PackageResources.page_js,
        "panels.css": PackageResources.panels_css,
        "people.js": PackageResources.people_js,
        "proof.js": PackageResources.proof_js,
        "qr.js": PackageResources.qr_js,
        "requests.js": PackageResources.requests_js,
        "ring.js": PackageResources.ring_js,
        "route.js": PackageResources.route_js,
        "safety.js": PackageResources.safety_js,
        "search.js": PackageResources.search_js,
        "secret.js": PackageResources.secret_js,
        "standing.js": PackageResources.standing_js,
        "stream.js": PackageResources.stream_js,
        "text.js": PackageResources.text_js,
        "time.js": PackageResources.time_js,
    ]

    fileprivate static var names: [String] { files.keys.sorted() }
}

/// What of the page others may know.
public enum PageFiles {
    /// All paths at which there is a file.
    public static var paths: [String] { ["/"] + PageFile.names.map { "/\($0)" } }
}
