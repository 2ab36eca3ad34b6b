import Tracker

func answer(_ question: String, of user: String, _ tracker: Tracker) {
    tracker.trackMessage(user: user, length: question.count)
    tracker.trackCommandExecution(
        user: user, command: "book_reservation", succeeded: false, executionTime: .milliseconds(1512))
    tracker.trackError(user: user, type: "PaymentError", message: "the card was declined")
    tracker.trackTokens(user: user, operation: "chat", input: 812, output: 96, model: "m-large")
}
