import ControlAPI
import Cryptography
import Platform
import RoostService
import StatusView

// The person's own ID, names, safety numbers, and the page for browsers.

extension ServiceBackend {
    func identity() async throws(ControlError) -> ShareReport {
        let id = node.peerID.text
        let link = PeerLink.link(to: id)
        let rows = QRCode(link).map { code in
            (0..<code.width).map { row in
                String((0..<code.width).map { column in code.isDark(row: row, column: column) ? "1" : "0" })
            }
        }
        return ShareReport(id: id, node: node.nodeID.hex, link: link, code: rows ?? [])
    }

    func oneself() async -> SelfReport { SelfReport(id: node.peerID.text, name: await node.ownName()) }

    func nameOneself(_ name: String) async throws(ControlError) -> SelfReport {
        try await durably { () async throws(ServiceError) in try await node.setOwnName(name) }
        return await oneself()
    }

    func name(_ peer: String, _ name: String, replacing: Bool) async throws(ControlError) -> PeerReport {
        if let objection = PeerName.objection(to: name) { throw ControlError(.badInput, objection) }
        let addition: AddressBook.Addition
        let id: String
        do throws(Failure) {
            let found = try Peer.id(peer)
            addition = try await change { book in
                Result { () throws(Failure) in try book.add(name, found, replacing: replacing) }
            }
            id = found
        } catch {
            throw ControlError(error)
        }
        switch addition {
        case .added, .unchanged, .replacedCompared: return PeerReport(name: name, id: id)
        case .isTaken(let other, let id):
            throw ControlError(
                .conflict,
                "There is “\(Printable.word(other))” already, who is \(Printable.word(id)): choose another name.")
        case .full: throw ControlError(.full, "The address book is full: remove names that you don't need.")
        }
    }

    func removeName(_ name: String) async throws(ControlError) {
        let isRemoved: Bool
        do throws(Failure) {
            isRemoved = try await change { book in Result { () throws(Failure) in try book.remove(name) } }
        } catch {
            throw ControlError(error)
        }
        guard isRemoved else {
            throw ControlError(.notFound, "There is no “\(Printable.word(name))” in the address book.")
        }
    }

    func safety(_ peer: String) async throws(ControlError) -> SafetyReport {
        let other = try self.peer(peer)
        let compared = (try? book.compared()) ?? [:]
        return SafetyReport(
            peer: other.text, own: node.peerID.text, groups: SafetyNumber(node.peerID, other).groups,
            compared: compared[other.text])
    }

    func markCompared(_ peer: String, _ isCompared: Bool) async throws(ControlError) {
        let id = try self.peer(peer).text
        let isNamed: Bool
        do throws(Failure) {
            let date = isCompared ? Date() : nil
            isNamed = try await change { book in
                Result { () throws(Failure) in try book.mark(id, comparedAt: date) }
            }
        } catch {
            throw ControlError(error)
        }
        guard isNamed else { throw ControlError(.conflict, "That ID has no name to be noted with: give it one first.") }
    }

    /// Changes the address book on a thread of its own, as it waits for other programs that change it: those of the pool answer requests.
    private func change<Answer: Sendable>(
        _ body: @escaping @Sendable (AddressBook) -> Result<Answer, Failure>
    ) async throws(Failure) -> Answer {
        let result = await withCheckedContinuation { continuation in
            let hasStarted = DetachedThread.start { [book] in continuation.resume(returning: body(book)) }
            if !hasStarted {
                let failure = Failure(.inputOutput, "The system has no thread left for this: try again in a moment.")
                continuation.resume(returning: .failure(failure))
            }
        }
        return try result.get()
    }

    func webLink() async throws(ControlError) -> WebLink { try await web.link() }

    func endWeb() async throws(ControlError) -> Int { await web.endAll() }
}

extension ControlError {
    /// What the address book couldn't do, in the API's terms.
    fileprivate init(_ failure: Failure) {
        let code: Code =
            switch failure.status {
            case .badInput, .unknownName, .usage: .badInput
            default: .storage
            }
        self.init(code, failure.sentence)
    }
}
