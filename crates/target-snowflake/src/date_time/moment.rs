//! Calendar arithmetic. Not for text.

/// Minutes in a day.
const DAY_MINUTES: i64 = 24 * 60;

/// Days from 0000-03-01, where the arithmetic below starts its years, to 1970-01-01.
const DAYS_TO_1970: i64 = 719_468;

/// Days in 400 years, after which the calendar repeats.
const ERA_DAYS: i64 = 146_097;

/// A day of the years 0001 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date {
    pub(crate) year: u16,
    pub(crate) month: u8,
    pub(crate) day: u8,
}

/// A time of day. There is no second 60 and no hour 24.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
    pub(crate) nanosecond: u32,
}

/// A date and time as written, and how far its clock is ahead of UTC; 0 when it did not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) date: Date,
    pub(crate) time: Time,
    pub(crate) offset_minutes: i16,
}

impl Date {
    /// `None` for a day that is not in the calendar, or a year outside 0001 to 9999.
    pub(crate) fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
            2 => 28,
            _ => return None,
        };
        ((1..=9999).contains(&year) && (1..=days).contains(&day)).then_some(Self { year, month, day })
    }

    /// Days since 1970-01-01. (Howard Hinnant's algorithm: years begin in March, so that leap days come last.)
    fn to_days(self) -> i64 {
        let month = i64::from(self.month);
        let year = i64::from(self.year) - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i64::from(self.day) - 1;
        era * ERA_DAYS + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - DAYS_TO_1970
    }

    /// The opposite of [`Self::to_days`].
    fn from_days(days: i64) -> Option<Self> {
        let days = days + DAYS_TO_1970;
        let era = days.div_euclid(ERA_DAYS);
        let day_of_era = days.rem_euclid(ERA_DAYS);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 {
            shifted_month + 3
        } else {
            shifted_month - 9
        };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self::new(
            u16::try_from(year).ok()?,
            u8::try_from(month).ok()?,
            u8::try_from(day).ok()?,
        )
    }
}

impl Time {
    /// `None` for a time that no clock shows.
    pub(crate) fn new(hour: u8, minute: u8, second: u8, nanosecond: u32) -> Option<Self> {
        (hour < 24 && minute < 60 && second < 60 && nanosecond < 1_000_000_000).then_some(Self {
            hour,
            minute,
            second,
            nanosecond,
        })
    }

    /// The time, if so many digits of the second's fraction say it exactly.
    pub(crate) fn within(self, digits: u8) -> Option<Self> {
        (self.cut_to(digits) == self).then_some(self)
    }

    /// The last time before it that so many digits of the second's fraction can say.
    pub(crate) fn cut_to(self, digits: u8) -> Self {
        let unit = 10_u32.pow(9_u32.saturating_sub(digits.into()));
        Self {
            nanosecond: self.nanosecond - self.nanosecond % unit,
            ..self
        }
    }

    /// Whether it is midnight exactly.
    pub(crate) fn is_midnight(self) -> bool {
        self == Self {
            hour: 0,
            minute: 0,
            second: 0,
            nanosecond: 0,
        }
    }

    fn minutes(self) -> i64 {
        i64::from(self.hour) * 60 + i64::from(self.minute)
    }

    fn with_minutes(self, minutes: i64) -> Option<Self> {
        let minutes = minutes.rem_euclid(DAY_MINUTES);
        let hour = u8::try_from(minutes / 60).ok()?;
        let minute = u8::try_from(minutes % 60).ok()?;
        Some(Self { hour, minute, ..self })
    }

    /// The UTC clock when a clock this much ahead shows this time; the day is not known, so it may be another.
    pub(crate) fn to_utc(self, offset_minutes: i16) -> Option<Self> {
        self.with_minutes(self.minutes() - i64::from(offset_minutes))
    }
}

impl Moment {
    /// The same instant on a UTC clock; `None` when that falls outside the years 0001 to 9999.
    pub(crate) fn to_utc(self) -> Option<Self> {
        if self.offset_minutes == 0 {
            return Some(self);
        }
        let minutes = self.time.minutes() - i64::from(self.offset_minutes);
        let date = Date::from_days(self.date.to_days() + minutes.div_euclid(DAY_MINUTES))?;
        Some(Self {
            date,
            time: self.time.with_minutes(minutes)?,
            offset_minutes: 0,
        })
    }

    /// A clock reading in milliseconds since 1970; `None` outside the years 0001 to 9999.
    pub(crate) fn from_milliseconds(milliseconds: i64) -> Option<Self> {
        let seconds = milliseconds.div_euclid(1000);
        let minutes = seconds.div_euclid(60);
        let midnight = Time {
            hour: 0,
            minute: 0,
            second: u8::try_from(seconds.rem_euclid(60)).ok()?,
            nanosecond: u32::try_from(milliseconds.rem_euclid(1000)).ok()? * 1_000_000,
        };
        Some(Self {
            date: Date::from_days(minutes.div_euclid(DAY_MINUTES))?,
            time: midnight.with_minutes(minutes)?,
            offset_minutes: 0,
        })
    }
}
