internal import LambdaRuntime

/// The function: `bootstrap`, which Lambda starts, and which serves whatever it is sent.
@main
enum Main {
    static func main() async {
        await LambdaRuntime.run { logger in
            let settings = try FunctionSettings(.process)
            return try await AnalyticsFunction(settings, logger).function
        }
    }
}
