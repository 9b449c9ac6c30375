import Basics
import Cryptography
import NodeCore
import Testing
import Wire

/// One stranger does all it can to a node, with sessions that are proper and signatures that are valid.
@Suite struct AbuseStories {
    private static let today = UnixTime(seconds: 1_790_000_000).day

    private static func person(_ number: UInt64, _ purpose: BlindingPurpose) -> BlindedSigner {
        var generator = SeededGenerator(seed: number)
        let profile = ProfileKey(seed: SecretKey(generator.bytes32()), suite: .cheap)
        return profile.blinded(for: purpose, epoch: today.start.epoch)
    }

    /// A request to keep the smallest record of somebody, and its bytes.
    private static func record(_ number: UInt64) -> (Request, [UInt8]) {
        let signer = person(number, .record)
        let bytes = SignedRecord.encode(
            sequence: 1, validUntil: today.advanced(by: 14).start, sealed: [1, 2, 3], signer: signer)
        let chunk = UploadChunk(
            location: signer.location, object: Blake2b.hash256(bytes), size: bytes.count, index: 0,
            bytes: ByteRange(offset: 0, count: bytes.count))
        return (.putRecord(chunk), bytes)
    }

    /// A request to discard eight envelopes of a mailbox that nobody else knows, and its bytes.
    private static func discard(_ number: UInt64) -> (Request, [UInt8]) {
        let signer = person(number, .mailbox)
        var writer = ByteWriter(capacity: Limits.bodySize)
        for index in 0..<UInt8(Limits.tombstonesPerDiscard) {
            let id = EnvelopeID(Bytes32(words: (number, 0, 0, UInt64(index))))
            writer.tombstone(Tombstone(envelope: id, expiry: today.advanced(by: 16), signer: signer))
        }
        let bytes = writer.bytes
        return (
            .discard(signer.location, key: signer.key, tombstones: ByteRange(offset: 0, count: bytes.count)), bytes
        )
    }

    /// What a part was answered: kept or discarded, refused as busy, refused otherwise.
    private static func outcomes(_ stage: Stage, _ part: Int, _ requests: [UInt32]) -> (
        done: Int, busy: Int, other: Int
    ) {
        var (done, busy, other) = (0, 0, 0)
        for request in requests {
            switch stage.parts[part].answers[request] {
            case .kept?, .discarded?, .granted?: done += 1
            case .refused(.busy, _)?: busy += 1
            default: other += 1
            }
        }
        return (done, busy, other)
    }

    private static func ask(_ stage: inout Stage, _ request: (Request, [UInt8]), from part: Int) -> UInt32 {
        stage.ask(request.0, payload: request.1, from: part)
    }

    @Test func recordsOfOneStrangerLeaveRoomForEverybodyElse() {
        var stage = Stage(servers: 4, seed: 301)
        let (stranger, newcomer) = (stage.addPart(), stage.addPart())
        stage.ask(.ping, from: stranger)
        var kept = 0
        for number in 0..<UInt64(4_000) {
            let request = AbuseStories.ask(&stage, AbuseStories.record(number), from: stranger)
            if number % 100 == 0 { stage.run(for: .milliseconds(100)) }
            if case .kept? = stage.parts[stranger].answers[request] { kept += 1 }
        }
        stage.run(for: .seconds(1))
        #expect(stage.node.status.records == Limits.recordsPerAccount && !stage.node.status.isFull)
        #expect(stage.node.status.displaced.records > 1_500, "\(kept) were kept at first")
        stage.ask(.ping, from: newcomer)
        let mine = AbuseStories.ask(&stage, AbuseStories.record(1_000_000), from: newcomer)
        stage.run(for: .milliseconds(100))
        #expect(AbuseStories.outcomes(stage, newcomer, [mine]).done == 1)
    }

    /// While a disk is slow, what is written and who waits for it are bounded. Five blocks write all they can, one of them more than
    /// its share, and leave room for others.
    @Test func whoWritesMostLeavesRoomForOthersWhileTheDiskIsSlow() {
        var stage = Stage(servers: 4, seed: 305)
        let strangers = (0..<5).map { _ in stage.addPart() }
        let newcomer = stage.addPart()
        for part in strangers + [newcomer] { stage.ask(.ping, from: part) }
        stage.isDiskStalled = true
        var asked = strangers.map { _ in [UInt32]() }
        for number in 0..<4_700 {
            let place = number < 1_200 ? 0 : 1 + number % 4
            asked[place].append(
                AbuseStories.ask(&stage, AbuseStories.record(UInt64(number)), from: strangers[place]))
        }
        let waiting = zip(strangers, asked).map { part, requests in
            requests.count - AbuseStories.outcomes(stage, part, requests).busy
        }
        #expect(waiting[0] <= Limits.deferredAnswersPerBlock && waiting.reduce(0, +) <= Limits.deferredAnswers)
        #expect(waiting[1...].allSatisfy { $0 > 100 }, "\(waiting)")
        let mine = (0..<20).map { AbuseStories.ask(&stage, AbuseStories.record(1_000_000 + $0), from: newcomer) }
        #expect(AbuseStories.outcomes(stage, newcomer, mine).busy == 0, "they wait for the disk")
        stage.isDiskStalled = false
        stage.run(for: .seconds(1))
        #expect(AbuseStories.outcomes(stage, newcomer, mine).done == 20)
        #expect(AbuseStories.outcomes(stage, strangers[1], asked[1]).done > 100, "and the others are not refused all")
    }

    /// However many tombstones one signs, a node verifies and keeps what a block may have; others are served.
    @Test func tombstonesOfOneStrangerCostABudget() {
        var stage = Stage(servers: 4, seed: 302)
        let (stranger, owner) = (stage.addPart(), stage.addPart())
        stage.ask(.ping, from: stranger)
        stage.ask(.ping, from: owner)
        let asked = (0..<UInt64(2_000)).map { number in
            AbuseStories.ask(&stage, AbuseStories.discard(number), from: stranger)
        }
        stage.run(for: .seconds(1))
        let flood = AbuseStories.outcomes(stage, stranger, asked)
        #expect(flood.busy > 800 && stage.node.status.refusedForWork == flood.busy)
        #expect(stage.node.status.tombstones < 10_000)
        let own = AbuseStories.ask(&stage, AbuseStories.discard(77_777), from: owner)
        stage.run(for: .milliseconds(100))
        #expect(AbuseStories.outcomes(stage, owner, [own]).done == 1)
        // Little by little it gets on, at a tenth of a processor.
        stage.run(for: .seconds(10))
        let later = AbuseStories.ask(&stage, AbuseStories.discard(88_888), from: stranger)
        stage.run(for: .milliseconds(100))
        #expect(AbuseStories.outcomes(stage, stranger, [later]).done == 1)
    }

    /// The first message of a handshake may be a replay from an address that isn't its sender's.
    @Test func aDiscardInAHandshakeIsNotDone() {
        var stage = Stage(servers: 4, seed: 303)
        let stranger = stage.addPart()
        _ = AbuseStories.ask(&stage, AbuseStories.discard(1), from: stranger)
        stage.run(for: .seconds(1))
        #expect(stage.node.status.tombstones == 0)
        let again = AbuseStories.ask(&stage, AbuseStories.discard(1), from: stranger)
        stage.run(for: .seconds(1))
        #expect(AbuseStories.outcomes(stage, stranger, [again]).done == 1 && stage.node.status.tombstones == 8)
    }

    /// Signatures that open nothing are verified until a block has used up its work; then another is still served at once.
    @Test func signaturesOfOneStrangerCostABudget() {
        var stage = Stage(servers: 4, seed: 304)
        let (stranger, owner) = (stage.addPart(), stage.addPart())
        stage.ask(.ping, from: stranger)
        stage.ask(.ping, from: owner)
        let signer = AbuseStories.person(5, .mailbox)
        let wrong = Request.authorize(signer.location, key: signer.key, Signature(r: .zero, s: .zero))
        let asked = (0..<20_000).map { _ in stage.ask(wrong, from: stranger) }
        let flood = AbuseStories.outcomes(stage, stranger, asked)
        #expect(flood.other <= (Limits.workGuaranteed + Limits.workPerAccount) / 75 && flood.busy > 5_000)
        let one = stage.ask(wrong, from: owner)
        guard case .refused(.unauthorized, _)? = stage.parts[owner].answers[one] else {
            Issue.record("\(String(describing: stage.parts[owner].answers[one]))")
            return
        }
    }

    // MARK: Answered hellos

    /// A block of which many are dialled at others' request, and answer, may be dialled on.
    @Test func answeredDialsAreGivenBack() {
        var stage = Stage(servers: 12, seed: 305)
        stage.answersProbes = true
        let askers = [stage.addPart(), stage.addPart()]
        for asker in askers { stage.ask(.ping, from: asker) }
        for number in 0..<80 {
            let host = stage.addPart(at: Endpoint(ipv4: 0xcb00_7101 + UInt32(number), port: 7_337))
            let part = stage.parts[host]
            stage.ask(.confirm(part.key, at: part.endpoint), from: askers[number % 2])
            stage.run(for: .milliseconds(100))
        }
        #expect(stage.probes.count == 80)
    }

    /// A node whose bootstraps are all of one block gets to some of them, though each is asked for its key first: without what
    /// answers give back, four could be reached. One lookup takes them all in, and asks few of a block.
    @Test func answeredBootstrapHellosAreGivenBack() {
        let stage = Stage(servers: 60, seed: 306, areKnown: false) {
            Endpoint(ipv4: 0xcb00_7101 + UInt32($0), port: 7_337)
        }
        #expect(stage.parts.count(where: \.hasSession) >= 6)
    }
}
