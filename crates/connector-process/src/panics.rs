//! A panic is a fault of the program, wherever it comes: the process ends, and whoever started it goes on from the last STATE.
//! A thread that died alone would leave the others waiting for it.

/// Ends the process at a panic on any thread, but where `is_caught` says that somebody takes it as an answer.
pub fn end_on_panic(is_caught: fn() -> bool) {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !is_caught() {
            usual(panic);
            std::process::abort();
        }
    }));
}
