extension Mark {
    /// Whether the swarm that runs with each change must reach it. If it doesn't, the swarm has lost a fault or a workload,
    /// or the code a branch.
    public var isExpected: Bool { Mark.expected.contains(self) }

    /// What at least every seventh run of a swarm reaches. Add what a new fault or workload reaches as often.
    private static let expected: Set<Mark> = [
        .cookieDemanded, .cookieAccepted, .cookieSentBack, .handshakeUnanswered, .handshakeCarriesNoMore,
        .requestQueued, .initiationRepeated, .handshakeAnswerUnexpected, .addressWithheld, .helloWithheld,
        .helloAnswersLimited, .datagramReplayed, .hintSent, .hintsLimited, .hintBelieved, .hintUnfounded,
        .idleSessionEnded, .unprovenSessionTimedOut, .simultaneousSessions, .simultaneousSessionTakesOver,
        .sessionRenewed, .silentSessionReplaced, .failingRemoved, .failuresLaidToOwnNetwork, .contactTakenOut,
        .fewContactsKnown, .lookupWidens, .lookupPassesOverDoubtful, .lookupEndsForWantOfNodes,
        .slowBesideOthers, .slowNodeAnswered,
        .clientAnsweredLookup, .unprovenUploadWaits, .uploadTimedOut, .uploadForgottenWithSession, .chunkCameTwice,
        .recordReplacedByNewer, .tombstoneBeforeEnvelope, .tombstoneCameTwice, .sweepWaitsForClock, .keepersDiskFull,
        .windowHalved, .lossWasSpurious, .chunkLostByOrder, .chunkTimedOut, .keeperBusy, .keeperForgotChunks,
        .transferGivenUp, .operationsFull, .operationCancelled, .chunkHeldBack, .depositBeginsWithKnownBuddies,
        .collectionBeginsWithKnownBuddies, .knownBuddiesLost, .depositWithoutQuorum, .depositFindsTombstone,
        .recordFetchEndsBeforeSearch, .fetchedRecordsDiffer, .readRepairs, .recordHandedOn, .readerAuthorizesAgain,
        .listGoesOn, .confirmerBusy, .confirmerLate, .answerMatchesNothing, .requestsFull, .requestWithheld,
        .requestRepeated, .requestOfTransferLate, .requestUnanswered, .checkGoesOnByHello, .sessionLostOnOtherSide,
        .deferredAnswersFull, .answerOfLostWrite, .keepingPaused, .recordStale, .broughtThoughHere,
        .broughtThoughCollected, .recordNotHere, .readerUnauthorized, .authorizationRefused, .deliveryCameTwice,
        .deliveryWaits, .newcomerDenied, .newcomerUndecided, .nobodyConfirmsNewcomer, .nobodyConfirmsOwnReach,
        .ownReachDenied, .becameClient, .toldUnreachable, .dialledForOther, .dialsUsedUp, .dialUnderWay,
        .reachedByDial, .notReachedByDial, .lastContactSilent, .networkReturned, .anybodyAskedInOutage,
        .firstOfTheNetwork, .bootstrapAskedAgain, .rememberedContactsAsked, .clockInDoubt, .clockConfirmed,
        .clockDiffers, .erasureDelayed, .exchangeInterrupted, .envelopeComesAgain, .inboxHasNoRoom, .receiptRepeated,
        .arrivalLost, .messageWithheld, .withheldMessageReleased, .withheldMessageTimedOut, .attemptFindsNobody,
        .tooFewBuddies, .messageCancelled, .cancelledTooLate, .messageDatedLate, .depositedAgain,
        .depositedThoughCollected, .directWayDoubtful, .directWayShut, .directDeliveryRefused, .endpointsShown,
        .peerReturned,
        .storeBusy, .acceptanceLost, .epochBegan, .publishingWaitsForClock, .publishingDueUnderWay,
        .publishingFindsNobody, .publishingFellShort, .publishedOutdated, .agentRebuiltFromStore,
        .agentsClockInDoubt, .nodeWasBusy,
    ]
}
