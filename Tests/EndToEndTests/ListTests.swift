import Foundation
import Testing

/// Lists for people: what they say, and what one can do with what they say.
@Suite(.serialized) struct ListTests {
    @Test func theInboxNamesMessagesSoThatTheyCanBeDeleted() async throws {
        try await Network.with(1) { network in
            let me = network.members[0]
            for text in ["One.", "Two."] { try await me.send(text, to: me.id(), until: "delivered") }
            try await me.receive(["One.", "Two."])
            let ids = try await me.inbox().compactMap { $0["message"] as? String }
            let shown = try await Command.run(
                nil, ["inbox", "--data", me.directory], home: me.root, environment: ["TZ": "Asia/Kolkata"])
            let headings = shown.output.split(separator: "\n").filter { !$0.hasPrefix(" ") }
            try #require(headings.count == 2)
            for (heading, id) in zip(headings, ids) {
                #expect(heading.hasSuffix("  via direct  new  \(id.prefix(10))"), "\(heading)")
                #expect(heading.firstMatch(of: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+05:30  roost1/) != nil, "\(heading)")
            }
            // Scripts get UTC.
            let message = try #require(try await me.inbox().first)
            #expect((message["sentAt"] as? String)?.hasSuffix("Z") == true)
            for (reference, status) in [("12", 65), ("xyzxyz", 65), ("0000 0000", 65), (String(ids[0].prefix(3)), 65)] {
                let run = try await me.roost("inbox", "delete", reference)
                #expect(run.status == Int32(status), "\(reference): \(run.errors)")
            }
            let deleted = try await me.roost("inbox", "delete", String(ids[0].prefix(10)).uppercased())
            #expect(deleted.status == 0 && deleted.output == "1 message deleted\n")
            let again = try await me.roost("inbox", "delete", String(ids[0].prefix(10)))
            #expect(again.status == 65 && again.errors.contains("inbox"), "\(again.errors)")
            let left = try await me.inbox().compactMap { $0["message"] as? String }
            #expect(left == [ids[1]])
            for option in ["--peek", "--unread", "--follow", "--last=1"] {
                let run = try await me.roost("inbox", "delete", ids[1], option)
                #expect(run.status == 64, "\(option)")
            }
            for (options, words) in [
                (["--last", "1"], "--last goes with --follow"), (["--follow", "--last", "0"], "a number from 1"),
                (["--follow", "--last=-1"], "a number from 1"), (["--follow", "--last", "-1"], "a number from 1"),
                (["--follow", "--last", "many"], "--last"),
            ] {
                let run = try await Command.run(nil, ["inbox", "--data", me.directory] + options, home: me.root)
                #expect(run.status == 64 && run.output.isEmpty && run.errors.contains(words), "\(run.errors)")
            }
        }
    }

    @Test func theOutboxTakesBeginningsAndSaysTheTruthOfWhatCameTooLate() async throws {
        try await Network.with(2) { network in
            let (me, other) = (network.members[0], network.members[1])
            let sent = try await me.send("Note.", to: other.id(), until: "delivered")
            let id = try #require(sent["message"] as? String)
            #expect(try await other.roost("peers", "add", "friend", me.id()).status == 0)
            let read = try await other.roost("inbox")
            try #require(read.status == 0)
            try await eventually { try await me.outboxStates() == ["read"] }
            let shown = try await me.roost("outbox", "show", String(id.prefix(6)))
            #expect(shown.status == 0 && shown.output.contains(id) && shown.output.contains("Note."))
            let late = try await me.roost("outbox", "cancel", String(id.prefix(10)))
            #expect(late.status == 76 && late.errors.contains("read"), "\(late.errors)")
            #expect(!late.errors.contains("failed for good") && late.output.isEmpty)
        }
    }

    @Test func anEmptyListIsSaidToPeople() async throws {
        try await Network.with(1) { network in
            let me = network.members[0]
            for (command, words) in [
                (["inbox"], "There are no messages"), (["inbox", "--unread"], "no unread messages"),
                (["inbox", "list"], "There are no messages"), (["outbox"], "No message has been sent"),
                (["outbox", "list"], "No message has been sent"), (["peers"], "is empty"),
                (["peers", "list"], "is empty"),
                (["nodes"], "No other node"),
            ] {
                let arguments = command + ["--data", me.directory]
                let run = try await Command.run(nil, arguments, home: me.root)
                #expect(
                    run.status == 0 && run.output.isEmpty && run.errors.contains(words), "\(command): \(run.errors)")
                let json = try await Command.run(nil, arguments + ["--json"], home: me.root)
                #expect(json.status == 0 && json.output.isEmpty && json.errors.isEmpty, "\(command): \(json.errors)")
            }
        }
    }
}
