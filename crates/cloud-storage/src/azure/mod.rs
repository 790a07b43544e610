//! Azure Blob Storage: the account's address, and who may use it.

mod store;

pub(crate) use store::open;
