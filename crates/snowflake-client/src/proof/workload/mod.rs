//! Workload identity: what the machine shows of itself, per cloud. Snowflake checks it; nothing is verified here.

mod attestation;
mod aws;
mod aws_credentials;
mod azure;
mod azure_kubernetes;
mod google;
mod metadata_client;

pub(crate) use attestation::{attestation, check_host};
