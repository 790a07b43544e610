"""Clients of real object storages, or of the emulators that stand for them: list, find, read, delete; put, for who fills them."""
