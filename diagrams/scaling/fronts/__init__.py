"""The terms of every order that can lead at large size, and their law."""
