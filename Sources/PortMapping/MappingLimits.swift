import Basics

/// The bounds of what is asked of a router and believed from it, each with its reason.
enum MappingLimits {
    /// How long a mapping is asked for: seconds. RFC 6886, §3.3, recommends it; a mapping whose node has died is gone after it.
    static let lifetime: UInt32 = 7_200
    /// A router may grant less; no less than this is believed, so that no router makes a node ask all the time: seconds.
    static let shortestLifetime: UInt32 = 120
    /// Nor more, so that what a router has forgotten is noticed within a day: seconds.
    static let longestLifetime: UInt32 = 86_400
    /// How often a question is sent before the router counts as silent. RFC 6886 has nine; routers are one hop away, and a node
    /// asks again later.
    static let sends = 3
    /// The time to the first repetition (RFC 6886, §3.1); it doubles.
    static let firstPause = Duration.milliseconds(250)
    /// By up to so much questions are put off, so that machines that start together don't ask together.
    static let jitter = Duration.milliseconds(100)
    /// A router that announced that it has lost what it knew is asked after up to this (RFC 6887, §14.1.3).
    static let announcementJitter = Duration.seconds(5)
    /// Announcements are believed so often at most: anybody in the local network can forge them.
    static let announcementPause = Duration.seconds(60)
    /// A renewal that was not answered is repeated after half of what is left, and not sooner than this.
    static let shortestRenewal = Duration.seconds(30)
    /// A router that has refused is asked again after what it says, within these bounds.
    static let refusalPause = Duration.seconds(60)...Duration.seconds(3_600)
    /// A router that doesn't answer is asked again after this: it may be another by then, or may have been told to answer.
    static let silencePause = Duration.seconds(3_600)
    /// A router that has forgotten a mapping removes it first: the time until it is asked for anew.
    static let removalPause = Duration.milliseconds(500)
    /// The longest datagram that PCP allows (RFC 6887, §7).
    static let longestDatagram = 1_100
}
