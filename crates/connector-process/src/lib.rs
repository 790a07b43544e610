//! What both programs share as processes: arguments, config files and environment, logging, metrics, exit codes, hints, secrets, signals.
