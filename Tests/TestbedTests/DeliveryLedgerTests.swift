import Basics
import ControlAPI
import Foundation
import Simulation
import Testbed
import Testing

@Suite struct DeliveryLedgerTests {
    private func received(
        _ letter: Letter, position: String = "p", text: String? = nil, via: Via = .mailbox
    ) -> ReceivedMessage {
        ReceivedMessage(
            message: "m", seq: 1, from: "roost1", text: text ?? letter.text, sentAt: .now, receivedAt: .now, via: via,
            read: false,
            position: position)
    }

    private func sent(_ id: MessageID, _ state: MessageState) -> SentMessage {
        SentMessage(
            id: id, to: PeerID(.zero), state: state, buddies: 3, of: 20, acceptedAt: UnixTime(seconds: 0),
            expiresAt: UnixTime(seconds: 1))
    }

    /// A ledger with one letter from 0 to 1, accepted after a second.
    private func withLetter(isOnline: Bool = false) -> (DeliveryLedger, Letter) {
        var ledger = DeliveryLedger(run: "run")
        let letter = ledger.submit(from: 0, to: 1, length: 10, at: .zero)
        ledger.accept(letter, as: MessageID(1).hex, recipientIsOnline: isOnline, at: .seconds(1))
        return (ledger, letter)
    }

    @Test func whatArrivesOnceIsDelivered() {
        var (ledger, letter) = withLetter(isOnline: true)
        #expect(ledger.open == 1 && ledger.accepted == 1)
        ledger.receive(received(letter, via: .direct), by: 1, at: .seconds(3))
        // As often as one looks.
        ledger.receive(received(letter, via: .direct), by: 1, at: .seconds(5))
        ledger.compare(inbox: [received(letter)], of: 1)
        let figures = ledger.figures(isOver: true)
        #expect(figures.accepted == 1 && figures.delivered == 1 && figures.direct == 1 && figures.lost == 0)
        #expect(figures.latencies == [.seconds(2)] && figures.latenciesOnline == [.seconds(2)])
        #expect(ledger.violations.isEmpty && ledger.unfinished.isEmpty && ledger.open == 0)
    }

    @Test func whatArrivesTwiceIsAViolation() {
        var (ledger, letter) = withLetter()
        ledger.receive(received(letter), by: 1, at: .seconds(3))
        ledger.receive(received(letter, position: "q"), by: 1, at: .seconds(4))
        #expect(ledger.duplicated == 1 && ledger.violations.count == 1)
        #expect(ledger.violations.first?.trace.count == 4)
    }

    @Test func theInboxHoldsItOnceInTheEnd() {
        var (ledger, letter) = withLetter()
        ledger.receive(received(letter), by: 1, at: .seconds(3))
        var doubled = ledger
        doubled.compare(inbox: [received(letter), received(letter)], of: 1)
        #expect(doubled.violations.map(\.sentence) == ["A message stands twice in the inbox."])
        ledger.compare(inbox: [], of: 1)
        #expect(ledger.violations.map(\.sentence) == ["A message that was shown is no longer in the inbox."])
    }

    @Test func whatNobodyWroteOrWasAlteredIsAViolation() {
        var (ledger, letter) = withLetter()
        ledger.receive(received(letter, text: "Hello"), by: 1, at: .seconds(2))
        ledger.receive(received(letter), by: 2, at: .seconds(2))
        ledger.receive(received(letter, text: letter.text.replacing("run", with: "ruin")), by: 1, at: .seconds(2))
        #expect(ledger.violations.count == 3 && ledger.delivered == 0)
        ledger.receive(received(letter, text: letter.text + "y"), by: 1, at: .seconds(2))
        #expect(ledger.violations.last?.sentence == "A message was altered.")
    }

    @Test func whatDoesNotArriveIsUnfinishedUnlessItsSenderWasTold() {
        var (ledger, letter) = withLetter()
        #expect(ledger.unfinished.count == 1 && ledger.missing.map(\.message) == [MessageID(1).hex])
        #expect(ledger.figures(isOver: false).pending == 1 && ledger.figures(isOver: true).lost == 1)
        var told = ledger
        told.record(sent(MessageID(1), .failed), at: .seconds(9))
        #expect(told.unfinished.isEmpty && told.figures(isOver: true).failed == 1)
        ledger.forgotten(letter, at: .seconds(9))
        #expect(ledger.violations.count == 1)
        _ = letter
    }

    @Test func whatNobodyAcceptedIsSaidSo() {
        var ledger = DeliveryLedger(run: "run")
        _ = ledger.submit(from: 0, to: 1, length: 0, at: .zero)
        #expect(ledger.unfinished.first?.sentence.contains("never accepted") == true)
        #expect(ledger.figures(isOver: true).accepted == 0 && ledger.missing.isEmpty)
    }

    /// The sender's node was killed before it could answer; the message had been on its disk.
    @Test func whatArrivesUnansweredWasAccepted() {
        var ledger = DeliveryLedger(run: "run")
        let letter = ledger.submit(from: 0, to: 1, length: 0, at: .seconds(1))
        ledger.receive(received(letter), by: 1, at: .seconds(4))
        let figures = ledger.figures(isOver: true)
        #expect(figures.accepted == 1 && figures.delivered == 1 && figures.latencies == [.seconds(3)])
    }
}
