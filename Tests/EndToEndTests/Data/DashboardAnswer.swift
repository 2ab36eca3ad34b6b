import Foundation

/// The dashboard's JSON as its readers know it.
struct DashboardAnswer: Sendable, Decodable {
    struct Range: Sendable, Decodable {
        var startDate: String
        var endDate: String
        var timeZone: String
    }

    struct Summary: Sendable, Decodable {
        var totalExecutions: Int
        var successfulExecutions: Int
        var failedExecutions: Int
        var successRate: Double?
        var avgExecutionTime: Double?
        var p50ExecutionTime: Double?
        var p95ExecutionTime: Double?
        var p99ExecutionTime: Double?
        var totalErrors: Int
        var uniqueErrorTypes: Int
        var activeUsers: Int
    }

    struct Command: Sendable, Decodable {
        var commandName: String
        var totalExecutions: Int
        var successfulExecutions: Int
        var failedExecutions: Int
        var successRate: Double?
        var avgExecutionTime: Double?
        var p50ExecutionTime: Double?
        var p95ExecutionTime: Double?
        var p99ExecutionTime: Double?
        var minExecutionTime: Double?
        var maxExecutionTime: Double?
        var lastExecuted: Int?
    }

    struct ErrorPattern: Sendable, Decodable {
        var errorType: String
        var errorHash: String
        var errorMessage: String
        var count: Int
        var firstOccurrence: Int
        var lastOccurrence: Int
        var affectedUsers: Int
    }

    var range: Range
    var summary: Summary
    var popularCommands: [Command]
    var errorPatterns: [ErrorPattern]
    var asOf: Int?

    static func parse(_ data: Data) throws -> DashboardAnswer {
        try JSONDecoder().decode(DashboardAnswer.self, from: data)
    }
}
