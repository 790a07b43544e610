//! For tests and the demo only: the Heroku simulator, the launcher of the local Snowflake server, a program runner, message builders.
