internal import CopilotAnalytics

/// Tells what was begun in a table and not ended.
enum UnfinishedChecks {
    static func run(_ table: TableInspection) -> [Finding] {
        var findings: [Finding] = []
        let lanes = "\(table.lanes.count) \(table.lanes.count == 1 ? "lane" : "lanes")"
        findings.append(.ok("settings", "days of \(table.reportingZone.identifier), \(lanes)"))
        if table.repairs > 0 {
            let count = table.repairs >= TableInspection.limit ? "\(table.repairs) or more" : "\(table.repairs)"
            findings.append(
                .warn(
                    "repairs", "\(count) statistics could not be updated and wait in the repair lane",
                    "see `verify`, then `rebuild` their days"))
        }
        if table.unfinishedForgettings > 0 {
            findings.append(
                .warn(
                    "forgetting", "forgetting \(table.unfinishedForgettings) users was broken off",
                    "run `forget-user` with the same ids again"))
        }
        if table.isUnfinishedCopy {
            findings.append(
                .warn("copy", "a copy into this table was broken off", "run `copy` with the same stores again"))
        }
        if table.holdsUnadopted {
            findings.append(
                .warn(
                    "adoption", "there are items of the original analytics service, which count nowhere",
                    "take them over with `adopt`"))
        }
        if findings.count == 1 { findings.append(.ok("unfinished", "nothing")) }
        return findings
    }
}
