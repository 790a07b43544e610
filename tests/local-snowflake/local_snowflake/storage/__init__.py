"""The bucket behind the stages: objects on disk, S3 requests with verified signatures, client-side encryption."""
