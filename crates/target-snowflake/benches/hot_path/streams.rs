//! Made-up streams for measuring: always the same bytes for the same count. Not for tests of meaning.

use std::fmt::Write as _;

/// A stream to measure: its schema and its records, one JSON object per element.
pub(crate) struct Stream {
    /// The stream's name.
    pub(crate) name: &'static str,
    /// The JSON Schema of its records.
    pub(crate) schema: String,
    /// The records' text.
    pub(crate) records: Vec<String>,
}

/// A small generator of numbers (xorshift): the figures must not depend on a crate's version.
pub(crate) struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 33) % limit
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        let position = usize::try_from(self.below(choices.len() as u64)).unwrap_or(0);
        choices.get(position).copied().unwrap_or_default()
    }
}

const WORDS: &[&str] = &[
    "order",
    "delivery",
    "customer",
    "asked",
    "for",
    "the",
    "blue",
    "one",
    "again",
    "payment",
    "was",
    "late",
    "but",
    "shipment",
    "arrived",
    "in",
    "good",
    "state",
    "warehouse",
    "moved",
    "stock",
    "to",
    "north",
    "refund",
    "sent",
    "by",
    "bank",
    "transfer",
    "note",
    "from",
    "support",
    "called",
    "back",
    "twice",
    "without",
    "answer",
    "größer",
    "café",
];
const FIRST_NAMES: &[&str] = &[
    "Ada", "Bo", "Chloé", "Dmitri", "Emeka", "Fatima", "Grace", "Hiro", "Ines", "Jürgen",
];
const LAST_NAMES: &[&str] = &[
    "Lovelace", "Okafor", "Nakamura", "García", "Schmidt", "Novak", "Silva", "Haddad",
];
const CITIES: &[&str] = &[
    "Lisbon", "Nairobi", "Kyoto", "Bogotá", "Tromsø", "Austin", "Pune", "Leeds", "Perth", "Oslo",
];
const STATES: &[&str] = &["new", "paid", "packed", "shipped", "returned", "cancelled"];

fn sentence(numbers: &mut Numbers, words: u64, text: &mut String) {
    for index in 0..words {
        if index > 0 {
            text.push(' ');
        }
        text.push_str(numbers.pick(WORDS));
    }
}

fn timestamp(numbers: &mut Numbers, text: &mut String) {
    let _ = write!(
        text,
        "2026-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        numbers.below(12) + 1,
        numbers.below(28) + 1,
        numbers.below(24),
        numbers.below(60),
        numbers.below(60),
        numbers.below(1_000_000)
    );
}

/// The bench stream: 20 columns of text, numbers, timestamps and an object, about 690 bytes a record.
pub(crate) fn orders(count: u64) -> Stream {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let records = (0..count).map(|id| order(id, &mut numbers)).collect();
    let mut schema = String::from(r#"{"type":"object","properties":{"#);
    for (name, kind) in [
        ("id", r#"{"type":"integer"}"#),
        ("reference", r#"{"type":"string","format":"uuid"}"#),
        ("customer_name", r#"{"type":["string","null"]}"#),
        ("email", r#"{"type":["string","null"],"format":"email"}"#),
        ("city", r#"{"type":["string","null"]}"#),
        ("status", r#"{"type":["string","null"]}"#),
        ("amount", r#"{"type":["number","null"],"multipleOf":0.01}"#),
        ("discount", r#"{"type":["number","null"]}"#),
        ("weight_kg", r#"{"type":["number","null"]}"#),
        ("quantity", r#"{"type":["integer","null"]}"#),
        ("account_id", r#"{"type":["integer","null"]}"#),
        ("is_gift", r#"{"type":["boolean","null"]}"#),
        ("is_express", r#"{"type":["boolean","null"]}"#),
        ("created_at", r#"{"type":["string","null"],"format":"date-time"}"#),
        ("updated_at", r#"{"type":["string","null"],"format":"date-time"}"#),
        ("delivered_on", r#"{"type":["string","null"],"format":"date"}"#),
        ("comment", r#"{"type":["string","null"]}"#),
        ("source_url", r#"{"type":["string","null"],"format":"uri"}"#),
        ("coupon", r#"{"type":["string","null"]}"#),
        ("address", r#"{"type":["object","null"]}"#),
    ] {
        let _ = write!(schema, r#""{name}":{kind},"#);
    }
    schema.pop();
    schema.push_str("}}");
    Stream {
        name: "orders",
        schema,
        records,
    }
}

fn order(id: u64, numbers: &mut Numbers) -> String {
    let mut text = String::with_capacity(768);
    let (first, last) = (numbers.pick(FIRST_NAMES), numbers.pick(LAST_NAMES));
    let _ = write!(
        text,
        r#"{{"id":{id},"reference":"{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}","customer_name":"{first} {last}","email":"{}.{}{}@example.com","city":"{}","status":"{}","#,
        numbers.next() >> 32,
        numbers.below(1 << 16),
        numbers.below(1 << 12),
        numbers.below(1 << 12),
        numbers.next() >> 16,
        first.to_lowercase(),
        last.to_lowercase(),
        numbers.below(1000),
        numbers.pick(CITIES),
        numbers.pick(STATES),
    );
    let _ = write!(
        text,
        r#""amount":{}.{:02},"discount":0.{},"weight_kg":{}.{:03},"quantity":{},"account_id":{},"is_gift":{},"is_express":{},"created_at":""#,
        numbers.below(2000),
        numbers.below(100),
        numbers.below(100),
        numbers.below(40),
        numbers.below(1000),
        numbers.below(20) + 1,
        numbers.below(5_000_000) + 10_000_000,
        numbers.below(5) == 0,
        numbers.below(3) == 0,
    );
    timestamp(numbers, &mut text);
    text.push_str(r#"","updated_at":""#);
    timestamp(numbers, &mut text);
    let _ = write!(
        text,
        r#"","delivered_on":"2026-{:02}-{:02}","comment":""#,
        numbers.below(12) + 1,
        numbers.below(28) + 1
    );
    let words = 6 + numbers.below(12);
    sentence(numbers, words, &mut text);
    // One in eight comments has an escape in it, as text typed by people has.
    if numbers.below(8) == 0 {
        text.push_str(r#",\n\"urgent\""#);
    }
    let _ = write!(
        text,
        r#"","source_url":"https://shop.example.com/{}/{}","coupon":{},"address":{{"street":"{} {}","postcode":"{:05}","country":"{}","position":[{}.{:04},{}.{:04}]}}}}"#,
        numbers.pick(STATES),
        numbers.below(1_000_000),
        if numbers.below(4) == 0 { "\"SPRING\"" } else { "null" },
        numbers.pick(LAST_NAMES),
        numbers.below(200),
        numbers.below(100_000),
        numbers.pick(&["PT", "KE", "JP", "CO", "NO", "US"]),
        numbers.below(90),
        numbers.below(10_000),
        numbers.below(180),
        numbers.below(10_000),
    );
    text
}

/// Many columns: 200 small numbers and words, the keys longer than the values.
pub(crate) fn wide(count: u64) -> Stream {
    let mut numbers = Numbers(0x1234_5678_9ABC_DEF1);
    let mut schema = String::from(r#"{"type":"object","properties":{"#);
    for column in 0..200 {
        let kind = if column % 2 == 0 { "integer" } else { "string" };
        let _ = write!(schema, r#""measured_value_{column}":{{"type":["null","{kind}"]}},"#);
    }
    schema.pop();
    schema.push_str("}}");
    let records = (0..count)
        .map(|_| {
            let mut text = String::from("{");
            for column in 0..200 {
                let _ = if column % 2 == 0 {
                    write!(text, r#""measured_value_{column}":{},"#, numbers.below(100_000))
                } else {
                    write!(text, r#""measured_value_{column}":"{}","#, numbers.pick(WORDS))
                };
            }
            text.pop();
            text.push('}');
            text
        })
        .collect();
    Stream {
        name: "wide",
        schema,
        records,
    }
}

/// Two small columns: the cost of a row by itself.
pub(crate) fn narrow(count: u64) -> Stream {
    let mut numbers = Numbers(0xABCD_EF01_2345_6789);
    let records = (0..count)
        .map(|id| format!(r#"{{"id":{id},"value":{}}}"#, numbers.below(1_000_000)))
        .collect();
    let schema = r#"{"type":"object","properties":{"id":{"type":"integer"},"value":{"type":"integer"}}}"#.to_owned();
    Stream {
        name: "narrow",
        schema,
        records,
    }
}

/// One key and one deep object of some 2 KB.
pub(crate) fn nested(count: u64) -> Stream {
    let mut numbers = Numbers(0x0F1E_2D3C_4B5A_6978);
    let records = (0..count)
        .map(|id| {
            let mut text = format!(r#"{{"id":{id},"document":{{"entries":["#);
            for entry in 0..12 {
                let _ = write!(
                    text,
                    r#"{{"number":{entry},"tags":["{}","{}"],"note":""#,
                    numbers.pick(WORDS),
                    numbers.pick(CITIES)
                );
                sentence(&mut numbers, 8, &mut text);
                let _ = write!(
                    text,
                    r#"","inner":{{"a":{{"b":{{"c":{}}}}}}}}},"#,
                    numbers.below(1_000_000)
                );
            }
            text.pop();
            text.push_str("]}}");
            text
        })
        .collect();
    let schema = r#"{"type":"object","properties":{"id":{"type":"integer"},"document":{"type":"object"}}}"#.to_owned();
    Stream {
        name: "nested",
        schema,
        records,
    }
}
