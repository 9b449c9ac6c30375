import ArgumentParser

/// `roost completion`: what a shell needs to complete commands and options.
struct Completion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion",
        abstract: "Print a completion script for bash, zsh or fish.",
        discussion: """
            EXAMPLES
              source <(roost completion bash)
              roost completion fish > ~/.config/fish/completions/roost.fish

            \(ExitStatus.help())
            """)

    @Argument(help: "bash, zsh or fish.")
    var shell: Shell

    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash, zsh, fish
    }

    func run() throws {
        let shell: CompletionShell =
            switch shell {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        try Terminal.write(Roost.completionScript(for: shell) + "\n")
    }
}
