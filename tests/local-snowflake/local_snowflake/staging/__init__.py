"""Statements about stages and file formats: CREATE/DROP STAGE, PUT, GET, LIST, REMOVE, CREATE FILE FORMAT."""
