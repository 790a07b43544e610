//! Uploads to Azure Blob Storage with a shared access signature: one block blob at once or in blocks.

mod answer;
mod requests;
mod target;

pub(crate) use answer::judge;
pub(crate) use requests::{block_id, put_blob, put_block, put_block_list};
pub(crate) use target::AzureTarget;
