//! One column's values as JSON text. Each Arrow type has one way, the one that a tap would write in a RECORD message.

mod digits;
mod dispatch;
mod nested;
mod numbers;
mod texts;
mod times;

pub(crate) use dispatch::ValueText;
pub(crate) use nested::Members;
