//! Tests of the overlap: streams of lines with repeats, cut into windows as Heroku's buffer would show them.

use proptest::prelude::*;

use super::*;

fn remembering(lines: &[u64]) -> RecentLines {
    let mut recent = RecentLines::default();
    for line in lines {
        recent.add(*line);
    }
    recent
}

fn known(lines: usize, is_certain: bool) -> Overlap {
    Overlap::Known { lines, is_certain }
}

#[test]
fn the_place_is_found_by_order() {
    let recent = remembering(&[1, 2, 3, 3, 4, 5, 6, 7, 8, 9]);
    assert_eq!(find(&recent, &[3, 3, 4, 5, 6, 7, 8, 9, 10, 11]), known(8, true));
    assert_eq!(find(&recent, &[0, 1, 2, 3, 3, 4, 5, 6, 7, 8, 9]), known(11, true));
    assert_eq!(find(&recent, &[9, 10, 11]), known(1, false));
    // A memory of few lines proves nothing: this 3 need not be the one that was read.
    assert_eq!(find(&remembering(&[3]), &[1, 3, 4, 5]), known(2, false));
    assert_eq!(find(&recent, &[10, 11]), Overlap::None);
    assert_eq!(find(&recent, &[8, 10, 9]), Overlap::None);
    assert_eq!(find(&recent, &[5, 6, 7]), Overlap::Behind);
    assert_eq!(find(&recent, &[]), Overlap::None);
    assert_eq!(find(&RecentLines::default(), &[1]), Overlap::None);
}

#[test]
fn runs_of_equal_lines_are_counted() {
    // The whole history is in the window: three were read, two are new.
    assert_eq!(find(&remembering(&[7, 7, 7]), &[7, 7, 7, 7, 7]), known(3, false));
    // The memory keeps 128 of 200 equal lines, but knows that there were 200.
    assert_eq!(find(&remembering(&[7; 200]), &[7; 250]), known(200, false));
    assert_eq!(find(&remembering(&[7; 200]), &[7; 150]), known(150, false));
}

/// Lines of which some are equal: `(instant, letter)`, at most 6 per instant.
fn any_stream() -> impl Strategy<Value = Vec<u64>> {
    let instant = proptest::collection::vec(0u64..2, 1..6);
    proptest::collection::vec(instant, 1..120).prop_map(|instants| {
        let lines =
            |(instant, letters): (usize, Vec<u64>)| letters.into_iter().map(move |letter| instant as u64 * 2 + letter);
        instants.into_iter().enumerate().flat_map(lines).collect()
    })
}

proptest! {
    /// Runs at any distance over a buffer of any size: what comes out is the stream, in order, nothing twice; what is
    /// missing is missing only where the run said so.
    #[test]
    fn windows_give_the_stream(stream in any_stream(), size in 10usize..200, steps in proptest::collection::vec(0usize..150, 1..12)) {
        let mut recent = RecentLines::default();
        let mut emitted: Vec<(u64, u32)> = Vec::new();
        let mut read_until = 0;
        let mut end = 0;
        let mut has_gap = false;
        for step in steps {
            end = (end + step).min(stream.len());
            let window = &stream[end.saturating_sub(size)..end];
            let first_new = match find(&recent, window) {
                Overlap::Known { lines, is_certain } => {
                    has_gap |= !is_certain && window.len() >= size;
                    recent = recent.after(&window[..lines]);
                    lines
                }
                Overlap::Behind => window.len(),
                Overlap::None => {
                    let is_first = recent.kept().is_empty();
                    has_gap |= !is_first;
                    if is_first {
                        read_until = end - window.len();
                    }
                    recent = RecentLines::default();
                    0
                }
            };
            for line in &window[first_new..] {
                emitted.push((*line, recent.add(*line)));
            }
            if has_gap {
                break;
            }
            let text: Vec<u64> = emitted.iter().map(|(line, _)| *line).collect();
            prop_assert_eq!(text.as_slice(), &stream[read_until..end]);
            // Ids tell every equal line from the others.
            let mut ids = emitted.clone();
            ids.sort_unstable();
            ids.dedup();
            prop_assert_eq!(ids.len(), emitted.len());
            // Through the state.
            let mut bookmark = serde_json::Map::new();
            recent.write_to(&mut bookmark);
            recent = RecentLines::read_from(&bookmark);
        }
    }

    /// A gap is said only when the window was outrun or nearly so.
    #[test]
    fn no_false_alarm(stream in any_stream(), size in 60usize..200, steps in proptest::collection::vec(0usize..40, 1..12)) {
        let mut recent = RecentLines::default();
        let mut end = 0;
        for step in steps {
            end = (end + step).min(stream.len());
            let window = &stream[end.saturating_sub(size)..end];
            let first_new = match find(&recent, window) {
                Overlap::Known { lines, is_certain } => {
                    prop_assert!(is_certain || window.len() < size);
                    recent = recent.after(&window[..lines]);
                    lines
                }
                Overlap::Behind => window.len(),
                Overlap::None => {
                    prop_assert!(recent.kept().is_empty());
                    0
                }
            };
            for line in &window[first_new..] {
                recent.add(*line);
            }
        }
    }
}
