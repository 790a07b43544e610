"""COPY INTO <table>: which files, how they are read, what is loaded, what is remembered."""
