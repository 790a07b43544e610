//! Why a record cannot take its shape. Names keys, never values.

/// A record that does not look like its schema where the shape depends on it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ShapeProblem {
    /// The record is not an object.
    #[error("the record is not an object")]
    NotAnObject,
    /// A value that is to be flattened is no object.
    #[error("key {key:?}: flattening needs an object, found {found}")]
    NotFlat { key: String, found: &'static str },
}
