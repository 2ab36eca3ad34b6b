internal import CopilotAnalytics

/// User ids as events hold them: in normalization form C, compared by their bytes.
enum UserID {
    static func isSame(_ left: String, _ right: String) -> Bool {
        NameRule.normalized(left).utf8.elementsEqual(NameRule.normalized(right).utf8)
    }
}
