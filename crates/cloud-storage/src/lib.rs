//! Objects in the user's own storage at Amazon, Azure and Google: a location is opened with credentials that are given or
//! found, files are uploaded in parts of bounded memory, errors are one line. Knows neither Singer nor Snowflake.

mod access;
mod amazon;
mod azure;
mod client_options;
mod environment;
mod error;
mod failure;
mod google;
mod location;
mod loopback;
mod metadata;
mod named_credentials;
mod parts;
mod range_stream;
mod storage;

pub use access::{AmazonAccess, AwsKeys, AzureAccess, GoogleAccess, StorageAccess};
pub use environment::StorageEnvironment;
pub use error::{Error, ErrorKind};
pub use location::{Cloud, Location, LocationProblem};
pub use parts::NewObject;
pub use range_stream::ObjectContent;
pub use storage::Storage;
