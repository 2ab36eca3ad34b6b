import CopilotHandlers
import LambdaRuntime

@main
struct Main {
    static func main() async {
        await LambdaRuntime.run { logger in
            try await CopilotFunction.prepare(Concierge(), logger: logger)
        }
    }
}
