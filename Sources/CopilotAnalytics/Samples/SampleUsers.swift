/// The people of a sample: few use the copilot a lot, many now and then; some come later, some leave.
struct SampleUsers: Sendable {
    struct User: Sendable {
        /// As it stands in JSON.
        let id: [UInt8]
        let zone: Int
        /// The agent that answers most of the user's questions.
        let agent: Int
        /// Parts of the span in 1/65,536: from `joins` up to `leaves`.
        let joins: Int
        let leaves: Int
    }

    static let wholeSpan = 65_536

    let all: [User]
    /// Sums of the weights of all users up to and with this one.
    private let cumulative: [Int]

    init(events: Int, seed: UInt64) {
        let count = SampleUsers.count(events: events)
        var users: [User] = []
        var cumulative: [Int] = []
        var sum = 0
        for index in 0..<count {
            users.append(SampleUsers.user(index, seed: seed))
            // Zipf's law with an offset (Mandelbrot): nobody does all the work.
            sum += 1_000_000 / (index + 8 + count / 100)
            cumulative.append(sum)
        }
        all = users
        self.cumulative = cumulative
    }

    /// Some hundreds for thousands of events, at most 5,000.
    static func count(events: Int) -> Int {
        var root = 0
        while root < 1700, (root + 1) * (root + 1) <= events { root += 1 }
        return min(5000, 150 + 3 * root)
    }

    /// A user who is there at this time and likely to be at work.
    ///
    /// - Parameter position: Part of the span in 1/65,536.
    func pick(at position: Int, quarter: Int, rhythm: SampleRhythm, random: inout SampleRandom) -> User {
        var present = all[0]
        for _ in 0..<64 {
            let user = all[cumulative.sampleIndex(of: random.below(cumulative[cumulative.count - 1]))]
            guard user.joins <= position, position < user.leaves else { continue }
            present = user
            if random.below(rhythm.peak) < rhythm.activity(zone: user.zone, quarter: quarter) { return user }
        }
        // In the dead of night, whoever was met last.
        return present
    }

    private static func user(_ index: Int, seed: UInt64) -> User {
        var random = SampleRandom(seed: seed, stream: SampleStream.users, number: UInt64(index))
        var text = SampleText(capacity: 32)
        text.append(givenNames[random.below(givenNames.count)])
        text.append("_")
        text.append(familyNames[random.below(familyNames.count)])
        text.append("_")
        // 7919 and 9000 have no common divisor: no number, and so no id, comes twice.
        text.append(1000 + index * 7919 % 9000)
        var part = random.below(100)
        var zone = 0
        while part >= SampleRhythm.zones[zone].share {
            part -= SampleRhythm.zones[zone].share
            zone += 1
        }
        let agent = SampleAgent.draw(&random)
        // The first user is always there: somebody has to begin.
        let isOriginal = index == 0 || random.chance(perMille: 450)
        let joins = isOriginal ? 0 : random.below(wholeSpan)
        let stays = index == 0 || random.chance(perMille: 800)
        let leaves = stays ? Int.max : random.between(joins + 1, wholeSpan)
        return User(id: text.bytes, zone: zone, agent: agent, joins: joins, leaves: leaves)
    }

    private static let givenNames: [StaticString] = [
        "aisha", "amelia", "anna", "carlos", "chen", "daniel", "elena", "emma", "fatima", "hannah", "hiroshi", "ivan",
        "james", "kenji", "lena", "liam", "lucas", "maria", "mei", "mia", "mohamed", "noah", "olivia", "priya", "raj",
        "sofia", "thomas", "yuki",
    ]
    private static let familyNames: [StaticString] = [
        "ahmed", "brown", "davis", "fischer", "garcia", "gupta", "hansen", "ito", "johnson", "khan", "kim", "kovacs",
        "lee", "lopez", "martin", "meyer", "moore", "muller", "nguyen", "novak", "patel", "rossi", "santos", "sato",
        "silva", "smith", "tanaka", "wilson",
    ]
}

extension [Int] {
    /// The first index whose cumulative weight is over this value.
    func sampleIndex(of value: Int) -> Int {
        var low = 0
        var high = count - 1
        while low < high {
            let middle = (low + high) / 2
            if self[middle] > value { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
