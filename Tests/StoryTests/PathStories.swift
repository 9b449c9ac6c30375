import Basics
import Cryptography
import NodeCore
import Sessions
import Testing
import Wire

/// What a node says and believes of paths, and whom it shows where it is.
@Suite struct PathStories {
    private let elsewhere = Endpoint(ipv4: 0x2100_0001, port: 9)

    private func challenge(_ requestID: UInt32) -> [UInt8] {
        var body = ByteWriter(capacity: PathChallenge.byteCount)
        PathChallenge.encode(7, requestID: requestID, into: &body)
        return body.bytes
    }

    /// Where each pong says that its receiver is seen, by where it goes.
    private func observed(_ sent: [(to: Endpoint, body: [UInt8])]) -> [Endpoint: Endpoint] {
        var observed: [Endpoint: Endpoint] = [:]
        for (to, body) in sent {
            if case .pong(let place, _)? = try? Response.decode(body.span.bytes).response { observed[to] = place }
        }
        return observed
    }

    /// The number of a challenge is repeated only where that came over the session's own path: who sends it on from elsewhere gets
    /// nothing that proves their path. And what a ping's sender is told of where they are goes over the path that it is true of.
    @Test func aChallengeSentOnIsAnsweredWithoutItsNumber() throws {
        var stage = Stage(servers: 4, seed: 7)
        let own = stage.parts[0].endpoint
        let straight = stage.exchange(challenge(900), from: 0, at: own)
        #expect(observed(straight) == [own: own])
        let repeated = straight.map { PathChallenge.read(from: $0.body.span.bytes) }
        #expect(repeated == [7])
        // Where it is seen is told over that path once that has proved itself, and not before.
        let sentOn = stage.exchange(challenge(901), from: 0, at: elsewhere)
        #expect(observed(sentOn) == [own: own])
        let pongs = sentOn.filter { (try? Response.decode($0.body.span.bytes)) != nil }
        let numbers = pongs.map { PathChallenge.read(from: $0.body.span.bytes) }
        #expect(numbers == [nil])
        let asked = try #require(sentOn.first { $0.to == elsewhere })
        let proof = stage.exchange(try answer(to: asked.body), from: 0, at: elsewhere)
        #expect(observed(proof) == [elsewhere: elsewhere])
    }

    /// The answer to a challenge.
    private func answer(to challenge: [UInt8]) throws -> [UInt8] {
        let read = PathChallenge.read(from: challenge.span.bytes)
        let number = try #require(read)
        let header = try RPCHeader(decoding: challenge.span.bytes)
        var body = ByteWriter(capacity: Limits.bodySize)
        Response.pong(observed: elsewhere, time: UnixTime(seconds: 1_790_000_000)).encode(
            answering: header, into: &body)
        body.challenge(number)
        return body.bytes
    }

    /// What answers from elsewhere say of where the node is counts for nothing: of a copy that is where the copier is.
    @Test(arguments: [true, false]) func whatIsSaidFromElsewhereIsNotBelieved(isStraight: Bool) {
        var stage = Stage(servers: 6, seed: 8)
        let claimed = Endpoint(ipv4: 0x0909_0909, port: 5)
        stage.seenAt = claimed
        stage.source = isStraight ? nil : elsewhere
        stage.changeNetwork(expectsMapping: false)
        stage.run(for: .seconds(3))
        #expect((stage.node.status.external?.ipv4 == claimed) == isStraight)
    }

    /// A node that has moved shows a client once where it is, and opens no session to it: nobody knows where a client is but by its session.
    @Test func aClientIsShownThePlaceOnce() {
        var stage = Stage(servers: 3, seed: 9)
        let client = stage.addPart(as: .client)
        let pong = stage.answer(to: .ping, from: client)
        #expect(pong != nil)
        stage.deaf = [client]
        let before = stage.initiations[client, default: 0]
        stage.changeNetwork(expectsMapping: false)
        stage.run(for: .seconds(60))
        #expect(stage.initiations[client, default: 0] == before)
        #expect(stage.node.path(to: stage.parts[client].key.nodeID)?.isMoving == false)
    }

    /// The peers that are shown where a node is come one after the other, also after a machine was asleep.
    @Test func peersAreShownInTurn() {
        var moves = Moves()
        let peers = (0..<5).map { number in
            Contact(key: PublicKey(Bytes32(words: (UInt64(number), 1, 1, 1))), endpoint: elsewhere)
        }
        let start = Instant.origin + .seconds(100)
        moves.begin(peers, now: start)
        var order: [Contact] = []
        for time in [
            .zero, .milliseconds(10), .milliseconds(20), .seconds(50), .seconds(50), .seconds(51), .seconds(52),
        ]
            as [Duration]
        {
            while let peer = moves.next(now: start + time) { order.append(peer) }
            #expect(order.count <= 5)
            if time == .seconds(50) { #expect(order.count == 3, "not all that would have been due") }
        }
        #expect(order == peers && moves.nextDue == nil)
        let (here, there) = (elsewhere, elsewhere.with(port: 10))
        // Where it was is not known yet; all have just been shown the place; it is elsewhere since.
        let isElsewhere = [
            moves.observe(seenAt: here, nil, now: start + .seconds(1)),
            moves.observe(seenAt: there, nil, now: start + .seconds(2)),
            moves.observe(seenAt: there, nil, now: start + .seconds(6)),
            moves.observe(seenAt: there, nil, now: start + .seconds(6)),
        ]
        #expect(isElsewhere == [false, false, true, false])
        let counts = [0, 9, 10].map { moves.observeChallenge(now: start + .seconds($0)) }
        #expect(counts == [true, false, true])
    }
}
