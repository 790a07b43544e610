//! An object's content as a stream of pieces. Each piece is a request of its own with its own retries, so a connection
//! that breaks costs a piece; all of them are of the same version of the object, or the stream fails.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore};

use crate::error::{Error, ErrorKind};
use crate::failure::failed;
use crate::location::Location;

/// Asked for at once; the next piece is asked for while one is worked on.
const PIECE_BYTES: u64 = 4 * 1024 * 1024;
const PIECES_AHEAD: usize = 2;

/// An object that is read.
pub struct ObjectContent {
    /// Its length.
    pub size_bytes: u64,
    /// Its bytes, in order.
    pub pieces: BoxStream<'static, Result<Bytes, Error>>,
}

/// Pieces of an object whose length and version are known.
pub(crate) fn pieces(
    store: Arc<dyn ObjectStore>,
    location: Location,
    path: &Path,
    found: &ObjectMeta,
) -> BoxStream<'static, Result<Bytes, Error>> {
    let (size_bytes, version) = (found.size, found.e_tag.clone());
    let begins = (0..size_bytes.div_ceil(PIECE_BYTES)).map(|number| number * PIECE_BYTES);
    let path = path.clone();
    let requests = begins.map(move |begin| {
        let end = size_bytes.min(begin + PIECE_BYTES);
        let options = GetOptions {
            if_match: version.clone(),
            range: Some(GetRange::Bounded(begin..end)),
            ..GetOptions::default()
        };
        piece(Arc::clone(&store), location.clone(), path.clone(), options, end - begin)
    });
    stream::iter(requests).buffered(PIECES_AHEAD).boxed()
}

async fn piece(
    store: Arc<dyn ObjectStore>,
    location: Location,
    path: Path,
    options: GetOptions,
    wanted_bytes: u64,
) -> Result<Bytes, Error> {
    let doing = "reading of";
    let told = |problem: object_store::Error| match problem {
        object_store::Error::Precondition { .. } => {
            let what = format!("{doing} {location}{path}: the object changed while it was read");
            Error::new(ErrorKind::Refused, what)
        }
        other => failed(doing, &location, path.as_ref(), &other),
    };
    let found = store.get_opts(&path, options).await.map_err(told)?;
    let bytes = found.bytes().await.map_err(told)?;
    if bytes.len() as u64 != wanted_bytes {
        let what = format!("{doing} {location}{path}: a piece of another length than asked for");
        return Err(Error::new(ErrorKind::Network, what));
    }
    Ok(bytes)
}
