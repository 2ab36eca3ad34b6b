import LosslessJSON
import PropertyTesting
import SingleTable

/// A random attribute, and a description by which botocore makes it for itself: nothing of our encoder is in it.
struct DescribedValue {
    let value: AttributeValue
    /// As `value` in `Tests/Support/botocore_reference.py` takes it.
    let json: JSONValue

    /// - Parameter depth: How many lists and maps may be within each other.
    init(_ random: inout SeededGenerator, depth: Int = 3) {
        switch random.integer(0...(depth > 0 ? 10 : 7)) {
        case 0, 1: self.init(string: random.hostileText(0...6))
        case 2:
            let number = DescribedNumber(&random)
            self.init(.number(number.number), ["number": number.json])
        case 3:
            let bytes = random.bytes()
            self.init(.binary(bytes), ["binary": .hex(bytes)])
        case 4: self = random.element([.init(.bool(true), ["bool": true]), .init(.bool(false), ["bool": false])])
        case 5: self.init(.null, ["null": nil])
        case 6, 7: self.init(setFrom: &random)
        case 8, 9:
            let item = DescribedItem(&random, count: 0...4, depth: depth - 1)
            self.init(.map(item.attributes), ["map": item.json])
        default:
            let elements = (0..<random.integer(0...4)).map { _ in DescribedValue(&random, depth: depth - 1) }
            self.init(.list(elements.map(\.value)), ["list": .array(elements.map(\.json))])
        }
    }

    init(string text: String) { self.init(.string(text), ["string": .hex(text)]) }

    /// Of a type that a key can have.
    init(key random: inout SeededGenerator) {
        repeat { self.init(&random, depth: 0) } while !value.isKey
    }

    private init(_ value: AttributeValue, _ json: JSONValue) {
        self.value = value
        self.json = json
    }

    /// A set of one to four elements: DynamoDB takes no empty one.
    private init(setFrom random: inout SeededGenerator) {
        let count = random.integer(1...4)
        switch random.integer(0...2) {
        case 0:
            var texts: Set<String> = []
            for _ in 0..<count { texts.insert(random.hostileText(1...3)) }
            self.init(.stringSet(texts), ["stringSet": .array(texts.map { .hex($0) })])
        case 1:
            var numbers: [Number: JSONValue] = [:]
            for number in (0..<count).map({ _ in DescribedNumber(&random) }) { numbers[number.number] = number.json }
            self.init(.numberSet(Set(numbers.keys)), ["numberSet": .array(Array(numbers.values))])
        default:
            var binaries: Set<[UInt8]> = []
            for _ in 0..<count { binaries.insert(random.bytes()) }
            self.init(.binarySet(binaries), ["binarySet": .array(binaries.map { .hex($0) })])
        }
    }

    /// A text within lists and maps.
    init(nested levels: Int, _ random: inout SeededGenerator) {
        var nested = DescribedValue(string: "innermost")
        for _ in 0..<levels {
            if random.chance(0.5) {
                nested = DescribedValue(.list([nested.value]), ["list": [nested.json]])
            } else {
                nested = DescribedValue(.map(["m": nested.value]), ["map": [[.hex("m"), nested.json]]])
            }
        }
        self = nested
    }
}

struct DescribedItem {
    private(set) var attributes: [String: AttributeValue] = [:]
    private var members: [JSONValue] = []

    var json: JSONValue { .array(members) }
    /// As a parameter of an operation.
    var parameter: JSONValue { ["$attributes": json] }

    init() {}

    init(_ random: inout SeededGenerator, count: ClosedRange<Int> = 0...6, depth: Int = 3) {
        for _ in 0..<random.integer(count) {
            // Types as names, too: a reader must not take a map for an attribute.
            let name = random.chance(0.1) ? random.element(["S", "N", "M", "__type"]) : random.hostileText(1...3)
            // Names that Unicode holds equivalent are one to a dictionary of Swift.
            if name.isEmpty || attributes[name] != nil { continue }
            set(name, DescribedValue(&random, depth: depth))
        }
    }

    init(key: Key) {
        set(Key.partitionAttribute, DescribedValue(string: key.partition))
        set(Key.sortAttribute, DescribedValue(string: key.sort))
    }

    mutating func set(_ name: String, _ value: DescribedValue) {
        attributes[name] = value.value
        members.append([.hex(name), value.json])
    }
}

/// A number of 1 to 38 digits anywhere in DynamoDB's range, in one of the ways of writing it.
struct DescribedNumber {
    let number: Number
    /// Sign, digits and power of ten.
    let json: JSONValue

    init(_ random: inout SeededGenerator) {
        let isNegative = random.chance(0.4)
        let sign = isNegative ? "-" : random.element(["", "", "+"])
        if random.chance(0.1) {
            let text = sign + random.element(["0", "0.0", "000", "0e5", "0E-7", ".0", "0."])
            number = Number(text) ?? 1
            json = [isNegative ? 1 : 0, "0", 0]
            return
        }
        let count = random.chance(0.3) ? 38 : random.integer(1...38)
        let digits = String(random.integer(1...9)) + random.digits(count - 1)
        // The power of ten of the first digit.
        let magnitude =
            switch random.integer(0...3) {
            case 0: random.element([-130, -129, -1, 0, 37, 38, 124, 125])
            case 1: random.integer(-130...125)
            default: random.integer(-3...20)
            }
        // boto3 knows no digits behind the 165th place; to DynamoDB only the first digit's place matters.
        let exponent = max(magnitude - count + 1, -165)
        // Where the point is makes no difference, nor do zeros on either side.
        let point = random.integer(0...count)
        let text =
            sign + String(repeating: "0", count: random.integer(0...2)) + digits.prefix(point)
            + "." + digits.dropFirst(point) + String(repeating: "0", count: random.integer(0...3))
            + random.element(["e", "E"]) + String(exponent + count - point)
        number = Number(text) ?? 0
        json = [isNegative ? 1 : 0, .string(digits), .number(String(exponent))]
    }
}

extension SeededGenerator {
    fileprivate mutating func bytes() -> [UInt8] { (0..<integer(0...40)).map { _ in UInt8(integer(0...255)) } }
}

extension AttributeValue {
    fileprivate var isKey: Bool {
        switch self {
        case .string, .number, .binary: true
        default: false
        }
    }
}
