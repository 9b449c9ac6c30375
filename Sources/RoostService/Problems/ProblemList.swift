import Basics

/// The one list of what is wrong, and the changes of it that are announced.
///
/// The list is true at every moment. Announcements don't repeat while a problem comes and goes: a problem is announced
/// once when it appears, and once when it has been over for a while.
package struct ProblemList: Sendable {
    /// A change that is announced once.
    package enum Change: Hashable, Sendable {
        case appeared(Problem)
        case over(Problem.Code)
    }

    /// How long the node may look for others before that is a problem: a few round trips and a lost datagram or two.
    package static let patience = Duration.seconds(4)
    /// How long the system must have refused everything: an interface that is set up again takes a moment.
    package static let refusalPatience = Duration.seconds(1)
    /// How long the node may receive nothing although it sends requests. Buddies are asked every 25 s to go on announcing the
    /// person's mail, (100 s by a node that others reach), so a network that has gone silent is noticed within a minute or two.
    package static let silencePatience = Duration.seconds(10)
    /// How long a message may go without a copy at another node: some attempts, with growing pauses.
    package static let outboxPatience = Duration.seconds(300)
    /// How long a problem must have been over before that is said.
    private static let relief = Duration.seconds(5)

    /// What is wrong now, the worst first.
    package private(set) var problems: [Problem] = []
    /// What was announced, and since when it has been over.
    private var announced: [(code: Problem.Code, overSince: Instant?)] = []

    package init() {}

    /// Rebuilds the list from the facts; returns the changes to announce.
    package mutating func update(_ facts: ProblemFacts, now: Instant) -> [Change] {
        problems = ProblemList.problems(facts)
        var changes: [Change] = []
        for problem in problems {
            if let index = announced.firstIndex(where: { $0.code == problem.code }) {
                announced[index].overSince = nil
            } else {
                announced.append((problem.code, nil))
                changes.append(.appeared(problem))
            }
        }
        for index in announced.indices.reversed() {
            let code = announced[index].code
            guard !problems.contains(where: { $0.code == code }) else { continue }
            let since = announced[index].overSince ?? now
            announced[index].overSince = since
            guard now - since >= ProblemList.relief else { continue }
            announced.remove(at: index)
            changes.append(.over(code))
        }
        return changes
    }

    // MARK: From facts to problems

    /// What is wrong according to the facts, the worst first. What only follows from a worse problem is left out.
    private static func problems(_ facts: ProblemFacts) -> [Problem] {
        let found = [
            disk(facts), damage(facts), keys(facts), openKeys(facts), copy(facts), clock(facts), refusal(facts),
            strangers(facts), names(facts), loneliness(facts), pathMTU(facts), reach(facts), flood(facts),
            fullness(facts), inbox(facts), unopened(facts), outbox(facts),
        ]
        return found.compactMap { $0 }
    }

    private static func disk(_ facts: ProblemFacts) -> Problem? {
        let advice = "Free some space on the disk that holds \(facts.directory); no restart is needed."
        if facts.isDiskFull {
            return Problem(
                .disk, "The disk is full: new messages and mail are refused until there is space.", advice: advice)
        }
        guard facts.isDiskNearlyFull else { return nil }
        return Problem(
            .diskNearlyFull,
            "The disk is nearly full: nothing new is kept for others, so that there is room for this person's own mail.",
            advice: advice)
    }

    private static func damage(_ facts: ProblemFacts) -> Problem? {
        guard facts.damagedReads > 0 else { return nil }
        return Problem(
            .damagedStore, "Something in the store is damaged and counts as lost.",
            advice: "Check the disk, and restore \(facts.directory) from a backup if you have one.")
    }

    private static func keys(_ facts: ProblemFacts) -> Problem? {
        guard !facts.missingKeys.isEmpty else { return nil }
        let names = facts.missingKeys.joined(separator: " and ")
        return Problem(
            .keysMissing, "In \(facts.directory) \(names) is missing: the node can't be started again without it.",
            advice: "Restore it from a backup; the running node goes on with what it has read.")
    }

    private static func openKeys(_ facts: ProblemFacts) -> Problem? {
        guard !facts.keysLeftOpen.isEmpty else { return nil }
        let names = facts.keysLeftOpen.joined(separator: " and ")
        return Problem(
            .keyOpen,
            "In \(facts.directory) \(names) is open, though the other key is sealed: a change of the passphrase was "
                + "cut short.",
            advice: "Type that `roost passphrase` command once more, with the same passphrase; the node may go on.")
    }

    private static func copy(_ facts: ProblemFacts) -> Problem? {
        guard facts.hasSecondCopy else { return nil }
        return Problem(
            .secondCopy, "Another copy of this profile publishes as well, or did so lately.",
            advice:
                "Run only one of them: each takes mail that the other then never sees. If this directory was imported or "
                + "restored from a backup and the other copy is gone, this passes within some three hours.")
    }

    private static func clock(_ facts: ProblemFacts) -> Problem? {
        facts.clock.complaint.map {
            Problem(
                .clock, "\($0).",
                advice: "Set it right; until then no mail is dated, given up or cleared away by it.")
        }
    }

    private static func refusal(_ facts: ProblemFacts) -> Problem? {
        guard let (reason, since) = facts.refusal, since >= refusalPatience else { return nil }
        if let lost = facts.lostEndpoint {
            return Problem(
                .networkUnreachable, "This machine no longer has the address that the node listens at, \(lost).",
                advice: "Give it back to the machine, and the node goes on by itself; or start the node with another "
                    + "--listen: 0.0.0.0 and [::] stand for every address, also those that come later.")
        }
        return Problem(
            .networkUnreachable, "This machine has no way to the network: it refuses what the node sends (\(reason)).",
            advice: "Check its cable, Wi-Fi or VPN; the node goes on by itself as soon as there is a way.")
    }

    private static func strangers(_ facts: ProblemFacts) -> Problem? {
        guard let endpoint = facts.strangers.first else { return nil }
        return Problem(
            .bootstrapKey,
            "The bootstrap node at \(endpoint) has another key than was given, and is not used to join.",
            advice: "Correct the address, or give it without a key to trust whoever answers there.")
    }

    private static func names(_ facts: ProblemFacts) -> Problem? {
        guard let name = facts.unresolvedNames.first else { return nil }
        if let list = try? BootstrapList(name) {
            return Problem(
                .bootstrapUnresolved, "The bootstrap list \(list) names no node that can be resolved.",
                advice: "Check that \(list.name) has SRV records, and that this machine is online; it is tried again.")
        }
        return Problem(
            .bootstrapUnresolved, "The bootstrap name \(name) can't be resolved.",
            advice: "Check it, and that this machine is online; it is tried again.")
    }

    /// No other nodes: because no bootstrap node was named, because none answers, or because all contacts have gone.
    /// Not reported while the machine has no network.
    private static func loneliness(_ facts: ProblemFacts) -> Problem? {
        guard refusal(facts) == nil else { return nil }
        let isSilent = (facts.silence ?? .zero) >= silencePatience
        let isSeeking = (facts.seeking ?? .zero) >= patience
        if facts.seeking != nil, facts.contacts == 0, !facts.hasBootstrap, !facts.hasNodesToAsk {
            return Problem(
                .noBootstrapGiven, "This node begins a network of its own: no other node is known.",
                advice: facts.beginning.advice)
        }
        if !facts.isJoined {
            guard isSeeking, facts.hasNodesToAsk else { return nil }
            return Problem(
                .bootstrapSilent,
                "No node through which this one could join has answered for \(length(facts.seeking)).",
                advice:
                    "Check that this machine is online, and that --bootstrap names nodes that run and are of the same "
                    + "network. The node keeps trying.")
        }
        guard isSeeking || isSilent else { return nil }
        return Problem(
            .alone, "No other node has answered for \(length(max(facts.seeking ?? .zero, facts.silence ?? .zero))).",
            advice: "Check that this machine is online, and that a firewall lets UDP through. The node keeps trying.")
    }

    private static func pathMTU(_ facts: ProblemFacts) -> Problem? {
        guard facts.losesLargeDatagrams else { return nil }
        let way =
            "Something between this machine and the network, such as a VPN or a tunnel, lets no datagrams of 1,228 bytes "
            + "through: raise its MTU to 1,280 or more."
        return Problem(
            .pathMTU, "Large datagrams get lost on the way: other nodes answer small ones only.",
            advice: facts.isJoined ? way : "\(way) Or those nodes are of another network: see --network.")
    }

    private static func reach(_ facts: ProblemFacts) -> Problem? {
        guard facts.isReachable == false else { return nil }
        return Problem(
            .notReached,
            "Others can't connect to this node: mail for its person waits with others, and it serves nobody.",
            advice: "Open UDP port\(facts.port.map { " \($0)" } ?? "") in the firewall, or forward it in the router.")
    }

    private static func flood(_ facts: ProblemFacts) -> Problem? {
        guard facts.isFlooded else { return nil }
        return Problem(
            .flooded, "Somebody brings this node or asks of it more than one block of addresses may.",
            advice: "Nothing need be done: it gets no more than its share, and others are served.")
    }

    private static func fullness(_ facts: ProblemFacts) -> Problem? {
        guard facts.isNodeFull else { return nil }
        return Problem(
            .nodeFull, "This node keeps as much for others as it may.",
            advice: "Nothing need be done: new mail goes to other nodes, and small things take the place of others.")
    }

    private static func inbox(_ facts: ProblemFacts) -> Problem? {
        guard facts.isInboxFull else { return nil }
        return Problem(
            .inboxFull, "The inbox holds as many messages as it may: further ones wait with others until they expire.",
            advice: "Delete some with `roost inbox delete`.")
    }

    private static func unopened(_ facts: ProblemFacts) -> Problem? {
        let count = facts.unopenedEnvelopes
        guard count > 0 else { return nil }
        return Problem(
            .unopenedMail,
            (count == 1 ? "1 envelope waits that" : "\(count) envelopes wait that")
                + " can't be opened with the keys held here.",
            advice: facts.goesOnFromCopy
                ? "They were sealed to keys that aren't here: this directory, or their sender's, may go on from an older copy. Senders "
                    + "seal their mail anew when they see this one's keys, so that what is in them may have come already; which "
                    + "has can't be told. Others keep them for 16 days at most; `roost inbox unopened --discard` ends that."
                : "They may be sealed to those of another copy of this profile: run that copy, or restore a newer backup of "
                    + "the whole directory. Senders seal theirs anew as soon as they see the keys that this one publishes. `roost inbox unopened` says more."
        )
    }

    private static func outbox(_ facts: ProblemFacts) -> Problem? {
        // If the clock is wrong, the age can't be told; the clock is then the cause as well.
        guard clock(facts) == nil, let age = facts.oldestQueued, age >= outboxPatience else { return nil }
        return Problem(
            .outboxWaiting,
            facts.queued < 2
                ? "A message has been nowhere but here for \(length(age))."
                : "\(facts.queued) messages are nowhere but here, one for \(length(age)).",
            advice: "`roost outbox` says why; they go on as soon as buddies can be reached.")
    }

    /// A duration as people say it: 40 s, 3 min, 2 h, 5 days.
    private static func length(_ duration: Duration?) -> String {
        let seconds = max(0, duration?.components.seconds ?? 0)
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7_200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3_600) h"
        default: return "\(seconds / 86_400) days"
        }
    }
}
