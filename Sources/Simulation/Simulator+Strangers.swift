import Basics
import Exchange
import Wire

/// Mail of strangers to one person's mailbox.
extension Simulator {
    /// The next envelope of all, in even steps over the time.
    mutating func planOffer() {
        let offered = strangers.figures.offered
        guard let envelopes = scenario.strangers?.envelopes, offered < envelopes else { return }
        agenda.plan(.offer, at: formedAt + scenario.duration * offered / envelopes)
    }

    /// A relaying node brings what nobody can open to the mailbox of the first person, to whom all of it goes.
    mutating func offer() {
        guard phase == .running, let size = scenario.strangers?.size, let victim = people.first else { return }
        guard let host = roster.random(&offers), network.isRunning(host), let key = mailboxKey(of: victim) else {
            // Nobody is there to bring it.
            return agenda.plan(.offer, at: network.time + .seconds(1))
        }
        let envelope = junk(size)
        let deposit = NodeCommand.deposit(mailbox: key.location, key: key, envelope: envelope)
        strangers.begin(network.command(deposit, at: host), bytes: size)
        planOffer()
    }

    private func mailboxKey(of person: HostID) -> BlindedKey? {
        network.peerID(person)?.blindedKey(for: .mailbox, epoch: network.now.utc.epoch, suite: scenario.suite)
    }

    /// An envelope like none before it, with nothing in it.
    private mutating func junk(_ size: Int) -> [UInt8] {
        let header = EnvelopeHeader(
            expiry: network.now.utc.day.advanced(by: 7), sizeClass: Limits.sizeClasses.firstIndex(of: size) ?? 0)
        let name = offers.bytes32().array
        return header.assemble(sealed: name + [UInt8](repeating: 0, count: header.sealed.count - name.count))
    }

    /// Looks how much buddies keep in that mailbox.
    mutating func weighStrangersMail() {
        guard scenario.strangers != nil, let victim = people.first, let mailbox = mailboxKey(of: victim)?.location
        else { return }
        for host in roster.hosts {
            var bytes = 0
            network.disk(host).scan(.envelopes, prefix: mailbox.bytes.array, after: nil) { _, value in
                bytes += value.byteCount
                return true
            }
            strangers.observeKept(bytes)
        }
    }
}
