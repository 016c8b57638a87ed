//! Numbers that look like chance and are the same each time.

/// One word in so many is left out.
const LEFT_OUT_ONE_IN: u64 = 10;

/// A xorshift generator with a fixed start.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    /// The text with words left out and other digits: the same matter told once more.
    pub fn other_words(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for word in text.split_inclusive(' ') {
            if self.below(LEFT_OUT_ONE_IN) == 0 {
                continue;
            }
            for c in word.chars() {
                let digit = char::from(b'0' + self.below(10) as u8);
                out.push(if c.is_ascii_digit() { digit } else { c });
            }
        }
        out
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}
