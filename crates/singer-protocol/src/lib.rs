//! Singer messages, catalog, selection and state: lines to types and back. No I/O beyond BufRead and Write.
