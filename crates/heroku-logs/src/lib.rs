//! Cut a Heroku log byte stream into lines or frames, and parse a line into typed fields.
