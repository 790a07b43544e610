//! Batches carry what was pushed, and nothing of what was refused.
