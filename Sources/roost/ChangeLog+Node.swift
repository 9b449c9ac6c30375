import ControlAPI
import Cryptography
import RoostService

extension ChangeLog {
    /// The log of a node, from now on.
    static func kept(of node: RoostNode) async -> ChangeLog {
        let log = ChangeLog(after: Int(clamping: await node.lastArrival))
        await node.add(RoostNode.NoticeObserver()) { [weak node] notice in
            guard let node, let change = notice.flatMap({ Change($0) }) else { return }
            // An observer is told on the node's event loop.
            log.note(change, at: node.assumeIsolated { Int(clamping: $0.lastArrival) })
        }
        return log
    }
}

extension ChangeLog.Change {
    /// Nil where a message that has a number tells of it.
    fileprivate init?(_ notice: PeerNotice) {
        switch notice {
        case .conversationChanged(let peer): self = .conversation(peer.text)
        case .draftChanged(let peer): self = .draft(peer.text)
        case .changed(let message): self = .sent(message.id.hex)
        case .received, .accepted, .notAccepted: return nil
        }
    }
}
