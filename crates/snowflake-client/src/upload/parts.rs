//! Into which parts a file is cut. Pure arithmetic; the edges of AES blocks are edges of parts, too.

/// Below this, S3 takes a part only as the last one.
const SMALLEST_PART_BYTES: u64 = 8 * 1024 * 1024;
/// S3 takes no more; Azure takes 50 000.
const PARTS_LIMIT: u64 = 10_000;
/// Files above this are sent in parts even when the server would wait longer: a lost connection then costs a part.
const THRESHOLD_BYTES: u64 = 64 * 1024 * 1024;

/// A run of bytes of the file before encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// 0 for the first.
    pub(crate) index: u32,
    pub(crate) offset_bytes: u64,
    pub(crate) length_bytes: u64,
    /// The last part carries the padding, so it is never empty when it is encrypted.
    pub(crate) is_last: bool,
}

impl Part {
    /// The whole file at once.
    pub(crate) fn whole(size_bytes: u64) -> Self {
        Part {
            index: 0,
            offset_bytes: 0,
            length_bytes: size_bytes,
            is_last: true,
        }
    }
}

/// The parts of a file of this size, or `None` when it is sent at once.
pub(crate) fn parts_of(size_bytes: u64, server_threshold_bytes: Option<u64>) -> Option<Vec<Part>> {
    let threshold = server_threshold_bytes.map_or(THRESHOLD_BYTES, |threshold| threshold.min(THRESHOLD_BYTES));
    // One part is no part: the file would only make more requests.
    let is_large = size_bytes > threshold.max(SMALLEST_PART_BYTES);
    is_large.then(|| cut(size_bytes, part_size_bytes(size_bytes)))
}

/// A multiple of a mebibyte, so of AES blocks.
fn part_size_bytes(size_bytes: u64) -> u64 {
    const STEP: u64 = 1024 * 1024;
    let needed = size_bytes.div_ceil(PARTS_LIMIT).div_ceil(STEP) * STEP;
    needed.max(SMALLEST_PART_BYTES)
}

/// All parts but the last have the same size.
pub(crate) fn cut(size_bytes: u64, part_size_bytes: u64) -> Vec<Part> {
    let count = size_bytes.div_ceil(part_size_bytes).max(1);
    (0..count)
        .map(|index| {
            let offset_bytes = index * part_size_bytes;
            Part {
                index: u32::try_from(index).unwrap_or(u32::MAX),
                offset_bytes,
                length_bytes: part_size_bytes.min(size_bytes - offset_bytes),
                is_last: index + 1 == count,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MEBIBYTE: u64 = 1024 * 1024;

    proptest! {
        #[test]
        fn parts_cover_the_file_once_within_the_limits(
            size_bytes in prop_oneof![1u64..200 * MEBIBYTE, 1u64..5 * 1024 * 1024 * MEBIBYTE],
            threshold in prop_oneof![Just(None), (0u64..300 * MEBIBYTE).prop_map(Some)],
        ) {
            let Some(parts) = parts_of(size_bytes, threshold) else {
                prop_assert!(size_bytes <= THRESHOLD_BYTES);
                return Ok(());
            };
            prop_assert!(parts.len() >= 2 && parts.len() <= 10_000);
            let mut next = 0;
            for (index, part) in parts.iter().enumerate() {
                prop_assert_eq!(part.index as usize, index);
                prop_assert_eq!(part.offset_bytes, next);
                prop_assert_eq!(part.is_last, index + 1 == parts.len());
                prop_assert!(part.length_bytes > 0);
                if !part.is_last {
                    prop_assert!(part.length_bytes >= 5 * MEBIBYTE && part.length_bytes % 16 == 0);
                }
                next += part.length_bytes;
            }
            prop_assert_eq!(next, size_bytes);
        }
    }

    #[test]
    fn the_server_may_lower_the_threshold_but_not_below_a_part() {
        assert_eq!(parts_of(64 * MEBIBYTE, Some(200 * MEBIBYTE)), None);
        assert_eq!(parts_of(64 * MEBIBYTE + 1, Some(200 * MEBIBYTE)).unwrap().len(), 9);
        assert_eq!(parts_of(8 * MEBIBYTE, Some(0)), None);
        assert_eq!(parts_of(8 * MEBIBYTE + 1, Some(0)).unwrap().len(), 2);
    }
}
