//! The `Range` header of Heroku's lists: an attribute, bounds, an order and a page size. What the server
//! answers in `Next-Range` is never taken apart, only sent back.

use std::fmt;

/// The page size asked for: Heroku's documented maximum.
pub(crate) const PAGE_SIZE: u32 = 1000;

/// Which way a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Greatest first.
    Descending,
}

/// A first `Range` header, like `version ]41..; order=asc,max=1000`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    attribute: &'static str,
    first: Option<(Bound, String)>,
    order: Option<Order>,
    page_size: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Inclusive,
    Exclusive,
}

impl Range {
    /// Everything, sorted by `attribute` (one the list declares, see heroku's schema `ranges`), 1,000 per page.
    pub fn by(attribute: &'static str) -> Self {
        Self {
            attribute,
            first: None,
            order: None,
            page_size: PAGE_SIZE,
        }
    }

    /// Starts at `value`, which is part of the answer.
    pub fn from(mut self, value: impl fmt::Display) -> Self {
        self.first = Some((Bound::Inclusive, value.to_string()));
        self
    }

    /// Starts behind `value`, which is not part of the answer.
    pub fn after(mut self, value: impl fmt::Display) -> Self {
        self.first = Some((Bound::Exclusive, value.to_string()));
        self
    }

    /// Asks for an order; without it the server's default (ascending) applies.
    pub fn order(mut self, order: Order) -> Self {
        self.order = Some(order);
        self
    }

    /// Asks for another page size, at most 1,000.
    pub fn page_size(mut self, page_size: u32) -> Self {
        self.page_size = page_size.clamp(1, PAGE_SIZE);
        self
    }
}

impl fmt::Display for Range {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ", self.attribute)?;
        match &self.first {
            None => {}
            Some((Bound::Inclusive, value)) => formatter.write_str(value)?,
            Some((Bound::Exclusive, value)) => write!(formatter, "]{value}")?,
        }
        formatter.write_str("..; ")?;
        match self.order {
            None => {}
            Some(Order::Ascending) => formatter.write_str("order=asc,")?,
            Some(Order::Descending) => formatter.write_str("order=desc,")?,
        }
        write!(formatter, "max={}", self.page_size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_read_as_heroku_documents_them() {
        let releases = Range::by("version").after(41).order(Order::Ascending);
        assert_eq!(releases.to_string(), "version ]41..; order=asc,max=1000");
        let apps = Range::by("updated_at").from("2026-01-02T03:04:05Z");
        assert_eq!(apps.to_string(), "updated_at 2026-01-02T03:04:05Z..; max=1000");
        assert_eq!(Range::by("id").page_size(5000).to_string(), "id ..; max=1000");
        assert_eq!(
            Range::by("id").order(Order::Descending).page_size(1).to_string(),
            "id ..; order=desc,max=1"
        );
    }
}
