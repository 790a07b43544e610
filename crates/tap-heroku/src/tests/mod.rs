//! The whole program in one process: command line to stdout, against the Heroku simulator. Signals and pipes between
//! processes are tested in `tests/suite`.

mod api_streams;
mod command_line;
mod generated_files;
mod refusals;
mod trial;
