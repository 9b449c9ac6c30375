import Basics

extension Node {
    /// What is known of a node that has been in its network for hours.
    package struct Standing {
        /// Its contacts, with the round trip to each.
        package var contacts: [(contact: Contact, roundTrip: Duration)]
        /// What it found when it looked for points far away, to get to know the network: the `wanted` closest nodes to each.
        package var found: [(target: Bytes32, closest: [NodeID], wanted: Int)]
        /// Where others see and reach it.
        package var endpoint: Endpoint
        /// How long it has been there.
        package var age: Duration

        package init(
            contacts: [(contact: Contact, roundTrip: Duration)],
            found: [(target: Bytes32, closest: [NodeID], wanted: Int)], endpoint: Endpoint, age: Duration
        ) {
            self.contacts = contacts
            self.found = found
            self.endpoint = endpoint
            self.age = age
        }
    }

    /// The node is in the network as if it had joined it hours ago, instead of `start`: for simulations of networks that are
    /// too large to join one node after the other. It has no sessions, and what it does from time to time is next due at
    /// moments by chance.
    package mutating func establish(_ standing: Standing, now: Now, into outbox: inout Outbox) {
        beginTurn(&outbox, now)
        routing.establish(standing.contacts, age: standing.age, &outbox)
        joining.establish(&outbox)
        for (target, closest, wanted) in standing.found { joining.observe(found: closest, wanted: wanted, to: target) }
        let observers = routing.observers
        reach.establish(at: standing.endpoint, seenBy: observers, &outbox)
        clock.establish(agreeingWith: observers, &outbox)
        followClock(&outbox)
        followReach(&outbox)
        endTurn(&outbox)
    }
}
