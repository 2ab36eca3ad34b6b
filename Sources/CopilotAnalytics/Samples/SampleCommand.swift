/// Something that a copilot can do for its user.
struct SampleCommand: Sendable {
    enum Domain: Int, Sendable, CaseIterable {
        case support, sales, operations, data
    }

    let name: StaticString
    let domain: Domain
    /// Names of its parameters, as they stand in a JSON array.
    let parameters: StaticString
    /// Median milliseconds, and their spread as ``SampleRandom/logNormal(median:spread:)`` takes it.
    let median: Int
    let spread: Int
    /// Failures in a thousand executions.
    let failures: Int
    /// The error of its own that it often fails with.
    let error: SampleError.Kind
    /// Only reads, so that a cache may answer.
    let isLookup: Bool

    private init(
        _ name: StaticString,
        _ domain: Domain,
        _ parameters: StaticString,
        _ median: Int,
        _ spread: Int,
        failures: Int,
        _ error: SampleError.Kind,
        isLookup: Bool = false
    ) {
        self.name = name
        self.domain = domain
        self.parameters = parameters
        self.median = median
        self.spread = spread
        self.failures = failures
        self.error = error
        self.isLookup = isLookup
    }

    /// The most popular first.
    static let all = [
        SampleCommand(
            "search_knowledge_base", .support, #""query","limit""#, 320, 190, failures: 11, .timeout, isLookup: true
        ),
        SampleCommand(
            "get_order_status", .operations, #""order_id""#, 140, 150, failures: 17, .orderMissing, isLookup: true
        ),
        SampleCommand(
            "get_customer_details", .support, #""customer_id""#, 120, 140, failures: 10, .permission, isLookup: true
        ),
        SampleCommand(
            "create_ticket", .support, #""customer_id","priority","subject""#, 420, 150, failures: 42, .deadlock
        ),
        SampleCommand(
            "search_products", .sales, #""filters","limit","query""#, 260, 170, failures: 15, .stockDown, isLookup: true
        ),
        SampleCommand("update_ticket", .support, #""status","ticket_id""#, 230, 140, failures: 49, .ticketClosed),
        SampleCommand(
            "summarize_conversation", .support, #""conversation_id","style""#, 1900, 180, failures: 23, .timeout
        ),
        SampleCommand(
            "get_invoice", .operations, #""invoice_id""#, 170, 150, failures: 19, .permission, isLookup: true
        ),
        SampleCommand(
            "schedule_meeting", .sales, #""attendees","date","duration""#, 650, 170, failures: 99, .roomTaken
        ),
        SampleCommand("run_report", .data, #""from","report_id","to""#, 4200, 270, failures: 91, .rowLimit),
        SampleCommand(
            "create_invoice", .operations, #""customer_id","due_date","items""#, 780, 160, failures: 72, .dueDate
        ),
        SampleCommand(
            "check_inventory", .operations, #""sku","warehouse""#, 180, 160, failures: 27, .stockDown, isLookup: true
        ),
        SampleCommand("issue_refund", .support, #""amount","order_id","reason""#, 1250, 170, failures: 118, .declined),
        SampleCommand("update_deal", .sales, #""deal_id","stage""#, 290, 140, failures: 46, .deadlock),
        SampleCommand("translate_message", .support, #""language","message_id""#, 900, 150, failures: 15, .rateLimit),
        SampleCommand("query_warehouse", .data, #""dataset","query""#, 2600, 300, failures: 148, .rowLimit),
        SampleCommand("send_quote", .sales, #""deal_id","valid_until""#, 840, 160, failures: 65, .dueDate),
        SampleCommand(
            "track_shipment", .operations, #""shipment_id""#, 560, 220, failures: 76, .orderMissing, isLookup: true
        ),
        SampleCommand("reset_password", .support, #""user_id""#, 300, 130, failures: 23, .permission),
        SampleCommand("list_open_deals", .sales, #""owner","stage""#, 210, 150, failures: 11, .timeout, isLookup: true),
        SampleCommand("get_dashboard", .data, #""dashboard_id""#, 480, 200, failures: 28, .timeout, isLookup: true),
        SampleCommand("update_order", .operations, #""items","order_id""#, 610, 160, failures: 80, .deadlock),
        SampleCommand("escalate_ticket", .support, #""queue","ticket_id""#, 260, 140, failures: 30, .ticketClosed),
        SampleCommand("enrich_contact", .sales, #""contact_id""#, 1700, 260, failures: 175, .rateLimit),
        SampleCommand("forecast_demand", .data, #""horizon","sku""#, 6800, 230, failures: 84, .columnType),
        SampleCommand("cancel_order", .operations, #""order_id","reason""#, 540, 150, failures: 110, .orderMissing),
        SampleCommand("export_spreadsheet", .data, #""columns","dataset""#, 3200, 250, failures: 57, .columnType),
        SampleCommand("assign_ticket", .support, #""assignee","ticket_id""#, 150, 120, failures: 34, .ticketClosed),
        SampleCommand("draft_follow_up", .sales, #""deal_id","tone""#, 2300, 180, failures: 19, .timeout),
        SampleCommand("reorder_stock", .operations, #""quantity","sku""#, 720, 170, failures: 68, .stockDown),
        SampleCommand("detect_anomalies", .data, #""dataset","sensitivity""#, 5200, 240, failures: 99, .columnType),
        SampleCommand("merge_contacts", .sales, #""contact_ids""#, 460, 160, failures: 106, .deadlock),
        SampleCommand("calculate_discount", .sales, #""amount","tier""#, 24, 110, failures: 8, .permission),
        SampleCommand("apply_credit", .support, #""amount","customer_id""#, 680, 160, failures: 76, .declined),
        SampleCommand("create_chart", .data, #""dataset","kind""#, 1100, 200, failures: 53, .columnType),
        SampleCommand(
            "validate_address", .operations, #""address_id""#, 240, 190, failures: 160, .timeout, isLookup: true
        ),
        SampleCommand(
            "convert_currency", .operations, #""amount","from","to""#, 36, 140, failures: 13, .rateLimit, isLookup: true
        ),
        SampleCommand("sync_calendar", .sales, #""calendar_id""#, 1500, 280, failures: 224, .roomTaken),
        SampleCommand("explain_metric", .data, #""metric""#, 1400, 180, failures: 17, .rowLimit),
        SampleCommand("archive_ticket", .support, #""ticket_id""#, 130, 120, failures: 21, .ticketClosed),
    ]
}

/// Which command is asked for next: popularity by Zipf's law, with those of the agent's own domain far ahead.
struct SamplePopularity: Sendable {
    /// For each agent, sums of the weights of all commands up to and with this one.
    private let cumulative: [[Int]]

    init() {
        cumulative = SampleAgent.all.map { agent in
            var sum = 0
            return SampleCommand.all.indices.map { index in
                let weight = 100_000 / (index + 1)
                sum += SampleCommand.all[index].domain == agent.domain ? 6 * weight : weight
                return sum
            }
        }
    }

    func draw(agent: Int, random: inout SampleRandom) -> Int {
        let sums = cumulative[agent]
        return sums.sampleIndex(of: random.below(sums[sums.count - 1]))
    }
}
