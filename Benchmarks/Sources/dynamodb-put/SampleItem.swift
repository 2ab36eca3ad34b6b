import SingleTable

/// An item of a usual size and mixture: an event as this project stores it, about half a kilobyte on the wire.
let sampleItem: [String: AttributeValue] = [
    "PK": "EVENT#ACTION_EXECUTED",
    "SK": "chen_lee_6825#1790844967490#tau-014-3-0002",
    "GSI1PK": "DAY#2026-10-01#0",
    "GSI1SK": "1790844967490#ACTION_EXECUTED#tau-014-3-0002",
    "userId": "chen_lee_6825",
    "conversationId": "tau-014-3",
    "eventType": "ACTION_EXECUTED",
    "timestamp": 1_790_844_967_490,
    "receivedAt": 1_790_844_967_812,
    "date": "2026-10-01",
    "hour": 8,
    "metadata": .map([
        "commandName": "book_reservation",
        "executionTime": 1512,
        "success": true,
        "model": "airline-gpt-4o",
    ]),
    "ttl": 1_798_675_200,
    "v": 1,
]
