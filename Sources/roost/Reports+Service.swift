import Basics
import ControlAPI
import Cryptography
import Platform
import RoostService

// What the service reports, in the API's terms.

extension ReceivedMessage {
    init(_ message: IncomingMessage, _ known: Acquaintances) {
        self.init(
            message: message.id.hex, seq: Int(clamping: message.arrival), from: message.from.text, text: message.text,
            sentAt: Date(message.sentAt), receivedAt: Date(message.receivedAt), via: message.via,
            read: message.isRead, position: message.position.text,
            unknownKind: message.unknownKind.map { Int($0) }, claimedName: known.claimedName(of: message.from),
            resembles: known.resembled(by: message.from), introductions: known.introductions(of: message.from),
            introduction: known.card(in: message))
    }
}

extension ReceivedNotice {
    init(_ message: ArrivedMessage) {
        let position = message.position
        self.init(
            message: position.id.hex, seq: Int(clamping: message.arrival), from: position.from.text,
            sentAt: Date(message.sentAt), receivedAt: Date(message.receivedAt), via: message.via,
            read: message.isRead, position: position.text)
    }
}

extension UnopenedReport {
    init(_ standing: UnopenedStanding?) {
        self.init(
            envelopes: standing?.count ?? 0, bytes: standing?.bytes ?? 0, since: standing.map { Date($0.since) },
            until: standing.map { Date($0.lastDay.advanced(by: 1).start) })
    }
}

extension LookupResult {
    init(_ report: LookupReport) {
        let closest = report.closest.map {
            Entry(
                node: $0.contact.id.hex, endpoint: $0.contact.place,
                rttMilliseconds: $0.roundTrip.milliseconds)
        }
        self.init(
            target: report.target.hex, closest: closest, rounds: report.rounds, rpcs: report.requests,
            milliseconds: report.elapsed.milliseconds)
    }
}

/// `LAMPORT.SENDER.ID`, to be handed back as it is.
extension InboxPosition {
    var text: String { "\(lamport).\(from.hex).\(id.hex)" }

    init?(text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let lamport = UInt64(parts[0]), let from = PeerID(hex: parts[1]),
            let id = MessageID(hex: parts[2])
        else { return nil }
        self.init(lamport: lamport, from: from, id: id)
    }
}

extension ControlError {
    init(_ error: ServiceError) {
        let code: Code =
            switch error.code {
            case .messageInvalid, .peerInvalid, .bootstrapInvalid: .badInput
            case .messageUnknown: .notFound
            case .peerBlocked, .decisionRefused: .conflict
            case .outboxFull, .inboxFull, .diskFull: .full
            case .diskFailed, .storeCorrupt: .storage
            case .busy, .stopped, .cancelled: .unavailable
            case .dataDirectoryUnusable, .dataDirectoryForbidden, .alreadyRunning, .keyUnusable, .otherVersion,
                .portInUse, .addressUnusable, .passphraseMissing, .passphraseWrong, .outOfMemory, .fileUnusable,
                .fileUnreadable, .fileInvalid, .fileNewer:
                .internalError
            }
        self.init(code, error.sentence)
    }
}

extension Failure {
    init(_ error: ServiceError) {
        let status: ExitStatus =
            switch error.code {
            case .dataDirectoryUnusable, .alreadyRunning, .portInUse, .outboxFull, .inboxFull, .fileUnusable,
                .outOfMemory:
                .cannotCreate
            case .dataDirectoryForbidden, .passphraseWrong: .notPermitted
            case .keyUnusable, .otherVersion, .addressUnusable, .bootstrapInvalid, .passphraseMissing, .fileNewer:
                .badConfiguration
            case .storeCorrupt, .diskFull, .diskFailed, .fileUnreadable: .inputOutput
            case .fileInvalid, .messageInvalid, .peerInvalid, .messageUnknown: .badInput
            case .busy, .stopped, .cancelled: .unavailable
            case .peerBlocked, .decisionRefused: .failed
            }
        self.init(status, error.sentence)
    }
}

extension Contact {
    /// Where it is reached.
    var place: String { [ipv4, ipv6].compactMap { $0?.description }.joined(separator: ", ") }
}

extension Duration {
    fileprivate var milliseconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) * 1_000 + Double(attoseconds) / 1e15
    }
}
