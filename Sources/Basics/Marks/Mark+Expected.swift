extension Mark {
    /// Whether the swarm that runs with each change must reach it. If it doesn't, the swarm has lost a fault or a workload,
    /// or the code a branch.
    public var isExpected: Bool { Mark.expected.contains(self) }

    /// What nearly every run of a few hundred nodes reaches. Add those that a new fault or workload of the swarm reaches
    /// in every few runs.
    private static let expected: Set<Mark> = [
        .handshakeUnanswered, .requestQueued, .initiationRepeated, .handshakeAnswerUnexpected, .addressWithheld,
        .hintSent, .hintBelieved, .hintUnfounded, .idleSessionEnded, .unprovenSessionTimedOut, .simultaneousSessions,
        .simultaneousSessionTakesOver, .sessionRenewed, .silentSessionReplaced, .newcomerReplacesFailing,
        .failingReplacedByWaiting, .failingRemoved, .failuresLaidToOwnNetwork, .fullBucketDoubtsOldest,
        .waitingEvicted, .bucketRefreshedToFill, .lookupWidens, .lookupPassesOverDoubtful,
        .lookupEndsForWantOfNodes, .slowNodeAnswered, .unprovenUploadWaits, .chunkCameTwice, .recordReplacedByNewer,
        .tombstoneBeforeEnvelope, .tombstoneCameTwice, .tombstoneNotResponsible, .sweepWaitsForClock, .windowHalved,
        .lossWasSpurious, .chunkLostByOrder, .chunkTimedOut, .transferGivenUp, .operationCancelled, .chunkHeldBack,
        .collectionBeginsWithKnownBuddies, .recordFetchEndsBeforeSearch, .fetchedRecordsDiffer, .readRepairs,
        .recordHandedOn, .readerAuthorizesAgain, .confirmerBusy, .confirmerLate, .answerMatchesNothing,
        .requestWithheld, .requestRepeated, .requestOfTransferLate, .requestUnanswered, .checkGoesOnByHello,
        .sessionLostOnOtherSide, .recordStale, .keeperNotResponsible, .broughtThoughHere, .recordNotHere,
        .readerUnauthorized, .deliveryCameTwice, .dialledForOther, .dialsUsedUp, .dialUnderWay, .reachedByDial,
        .firstOfTheNetwork, .bootstrapAskedAgain, .rememberedContactsAsked, .clockConfirmed, .envelopeComesAgain,
        .receiptRepeated, .messageWithheld, .withheldMessageReleased, .tooFewBuddies, .depositedAgain,
        .directWayDoubtful, .directWayShut, .peerReturned, .publishingDueUnderWay, .publishedOutdated,
    ]
}
