"""The server half: starts the engine and relays frames between pages and it, and nothing more."""
