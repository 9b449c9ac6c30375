import Basics
import Cryptography
import Exchange
import NodeCore
import Wire

/// Plays a script of what happens to a node: one byte for what, and then what it needs.
func playNodeScript(_ input: [UInt8]) throws(Finding) {
    let (steps, isWhole) = Script.extent(of: input)
    var script = Script(input)
    var world = try NodeWorld(bootstrap: script.flag())
    for _ in 0..<steps where !script.isAtEnd {
        try world.play(&script)
        world.node.checkInvariants()
    }
    try world.end(isWhole: isWhole)
}

extension NodeWorld {
    fileprivate mutating func play(_ script: inout Script) throws(Finding) {
        switch script.below(16) {
        case 0: try bring(script.string(), from: endpoint(&script), mayOpen: false)
        case 1:
            let (number, place, change) = (Int(script.u8()), Int(script.u16()), script.u8())
            try replay(number, changing: place, by: change, from: endpoint(&script))
        case 2: try askRaw(&script)
        case 3, 4: try askSoundly(&script)
        case 5: try depositWhole(&script)
        case 6: try answer(&script)
        case 7:
            try pass(min(.milliseconds(1 << Int64(script.below(22))), NodeWorld.longest - now.monotonic.sinceOrigin))
        case 8: now.utc = UnixTime(seconds: script.flag() ? Sample.now.seconds : Int64(bitPattern: script.u64()))
        case 9: try commit(script.one(of: [.committed, .committed, .full, .failed]))
        case 10: beginCommit()
        case 11: try command(script.nodeCommand(for: self))
        case 12: try respond(&script)
        case 13: try change(&script)
        case 14: try cancel(Int(script.u8()))
        default: try restart(bootstrap: script.flag() ? [.known(callers[1].key, callers[1].endpoint)] : [])
        }
    }

    /// The time that one script may take: what lasts longer repeats itself.
    private static let longest = Duration.seconds(900)

    private func endpoint(_ script: inout Script) -> Endpoint {
        script.one(of: callers.map(\.endpoint) + NodeWorld.strangers)
    }

    /// Changes how the world is.
    private mutating func change(_ script: inout Script) throws(Finding) {
        switch script.below(8) {
        case 7: try tell(.approach(mailbox: script.one(of: NodeSample.owners).location))
        case 6: try tell(.watch(script.flag() ? NodeSample.owners.map(\.location) : []))
        case 0: losesAll.toggle()
        case 1: spoofed = spoofed == nil ? script.one(of: NodeWorld.strangers) : nil
        case 2: saveContacts()
        case 3: try tell(.acceptDeliveries(for: script.flag() ? NodeSample.owners.map(\.location) : []))
        case 4: callers[script.below(callers.count)].restart(seed: UInt64(script.u8()) + 1_000)
        default: callers[script.below(callers.count)].isHonest.toggle()
        }
    }

    // MARK: Requests

    private mutating func askRaw(_ script: inout Script) throws(Finding) {
        let (caller, number, fields) = (script.below(callers.count), script.u8(), script.string())
        try ask(caller) { id in [number] + withUnsafeBytes(of: id.bigEndian) { [UInt8]($0) } + fields }
    }

    private mutating func askSoundly(_ script: inout Script) throws(Finding) {
        let caller = script.below(callers.count)
        let (request, payload) = script.request(channelBinding: callers[caller].binding, responder: node.id)
        try ask(caller) { id in NodeSample.encode(request, payload, requestID: id) }
    }

    private mutating func depositWhole(_ script: inout Script) throws(Finding) {
        let caller = script.below(callers.count)
        let (mailbox, envelope) = (script.one(of: NodeSample.owners).location, script.envelope())
        for index in 0..<Chunks.count(of: envelope.count) {
            let chunk = NodeSample.chunk(index, of: envelope, at: mailbox)
            try ask(caller) { id in NodeSample.encode(.deposit(chunk), envelope, requestID: id) }
        }
    }

    // MARK: Answers

    private mutating func answer(_ script: inout Script) throws(Finding) {
        let (caller, question) = (script.below(callers.count), Int(script.u8()))
        let known = callers.map(\.contact)
        let time = now.utc
        callers[caller].answer(question, now: now.monotonic) { header, request in
            script.response(to: header, request, known: known, time: time)
        }
        try finishTurn()
    }

    /// Answers one of the node's events.
    private mutating func respond(_ script: inout Script) throws(Finding) {
        switch script.below(3) {
        case 0 where !challenges.isEmpty:
            let challenge = challenges.removeFirst()
            let signature = script.flag() ? Signature(r: script.bytes32(), s: .zero) : nil
            try tell(.authorize(challenge: challenge.id, signature: signature), as: challenge.command)
        case 1 where !offers.isEmpty:
            let offer = offers.removeFirst()
            let wanted = script.flag() ? offer.envelopes : [EnvelopeID(script.bytes32())]
            try tell(.fetch(wanted), as: offer.command)
        case 2 where !deliveries.isEmpty:
            let answer: DeliveryAnswer = script.flag() ? .accepted : .refused(.unopenable)
            try tell(.resolveDelivery(deliveries.removeFirst(), answer))
        default: break
        }
    }
}
