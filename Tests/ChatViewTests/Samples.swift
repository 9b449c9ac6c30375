import Basics
import ChatView
import ControlAPI
import Cryptography
import Foundation
import StatusView

/// People, and moments made up.
enum Samples {
    static func peer(_ number: UInt8) -> PeerID { PeerID(Bytes32([UInt8](repeating: number, count: 32)) ?? .zero) }
    /// The ID of a text: that of made up ones can't be read, as they are no keys.
    static let peers = Dictionary(uniqueKeysWithValues: (0...255).map { (peer($0).text, peer($0)) })
    static let me = peer(1).text
    static let bob = peer(2).text
    static let carol = peer(3).text
    static let stranger = peer(4).text
    static let names = [bob: "bob", carol: "Carol 家"]

    /// A Saturday.
    static let noon = Date(timeIntervalSince1970: 1_700_308_800)

    /// In UTC, whatever the machine's zone (Hinnant, "chrono-compatible low-level date algorithms").
    static func utc(_ date: Date) -> LocalMoment {
        let seconds = Int(date.timeIntervalSince1970)
        let days = seconds / 86_400 + 719_468
        let era = days / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let march = (5 * dayOfYear + 2) / 153
        let month = march < 10 ? march + 3 : march - 9
        return LocalMoment(
            year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
            day: dayOfYear - (153 * march + 2) / 5 + 1, weekday: (seconds / 86_400 + 4) % 7,
            hour: seconds / 3_600 % 24, minute: seconds / 60 % 60)
    }

    static func chat(columns: Int = 80, rows: Int = 24, opening peer: String? = nil) -> Chat {
        Chat(
            Chat.Setting(me: me, name: { names[$0] }, keyPrefix: "key", moment: utc), columns: columns, rows: rows,
            opening: peer)
    }
}
