//! Bits, lowest first, into bytes. The caller says beforehand how many bytes it needs at most, so that writing never asks
//! for room. Not for what the bits mean.

/// A code and how many bits it has.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Bits {
    pub(crate) value: u32,
    pub(crate) count: u32,
}

impl Bits {
    /// These bits or none, without a branch.
    #[inline(always)]
    pub(crate) fn only_if(self, condition: bool) -> Self {
        let mask = 0_u32.wrapping_sub(u32::from(condition));
        Self {
            value: self.value & mask,
            count: self.count & mask,
        }
    }
}

/// Writes behind what is already in a buffer.
pub(crate) struct BitWriter<'a> {
    bytes: &'a mut Vec<u8>,
    at: usize,
    bits: u64,
    count: u32,
}

impl<'a> BitWriter<'a> {
    /// Makes room for `limit_bytes` behind what `bytes` has.
    pub(crate) fn new(bytes: &'a mut Vec<u8>, limit_bytes: usize) -> Self {
        let at = bytes.len();
        // A flush writes eight bytes wherever it stands.
        bytes.resize(at + limit_bytes + 8, 0);
        Self {
            bytes,
            at,
            bits: 0,
            count: 0,
        }
    }

    /// Adds bits: 57 at most until the next flush, because a flush can leave 7 of 64.
    #[inline(always)]
    pub(crate) fn put(&mut self, bits: Bits) {
        self.bits |= u64::from(bits.value) << self.count;
        self.count += bits.count;
    }

    /// Writes the whole bytes among the bits.
    #[inline(always)]
    pub(crate) fn flush(&mut self) {
        if let Some(room) = self.bytes.get_mut(self.at..self.at + 8) {
            room.copy_from_slice(&self.bits.to_le_bytes());
        }
        self.at += (self.count >> 3) as usize;
        self.bits >>= self.count & !7;
        self.count &= 7;
    }

    /// Fills the byte that was begun with zeros.
    pub(crate) fn align(&mut self) {
        self.count = self.count.next_multiple_of(8);
        self.flush();
    }

    /// Does the same, and cuts the buffer behind it.
    pub(crate) fn finish(mut self) {
        self.align();
        self.bytes.truncate(self.at);
    }
}
