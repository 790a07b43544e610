//! Heroku's paging by `Range` header, read strictly: what it does not understand is refused with 416.
//! The header's form and the limits 200 and 1000 are those of the Platform API reference, section "Ranges".

use jiff::Timestamp;
use serde_json::Value;

const DEFAULT_MAX: usize = 200;
const LARGEST_MAX: usize = 1000;

/// One page and the headers that describe it.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    pub(crate) content_range: Option<String>,
    /// Present when there is more: the value of `Next-Range`.
    pub(crate) next_range: Option<String>,
}

#[derive(Debug)]
pub(crate) struct RangeRefused;

#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Key {
    Number(u64),
    Time(Timestamp),
    Text(String),
}

#[derive(Debug)]
struct RangeRequest {
    attribute: String,
    first: Option<Bound>,
    last: Option<Key>,
    descending: bool,
    max: usize,
}

#[derive(Debug)]
struct Bound {
    key: Key,
    /// The id that breaks a tie; only in cursors this server made for attributes that are not unique.
    id: Option<String>,
    exclusive: bool,
}

/// Cuts one page out of all items. `attributes` are the sort keys this list offers, the first is the default.
pub(crate) fn page(mut items: Vec<Value>, header: Option<&str>, attributes: &[&str]) -> Result<Page, RangeRefused> {
    let request = parse(header, attributes)?;
    items.sort_by(|left, right| compare(left, right, &request));
    let mut kept: Vec<Value> = items.into_iter().filter(|item| is_within(item, &request)).collect();
    let more = kept.len() > request.max;
    kept.truncate(request.max);
    let label = |item: Option<&Value>| item.map(|item| text_of(item, &request.attribute));
    let content_range = label(kept.first())
        .zip(label(kept.last()))
        .map(|(first, last)| format!("{} {first}..{last}", request.attribute));
    let next_range = if more {
        kept.last().map(|item| next_range(item, &request))
    } else {
        None
    };
    Ok(Page {
        items: kept,
        content_range,
        next_range,
    })
}

fn next_range(last_item: &Value, request: &RangeRequest) -> String {
    let mut cursor = text_of(last_item, &request.attribute);
    if request.attribute == "updated_at" {
        cursor = format!("{cursor}~{}", text_of(last_item, "id"));
    }
    let last = request.last.as_ref().map(key_text).unwrap_or_default();
    let order = if request.descending { ", order=desc" } else { "" };
    format!("{} ]{cursor}..{last}; max={}{order}", request.attribute, request.max)
}

fn parse(header: Option<&str>, attributes: &[&str]) -> Result<RangeRequest, RangeRefused> {
    let default_attribute = attributes.first().copied().unwrap_or("id");
    let Some(header) = header else {
        let attribute = default_attribute.to_owned();
        return Ok(RangeRequest {
            attribute,
            first: None,
            last: None,
            descending: false,
            max: DEFAULT_MAX,
        });
    };
    let (bounds, options) = header.split_once(';').unwrap_or((header, ""));
    let (attribute, bounds) = bounds.trim().split_once(' ').ok_or(RangeRefused)?;
    if !attributes.contains(&attribute) {
        return Err(RangeRefused);
    }
    let (first, last) = bounds.trim().split_once("..").ok_or(RangeRefused)?;
    let (descending, max) = parse_options(options)?;
    let last = if last.is_empty() {
        None
    } else {
        Some(parse_key(attribute, last)?)
    };
    Ok(RangeRequest {
        attribute: attribute.to_owned(),
        first: parse_first(attribute, first)?,
        last,
        descending,
        max,
    })
}

fn parse_first(attribute: &str, text: &str) -> Result<Option<Bound>, RangeRefused> {
    let (exclusive, text) = text.strip_prefix(']').map_or((false, text), |text| (true, text));
    if text.is_empty() {
        return if exclusive { Err(RangeRefused) } else { Ok(None) };
    }
    let (value, id) = match text.split_once('~') {
        Some((value, id)) if attribute == "updated_at" => (value, Some(id.to_owned())),
        _ => (text, None),
    };
    Ok(Some(Bound {
        key: parse_key(attribute, value)?,
        id,
        exclusive,
    }))
}

fn parse_options(options: &str) -> Result<(bool, usize), RangeRefused> {
    let (mut descending, mut max) = (false, DEFAULT_MAX);
    for option in options
        .split([',', ';'])
        .map(str::trim)
        .filter(|option| !option.is_empty())
    {
        match option.split_once('=') {
            Some(("order", "asc")) => descending = false,
            Some(("order", "desc")) => descending = true,
            Some(("max", number)) => {
                max = number
                    .parse()
                    .ok()
                    .filter(|max| (1..=LARGEST_MAX).contains(max))
                    .ok_or(RangeRefused)?;
            }
            _ => return Err(RangeRefused),
        }
    }
    Ok((descending, max))
}

fn parse_key(attribute: &str, text: &str) -> Result<Key, RangeRefused> {
    match attribute {
        "version" => text.parse().map(Key::Number).map_err(|_| RangeRefused),
        "updated_at" => text.parse().map(Key::Time).map_err(|_| RangeRefused),
        "id" if !is_uuid(text) => Err(RangeRefused),
        _ if text.contains(['[', ']', ' ']) => Err(RangeRefused),
        _ => Ok(Key::Text(text.to_owned())),
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

fn text_of(item: &Value, attribute: &str) -> String {
    match item.get(attribute) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

fn key_text(key: &Key) -> String {
    match key {
        Key::Number(number) => number.to_string(),
        Key::Time(time) => time.to_string(),
        Key::Text(text) => text.clone(),
    }
}

fn key_of(item: &Value, attribute: &str) -> Option<Key> {
    parse_key(attribute, &text_of(item, attribute)).ok()
}

/// Order of traversal: by attribute, then by id where the attribute is not unique.
fn compare(left: &Value, right: &Value, request: &RangeRequest) -> std::cmp::Ordering {
    let keys = key_of(left, &request.attribute).partial_cmp(&key_of(right, &request.attribute));
    let order = keys
        .unwrap_or(std::cmp::Ordering::Equal)
        .then_with(|| text_of(left, "id").cmp(&text_of(right, "id")));
    if request.descending { order.reverse() } else { order }
}

/// Bounds are read in the order of traversal: with `order=desc`, what comes after `]9..` is 8.
fn is_within(item: &Value, request: &RangeRequest) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let Some(key) = key_of(item, &request.attribute) else {
        return false;
    };
    let turn = |order: std::cmp::Ordering| if request.descending { order.reverse() } else { order };
    let after_first = request.first.as_ref().is_none_or(|bound| {
        let mut order = turn(key.partial_cmp(&bound.key).unwrap_or(Less));
        if let (Equal, Some(id)) = (order, &bound.id) {
            order = turn(text_of(item, "id").cmp(id));
        }
        order == Greater || (order == Equal && !bound.exclusive)
    });
    let before_last = request
        .last
        .as_ref()
        .is_none_or(|last| turn(key.partial_cmp(last).unwrap_or(Greater)) != Greater);
    after_first && before_last
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn releases(count: u64) -> Vec<Value> {
        (1..=count)
            .map(|version| json!({"id": format!("{version:036x}"), "version": version}))
            .collect()
    }

    fn versions(page: &Page) -> Vec<u64> {
        page.items
            .iter()
            .map(|item| item["version"].as_u64().unwrap())
            .collect()
    }

    #[test]
    fn next_range_walks_the_whole_list_once_in_both_orders() {
        for order in ["asc", "desc"] {
            let mut header = Some(format!("version ..; order={order}, max=4"));
            let mut seen = Vec::new();
            while let Some(range) = header {
                let page = page(releases(10), Some(&range), &["id", "version"]).unwrap();
                seen.extend(versions(&page));
                header = page.next_range;
            }
            let mut expected: Vec<u64> = (1..=10).collect();
            if order == "desc" {
                expected.reverse();
            }
            assert_eq!(seen, expected);
        }
    }

    #[test]
    fn equal_times_are_not_lost_between_pages() {
        let items: Vec<Value> = (0..5)
            .map(|number| json!({"id": format!("{number:036x}"), "version": number, "updated_at": "2026-01-01T00:00:00Z"}))
            .collect();
        let first = page(items.clone(), Some("updated_at ..; max=3"), &["id", "updated_at"]).unwrap();
        let second = page(items, first.next_range.as_deref(), &["id", "updated_at"]).unwrap();
        assert_eq!((versions(&first), versions(&second)), (vec![0, 1, 2], vec![3, 4]));
        assert_eq!(second.next_range, None);
    }

    #[test]
    fn a_bracket_excludes_and_bounds_include() {
        let list = |header: &str| versions(&page(releases(9), Some(header), &["id", "version"]).unwrap());
        assert_eq!(list("version ]7.."), [8, 9]);
        assert_eq!(list("version 7.."), [7, 8, 9]);
        assert_eq!(list("version 2..3;max=1000"), [2, 3]);
        assert!(list("version ]9..").is_empty());
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for header in [
            "version",
            "version 5",
            "versions ..",
            "version ]..",
            "version x..",
            "id 5..",
            "version ..;max=0",
            "version ..;max=1001",
            "version ..;max=many",
            "version ..;order=up",
            "version ..;limit=5",
            "version ..[5",
            "bytes=0-5",
            "",
        ] {
            assert!(
                page(releases(3), Some(header), &["id", "version"]).is_err(),
                "{header:?} was accepted"
            );
        }
    }
}
