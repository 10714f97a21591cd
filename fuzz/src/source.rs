//! Decisions from bytes: what a target does next is read from its input, and all zero when that has ended.

/// The bytes that are not used yet.
pub(crate) struct Source<'a>(&'a [u8]);

impl<'a> Source<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next `count` bytes, or what is left.
    pub(crate) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (head, tail) = self.0.split_at(count.min(self.0.len()));
        self.0 = tail;
        head
    }

    pub(crate) fn u8(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    pub(crate) fn bool(&mut self) -> bool {
        self.u8() & 1 == 1
    }

    pub(crate) fn u16(&mut self) -> u16 {
        u16::from_le_bytes([self.u8(), self.u8()])
    }

    /// Small numbers mostly, all of them sometimes.
    pub(crate) fn u64(&mut self) -> u64 {
        match self.u8() {
            number @ 0..200 => number.into(),
            200..240 => self.u16().into(),
            240..250 => {
                let mut all = [0; 8];
                let some = self.bytes(8);
                all[..some.len()].copy_from_slice(some);
                u64::from_le_bytes(all)
            }
            250 => i64::MAX as u64,
            251 => i64::MIN as u64,
            252 => u32::MAX.into(),
            253 => i32::MIN as u64,
            _ => u64::MAX,
        }
    }

    /// Below `limit`, which is not zero.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        let number = if limit <= 256 { self.u8().into() } else { usize::from(self.u16()) };
        number % limit
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choice: &[T]) -> T {
        choice[self.below(choice.len())]
    }

    /// Bytes with their length before them.
    pub(crate) fn block(&mut self) -> &'a [u8] {
        let length = usize::from(self.u8());
        self.bytes(length)
    }
}
