//! Writes a JSON object from keys and values that are JSON already. Not for escaping: that is serde_json's.

/// An object being written.
#[derive(Debug)]
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    is_empty: bool,
}

impl<'a> ObjectWriter<'a> {
    /// Begins the object in an emptied `out`.
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.clear();
        out.push(b'{');
        Self { out, is_empty: true }
    }

    /// Adds a member; `key` is a JSON string with its quotes.
    pub(crate) fn member(&mut self, key: &[u8], value: &[u8]) {
        self.key(key).extend_from_slice(value);
    }

    /// Adds a member with the key as it stands in another JSON text, without quotes.
    pub(crate) fn raw_member(&mut self, key: &[u8], value: &[u8]) {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(key);
        self.out.extend_from_slice(b"\":");
        self.out.extend_from_slice(value);
    }

    /// Begins a member whose value the caller writes.
    pub(crate) fn key(&mut self, key: &[u8]) -> &mut Vec<u8> {
        self.separate();
        self.out.extend_from_slice(key);
        self.out.push(b':');
        self.out
    }

    /// Ends the object.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }

    fn separate(&mut self) {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.out.push(b',');
        }
    }
}

/// A key as a JSON string with its quotes.
pub(crate) fn json_key(key: &str) -> Vec<u8> {
    serde_json::Value::from(key).to_string().into_bytes()
}
