//! One HTTP request with retry, backoff and Retry-After, and an error that says what was tried and prints no secret.
