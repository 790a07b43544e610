//! Snowflake's driver protocol: sessions, statements, staged upload. Knows no Singer.
