import Basics
import Exchange
import Storage

/// The node's civil time: how far others agree with it, and by which time is erased what they left here.
///
/// It is told when time is looked at and what others say, and then asked for directives until there are none.
struct NodeClock: Sendable {
    /// What the node is to do.
    enum Directive {
        /// Write down what the next start needs to know of the time before it.
        case save
        /// Tell the person's side.
        case tell(NodeEvent)
        /// Ask others for their time: those whom `observers` chooses.
        case ask
    }

    private static let key = Array("erasure".utf8)
    /// Contacts among which observers are chosen: some for each, as neighbours in an address block count as one.
    static let candidates = 4 * ClockCheck.observersAsked

    private var check: ClockCheck
    private var erasure: ErasureClock
    /// Whether `encoded` is to be written down again.
    private var hasToSave = false
    /// What the person's side was told last.
    private var toldStanding: ClockStanding
    private var toldDelaySeconds: Int64 = 0

    init(now: Now) {
        check = ClockCheck(now: now)
        erasure = ErasureClock(now: now)
        toldStanding = check.standing
    }

    /// Takes over what was written down before, if it can be read.
    mutating func restore(from store: StoreView, now: Now) {
        _ = store.read(.contacts, NodeClock.key) { encoded in
            if let erasure = ErasureClock(encoded, now: now) { self.erasure = erasure }
        }
    }

    /// Writes down what the next start needs to know of the time before it.
    func save(in store: inout StoreView) { store.put(.contacts, NodeClock.key, erasure.encoded) }

    /// How far the civil clock can be relied on.
    var standing: ClockStanding { check.standing }
    /// How far erasing is behind the civil clock, in seconds.
    var erasureDelaySeconds: Int64 { erasure.delaySeconds }
    /// When others are to be asked, where there are any.
    var nextQuestion: Instant { check.nextQuestion }

    /// The time by which what others left here may be erased; nil while nothing may be.
    func erasingTime(_ now: Now) -> UnixTime? {
        standing.isConfirmed ? now.utc.advanced(bySeconds: -erasure.delaySeconds) : nil
    }

    // MARK: Facts

    /// Looks whether the civil clock has jumped. To be called before anything that depends on civil time.
    mutating func look(now: Now) {
        check.look(now: now)
        if erasure.look(now: now, isConfirmed: standing.isConfirmed) { hasToSave = true }
    }

    /// An observer at an endpoint tells its time.
    mutating func observe(_ time: UnixTime, by observer: NodeID, at endpoint: Endpoint, now: Now) {
        check.observe(time, by: endpoint.observerKey(of: observer), now: now)
    }

    /// Others have agreed with the clock for hours.
    mutating func establish(agreeingWith observers: [Contact], _ turn: inout Turn) {
        for contact in observers {
            guard let endpoint = contact.endpoint(in: .both) else { continue }
            observe(turn.now.utc, by: contact.id, at: endpoint, now: turn.now)
        }
        check.establish(observers.count, now: turn.now, randomness: turn.randomness.next())
    }

    /// Chooses among some contacts the observers to ask. Each comes with the endpoint at which it would be asked: each
    /// counts by itself.
    mutating func observers(among candidates: [(contact: Contact, endpoint: Endpoint?)], now: Now) -> [Contact] {
        var keys: [Bytes32] = []
        var observers: [Contact] = []
        for (contact, endpoint) in candidates where keys.count < ClockCheck.observersAsked {
            guard let key = endpoint?.observerKey(of: contact.id), !keys.contains(key) else { continue }
            keys.append(key)
            observers.append(contact)
        }
        check.hasAsked(keys.count, now: now)
        return observers
    }

    /// Others may have become reachable that can be asked.
    mutating func networkChanged(now: Now) { if standing == .unconfirmed { check.askSoon(now: now) } }

    // MARK: Directives

    /// The next directive; nil where there is nothing to be done. `mayAsk`: the node knows others.
    mutating func nextDirective(now: Now, mayAsk: Bool) -> Directive? {
        if hasToSave {
            hasToSave = false
            return .save
        }
        // Before the standing: once told that the clock is confirmed, the person's side may erase by it.
        if erasure.delaySeconds != toldDelaySeconds {
            toldDelaySeconds = erasure.delaySeconds
            return .tell(.erasureDelay(seconds: toldDelaySeconds))
        }
        if standing != toldStanding {
            toldStanding = standing
            return .tell(.clock(standing))
        }
        return mayAsk && nextQuestion <= now.monotonic ? .ask : nil
    }
}
