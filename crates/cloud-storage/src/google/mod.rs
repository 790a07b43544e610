//! Google Cloud Storage: its address, and who may use it.

mod store;

pub(crate) use store::open;
