//! What is continued, what is widened, and what needs another type.

use super::*;
use crate::columns::TimestampType;

const FITTING: Fitting = Fitting {
    is_key: false,
    refines: true,
    is_iceberg: false,
    text_length: TextLength::Usual,
};
const KEY: Fitting = Fitting {
    is_key: true,
    ..FITTING
};

fn number(precision: u8, scale: u8) -> ExistingType {
    ExistingType::Number { precision, scale }
}

fn decimal(precision: u8, scale: u8) -> ColumnKind {
    ColumnKind::Decimal { precision, scale }
}

fn timestamp(zone: TimestampType, digits: u8) -> ColumnKind {
    ColumnKind::Timestamp { zone, digits }
}

#[test]
fn numbers_widen_in_precision_and_keep_their_scale() {
    let fit = |existing: ExistingType, wanted: ColumnKind| existing.compatibility(&wanted, FITTING);
    assert_eq!(
        fit(number(38, 0), ColumnKind::Integer),
        Compatibility::Adopt(ColumnKind::Integer)
    );
    assert_eq!(
        fit(number(10, 0), ColumnKind::Integer),
        Compatibility::Widen(ColumnKind::Integer, "NUMBER(38, 0)".to_owned())
    );
    assert_eq!(
        fit(number(12, 4), decimal(18, 2)),
        Compatibility::Widen(decimal(20, 4), "NUMBER(20, 4)".to_owned())
    );
    assert_eq!(
        fit(number(38, 2), ColumnKind::Integer),
        Compatibility::Adopt(decimal(38, 2))
    );
    assert_eq!(fit(number(38, 0), ColumnKind::Float), Compatibility::Incompatible);
    assert_eq!(fit(number(38, 2), decimal(38, 5)), Compatibility::Incompatible);
    // Sixteen whole digits have no room beside a fraction of thirty; a key would not be found again in another type.
    assert_eq!(fit(number(38, 30), decimal(20, 4)), Compatibility::Incompatible);
    assert_eq!(
        number(38, 30).compatibility(&decimal(20, 4), KEY),
        Compatibility::Adopt(decimal(38, 30))
    );
}

#[test]
fn iceberg_long_stays_long() {
    let iceberg = Fitting {
        is_iceberg: true,
        ..FITTING
    };
    assert_eq!(
        number(19, 0).compatibility(&ColumnKind::Integer, iceberg),
        Compatibility::Adopt(decimal(19, 0))
    );
}

#[test]
fn text_and_variant_columns_take_anything() {
    let text = ExistingType::Text {
        length: Some(16_777_216),
    };
    for wanted in [ColumnKind::Text, ColumnKind::Integer, ColumnKind::Date] {
        assert_eq!(
            text.compatibility(&wanted, FITTING),
            Compatibility::Adopt(ColumnKind::Text)
        );
        assert_eq!(
            ExistingType::Variant.compatibility(&wanted, FITTING),
            Compatibility::Adopt(ColumnKind::Variant)
        );
    }
    let short = ExistingType::Text { length: Some(254) };
    assert_eq!(
        short.compatibility(&ColumnKind::Text, FITTING),
        Compatibility::Widen(ColumnKind::Text, "VARCHAR(16777216)".to_owned())
    );
    let larger = Fitting {
        text_length: TextLength::Largest,
        ..FITTING
    };
    assert_eq!(
        text.compatibility(&ColumnKind::Text, larger),
        Compatibility::Widen(ColumnKind::Text, "VARCHAR(134217728)".to_owned())
    );
}

#[test]
fn a_date_goes_into_a_timestamp_but_not_back() {
    let existing = ExistingType::Timestamp {
        zone: TimestampType::Tz,
        digits: 9,
    };
    let kept = Compatibility::Adopt(timestamp(TimestampType::Tz, 9));
    assert_eq!(existing.compatibility(&ColumnKind::Date, FITTING), kept);
    let wanted = timestamp(TimestampType::Ntz, 9);
    assert_eq!(existing.compatibility(&wanted, FITTING), kept);
    assert_eq!(
        ExistingType::Date.compatibility(&wanted, FITTING),
        Compatibility::Incompatible
    );
    assert_eq!(
        number(38, 0).compatibility(&ColumnKind::Text, FITTING),
        Compatibility::Incompatible
    );
}

/// Snowflake would cut what does not fit, without a word.
#[test]
fn coarse_columns_are_refined_or_known_to_be_coarse() {
    let existing = ExistingType::Timestamp {
        zone: TimestampType::Ntz,
        digits: 3,
    };
    let wanted = timestamp(TimestampType::Ntz, 9);
    assert_eq!(existing.compatibility(&wanted, FITTING), Compatibility::Incompatible);
    let keeps = Fitting {
        refines: false,
        ..FITTING
    };
    assert_eq!(
        existing.compatibility(&wanted, keeps),
        Compatibility::Adopt(timestamp(TimestampType::Ntz, 3))
    );
    assert_eq!(
        ExistingType::Float.compatibility(&decimal(38, 2), keeps),
        Compatibility::Adopt(ColumnKind::Float)
    );
    assert_eq!(
        ExistingType::Float.compatibility(&decimal(38, 2), FITTING),
        Compatibility::Incompatible
    );
}

#[test]
fn a_key_keeps_a_type_that_has_no_certain_text() {
    let existing = ExistingType::Timestamp {
        zone: TimestampType::Ntz,
        digits: 9,
    };
    for wanted in [ColumnKind::Text, ColumnKind::Variant] {
        assert_eq!(
            existing.compatibility(&wanted, KEY),
            Compatibility::Adopt(timestamp(TimestampType::Ntz, 9))
        );
        assert_eq!(existing.compatibility(&wanted, FITTING), Compatibility::Incompatible);
    }
    assert_eq!(
        number(10, 2).compatibility(&ColumnKind::Text, KEY),
        Compatibility::Adopt(decimal(10, 2))
    );
    assert_eq!(
        number(38, 0).compatibility(&ColumnKind::Text, KEY),
        Compatibility::Incompatible
    );
}
