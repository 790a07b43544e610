//! The program `target-snowflake`: hands its arguments to the library and returns the documented exit code.

fn main() -> std::process::ExitCode {
    target_snowflake::main()
}
