//! Heroku's Platform API: calls, Range paging, rate budget, log sessions. Knows no Singer.
