//! The program `tap-heroku`: hands its arguments to the library and returns the documented exit code.

fn main() -> std::process::ExitCode {
    tap_heroku::main()
}
